/**
 * Alarms in groups: life safety each by itself on top, everything else by building and cause, with what it hides.
 *
 * Promises: every open alarm is on the page; one word acknowledges only what its group shows unseen.
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
import { grouped, type ReadGroup } from "./groups";
import { useAlarmGroups } from "./queries";
import "./flood.css";

interface Props {
  alarms: readonly Alarm[];
  /** The list of those that stand by themselves. */
  children: (alone: readonly Alarm[]) => React.ReactNode;
}

export function AlarmGroups({ alarms, children }: Props) {
  const { t } = useTranslation();
  const { data } = useAlarmGroups();
  const { alone, groups } = grouped(alarms, data?.groups ?? []);
  return (
    <>
      {alone.length > 0 && children(alone)}
      <ul className="groups" aria-label={t("flood.groups")}>
        {groups.map((group) => (
          <GroupLine key={group.key} group={group} />
        ))}
      </ul>
    </>
  );
}

function GroupLine({ group }: { group: ReadGroup }) {
  const { t } = useTranslation();
  const { mayHandle, acknowledging, acknowledge } = useAcknowledgingGroup();
  return (
    <li className="group" data-unseen={group.unseen.length > 0 || undefined}>
      <details>
        <GroupHead group={group} />
        <AlarmLinks alarms={group.alarms} under="/alarms" />
        {group.consequences.length > 0 && (
          <>
            <h3 className="group-part">{t("flood.consequences")}</h3>
            <AlarmLinks alarms={group.consequences} under="/hidden/suppressed" titled />
          </>
        )}
      </details>
      {mayHandle && group.unseen.length > 0 && (
        <Button size="small" loading={acknowledging} onClick={() => acknowledge(group.unseen)}>
          {t("flood.acknowledge", { count: group.unseen.length })}
        </Button>
      )}
    </li>
  );
}

function GroupHead({ group }: { group: ReadGroup }) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const [first, ...others] = group.alarms;
  const newest = others.reduce(
    (one, other) => (Date.parse(other.last_raised_at) > Date.parse(one.last_raised_at) ? other : one),
    first,
  );
  return (
    <summary>
      <SeverityMark severity={group.severity} unseen={group.unseen.length > 0} />
      <span className="group-title">{read(first.title)}</span>
      <span className="muted">{place({ site: first.site, building: first.building })}</span>
      {others.length === 0 && <span>{aboutWhat(first)}</span>}
      {others.length > 0 && (
        <>
          <span className="figures">{t("flood.of_group", { count: group.alarms.length })}</span>
          <span className="figures muted">{t("flood.unseen", { count: group.unseen.length })}</span>
        </>
      )}
      {group.consequences.length > 0 && (
        <span className="figures">{t("flood.explains", { count: group.consequences.length })}</span>
      )}
      <span className="group-age">
        <Age since={newest.last_raised_at} />
      </span>
    </summary>
  );
}

interface LinksProps {
  alarms: readonly Alarm[];
  /** The page on which one is opened. */
  under: string;
  /** Whether they are of several rules, so that each needs its own words. */
  titled?: boolean;
}

function AlarmLinks({ alarms, under, titled = false }: LinksProps) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  return (
    <ul className="group-alarms">
      {alarms.map((alarm) => (
        <li key={alarm.id}>
          <Link to={`${under}/${encodeURIComponent(alarm.id)}`}>{aboutWhat(alarm)}</Link>{" "}
          {titled && read(alarm.title)} <span className="muted">{place(alarm)}</span>{" "}
          {t(`alarm_state.${alarm.state}`)}
        </li>
      ))}
    </ul>
  );
}
