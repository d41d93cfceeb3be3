/**
 * Alarms that concern somebody's life, pinned over every page: no scrolling, filter or page hides them.
 */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alarm } from "../api/types";
import { useText } from "../i18n/i18n";
import { usePlaceName } from "../parts/places";
import { Age } from "../parts/times";
import { useAcknowledging } from "./acknowledging";
import { isUnacknowledged } from "./order";
import { useOpenAlarms } from "./queries";
import "./life-safety.css";

function BandLine({ alarm }: { alarm: Alarm }) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const { mayHandle, acknowledging, acknowledge } = useAcknowledging();
  const unseen = isUnacknowledged(alarm.state);
  return (
    <li className="band-line" data-unseen={unseen || undefined}>
      <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
        <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" />
        <path d="M8 4v5M8 11v1.4" className="band-mark" />
      </svg>
      <Link to={`/alarms/${encodeURIComponent(alarm.id)}`} className="band-text">
        <strong>{read(alarm.title)}</strong>
        <span>{alarm.device ?? alarm.subject.id}</span>
        <span>{place(alarm)}</span>
      </Link>
      <span className="band-state">{t(`alarm_state.${alarm.state}`)}</span>
      <span className="band-age">
        <Age since={alarm.last_raised_at} />
      </span>
      {unseen && mayHandle && (
        <Button size="small" loading={acknowledging === alarm.id} onClick={() => acknowledge(alarm.id)}>
          {t("act.acknowledge")}
        </Button>
      )}
    </li>
  );
}

export function LifeSafetyBand() {
  const { t } = useTranslation();
  const { data: alarms = [] } = useOpenAlarms();
  const concerned = alarms.filter((alarm) => alarm.life_safety);
  if (concerned.length === 0) return null;
  return (
    <section className="band" aria-label={t("alarms.life_safety")}>
      <h2 className="band-head">
        {t("alarms.life_safety")} <span className="figures">{concerned.length}</span>
      </h2>
      <ul className="band-lines">
        {concerned.map((alarm) => (
          <BandLine key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </section>
  );
}
