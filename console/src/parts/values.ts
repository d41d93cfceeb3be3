/** Values of metrics as people read them: with their unit, or by the word of a choice. Pure. */
import type { Metric } from "../api/types";
import type { Text } from "../i18n/i18n";

const MOST_DECIMALS = 2;
const FIGURES = new Intl.NumberFormat("en-US", { maximumFractionDigits: MOST_DECIMALS, useGrouping: false });

/** `41.5 °C`, `closed`, `yes`; null is a value that came but could not be believed. */
export function writeValue(
  value: boolean | number | string | null,
  metric: Pick<Metric, "unit" | "choices"> | undefined,
  read: (text: Text) => string,
  word: (name: "yes" | "no" | "bad") => string,
): string {
  if (value === null) return word("bad");
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (typeof value === "number")
    return metric?.unit ? `${FIGURES.format(value)} ${metric.unit}` : FIGURES.format(value);
  const choice = metric?.choices?.[value];
  return choice === undefined ? value : read(choice);
}
