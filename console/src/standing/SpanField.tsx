/** For how long: a few spans to choose from, and the instant at which the chosen one ends. */
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { writeInstant } from "../i18n/instant";
import { useNow } from "../live/clock";
import { endAfter } from "./spans";

interface Props {
  /** The form's own id of the field. */
  id?: string;
  minutes: readonly number[];
  value?: number;
  onChange?: (minutes: number) => void;
}

export function SpanField({ id, minutes, value = minutes[0] ?? 0, onChange }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const label = (count: number) =>
    count < 60 ? t("standing.minutes", { count }) : t("standing.hours", { count: count / 60 });
  return (
    <div className="span-field" id={id}>
      <Segmented<number>
        aria-label={t("standing.how_long")}
        value={value}
        onChange={(chosen) => onChange?.(chosen)}
        options={minutes.map((count) => ({ value: count, label: label(count) }))}
      />
      <span className="muted figures">
        {t("standing.ends_at", { at: writeInstant(endAfter(value, now)) })}
      </span>
    </div>
  );
}
