/** What people decided: what it is about, why, by whom, until when, and its end. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { Measure } from "../api/types";
import { spanWords } from "../i18n/span";
import { useNow } from "../live/clock";
import { Instant } from "../parts/times";
import { useMeasureWhat } from "./useMeasureWhat";

const COLUMNS = ["what", "reason", "by", "began", "until", "act"] as const;

interface RowProps {
  measure: Measure;
  /** The word on its button; undefined where nobody may, or can, end it now. */
  act: string | undefined;
  pending: boolean;
  onEnd: (measure: Measure) => void;
}

function Until({ measure }: { measure: Measure }) {
  const { t } = useTranslation();
  const now = useNow();
  const left = Date.parse(measure.until) - now;
  return (
    <>
      <Instant at={measure.until} />
      <div className={left < 0 ? "measure-overdue" : "muted"}>
        {left < 0
          ? t("standing.overdue", { span: spanWords(t, -left) })
          : t("standing.left", { span: spanWords(t, left) })}
      </div>
    </>
  );
}

function MeasureRow({ measure, act, pending, onEnd }: RowProps) {
  const what = useMeasureWhat();
  return (
    <tr>
      <td>
        <strong>{what(measure)}</strong>
      </td>
      <td className="measure-reason">{measure.reason}</td>
      <td>{[measure.by, measure.second].filter(Boolean).join(" + ")}</td>
      <td>
        <Instant at={measure.began_at} />
      </td>
      <td>
        <Until measure={measure} />
      </td>
      <td className="end">
        {act !== undefined && (
          <Button size="small" loading={pending} onClick={() => onEnd(measure)}>
            {act}
          </Button>
        )}
      </td>
    </tr>
  );
}

interface Props {
  label: string;
  measures: readonly Measure[];
  actOf: (measure: Measure) => string | undefined;
  pending: string | undefined;
  onEnd: (measure: Measure) => void;
}

export function MeasureTable({ label, measures, actOf, pending, onEnd }: Props) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="grid measures" aria-label={label}>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {column === "act" ? (
                  <span className="unseen">{t("standing.column.act")}</span>
                ) : (
                  t(`standing.column.${column}`)
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {measures.map((measure) => (
            <MeasureRow
              key={measure.id}
              measure={measure}
              act={actOf(measure)}
              pending={pending === measure.id}
              onEnd={onEnd}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
