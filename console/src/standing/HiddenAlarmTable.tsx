/** Alarms that are left out of the list, each with what hides it. */
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alarm } from "../api/types";
import { useText } from "../i18n/i18n";
import { ColumnHeads } from "../parts/ColumnHeads";
import { aboutWhat, useKindName, usePlaceName } from "../parts/places";
import { SeverityMark } from "../parts/severity";
import { Age, Instant } from "../parts/times";
import { HiddenBy } from "./HiddenBy";

const COLUMNS = ["severity", "alarm", "place", "hidden_by", "until", "age"] as const;

function HiddenRow({ alarm, standing }: { alarm: Alarm; standing: string }) {
  const { t } = useTranslation();
  const read = useText();
  const place = usePlaceName();
  const kindName = useKindName();
  return (
    <tr>
      <td>
        <SeverityMark severity={alarm.severity} />
      </td>
      <td>
        <Link to={`/hidden/${standing}/${encodeURIComponent(alarm.id)}`}>{read(alarm.title)}</Link>{" "}
        {alarm.life_safety && <strong className="life-safety-word">{t("alarms.life_safety")}</strong>}
      </td>
      <td>
        <strong>{aboutWhat(alarm)}</strong>{" "}
        <span className="muted">
          {alarm.kind === null ? t(`subject.${alarm.subject.type}`) : kindName(alarm.kind)} · {place(alarm)}
        </span>
      </td>
      <td className="measure-reason">
        <HiddenBy alarm={alarm} />
      </td>
      <td>{alarm.standing_until !== null && <Instant at={alarm.standing_until} />}</td>
      <td className="end">
        <Age since={alarm.last_raised_at} />
      </td>
    </tr>
  );
}

export function HiddenAlarmTable({ alarms, standing }: { alarms: readonly Alarm[]; standing: string }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="grid" aria-label={t("standing.alarms")}>
        <ColumnHeads
          columns={COLUMNS}
          words={(column) => t(`standing.column.${column}`)}
          end={(column) => column === "age"}
        />
        <tbody>
          {alarms.map((alarm) => (
            <HiddenRow key={alarm.id} alarm={alarm} standing={standing} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
