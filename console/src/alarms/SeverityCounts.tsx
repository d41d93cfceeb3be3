/** How many are open of each severity, and how many of those nobody has acknowledged. */
import { useTranslation } from "react-i18next";
import type { Alarm } from "../api/types";
import { SEVERITIES, SeverityMark } from "../parts/severity";
import { isUnacknowledged } from "./order";
import "./counts.css";

export function SeverityCounts({ alarms }: { alarms: readonly Alarm[] }) {
  const { t } = useTranslation();
  return (
    <ul className="counts" aria-label={t("alarms.counts")}>
      {SEVERITIES.map((severity) => {
        const those = alarms.filter((alarm) => alarm.severity === severity);
        const unseen = those.filter((alarm) => isUnacknowledged(alarm.state)).length;
        return (
          <li key={severity} className={those.length === 0 ? "counts-none" : undefined}>
            <SeverityMark severity={severity} />
            <strong className="figures">{those.length}</strong>
            {unseen > 0 && <span className="muted">{t("alarms.unseen", { count: unseen })}</span>}
          </li>
        );
      })}
    </ul>
  );
}
