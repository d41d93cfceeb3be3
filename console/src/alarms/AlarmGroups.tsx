/**
 * Alarms in groups, for a flood: life safety each by itself on top, everything else by building and cause.
 *
 * Promises: every open alarm is on the page, in its group; one word acknowledges only what its group shows unseen.
 */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alarm } from "../api/types";
import { useText } from "../i18n/i18n";
import { aboutWhat, usePlaceName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Age } from "../parts/times";
import { useAcknowledgingGroup } from "./acknowledging";
import { grouped, type AlarmGroup } from "./groups";
import "./flood.css";

interface Props {
  alarms: readonly Alarm[];
  /** The list of those that are pinned. */
  children: (pinned: readonly Alarm[]) => React.ReactNode;
}

export function AlarmGroups({ alarms, children }: Props) {
  const { t } = useTranslation();
  const { pinned, groups } = grouped(alarms);
  return (
    <>
      {pinned.length > 0 && children(pinned)}
      <ul className="groups" aria-label={t("flood.groups")}>
        {groups.map((group) => (
          <GroupLine key={group.key} group={group} />
        ))}
      </ul>
    </>
  );
}

function GroupLine({ group }: { group: AlarmGroup }) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const { mayHandle, acknowledging, acknowledge } = useAcknowledgingGroup();
  const [first] = group.alarms;
  const newest = group.alarms.reduce((one, other) =>
    Date.parse(other.last_raised_at) > Date.parse(one.last_raised_at) ? other : one,
  );
  return (
    <li className="group" data-unseen={group.unseen.length > 0 || undefined}>
      <details>
        <summary>
          <SeverityMark severity={group.severity} unseen={group.unseen.length > 0} />
          <span className="group-title">{read(first.title)}</span>
          <span className="muted">{place({ site: first.site, building: first.building })}</span>
          <span className="figures">{t("flood.of_group", { count: group.alarms.length })}</span>
          <span className="figures muted">{t("flood.unseen", { count: group.unseen.length })}</span>
          <span className="group-age">
            <Age since={newest.last_raised_at} />
          </span>
        </summary>
        <ul className="group-alarms">
          {group.alarms.map((alarm) => (
            <li key={alarm.id}>
              <Link to={`/alarms/${encodeURIComponent(alarm.id)}`}>{aboutWhat(alarm)}</Link>{" "}
              <span className="muted">{place(alarm)}</span> {t(`alarm_state.${alarm.state}`)}
            </li>
          ))}
        </ul>
      </details>
      {mayHandle && group.unseen.length > 0 && (
        <Button size="small" loading={acknowledging} onClick={() => acknowledge(group.unseen)}>
          {t("flood.acknowledge", { count: group.unseen.length })}
        </Button>
      )}
    </li>
  );
}
