/** Windows that are on: what each hides, since when, until when, and its early end for who may. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Measure } from "../api/types";
import { useLanguage } from "../i18n/i18n";
import { spanWords } from "../i18n/span";
import { useNow } from "../live/clock";
import { ColumnHeads } from "../parts/ColumnHeads";
import { useSiteClock } from "../parts/places";
import { useMay } from "../session/session";
import { useHiddenAlarms } from "../standing/queries";
import { useMeasureWhat } from "../standing/useMeasureWhat";
import { writeThere } from "./hours";

const COLUMNS = ["window", "until", "what", "hides", "reason", "authority", "act"] as const;

interface Props {
  running: readonly Measure[];
  onEnd: (measure: Measure) => void;
}

export function OnNowTable({ running, onEnd }: Props) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="grid windows stacks" aria-label={t("maintenance.on")}>
        <ColumnHeads columns={COLUMNS} words={(column) => t(`maintenance.column.${column}`)} />
        <tbody>
          {running.map((one) => (
            <OnNowRow key={one.id} measure={one} onEnd={() => onEnd(one)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OnNowRow({ measure, onEnd }: { measure: Measure; onEnd: () => void }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const now = useNow();
  const clock = useSiteClock();
  const what = useMeasureWhat();
  const mayEnd = useMay("take_out_of_service");
  const { data: alarms = [] } = useHiddenAlarms();
  const hidden = alarms.filter((alarm) => alarm.standing_by === measure.id).length;
  const zone = clock(measure.site);
  return (
    <tr>
      <td>
        <strong>{measure.window}</strong>
      </td>
      <td>
        <span className="figures">{writeThere(measure.until, zone, language)}</span>
        <div className="muted">
          {t("standing.left", { span: spanWords(t, Date.parse(measure.until) - now) })}
          {" · "}
          {t("maintenance.since", { at: writeThere(measure.began_at, zone, language) })}
        </div>
      </td>
      <td>{what(measure)}</td>
      <td>
        <Link to="/hidden/out_of_service">{t("maintenance.hides", { count: hidden })}</Link>
      </td>
      <td className="measure-reason">{measure.reason}</td>
      <td>{measure.by}</td>
      <td className="end">
        {mayEnd && (
          <Button size="small" onClick={onEnd}>
            {t("standing.window.end")}
          </Button>
        )}
      </td>
    </tr>
  );
}
