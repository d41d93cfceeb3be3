/** Spans of time in words short enough for a table: two units at most. */
import type { TFunction } from "i18next";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const two = (value: number): string => String(value).padStart(2, "0");

/** `45s`, `4m 05s`, `3h 12m`, `2d 4h`, in the words of the language. A negative span counts as none. */
export function spanWords(t: TFunction, spanMs: number): string {
  const span = Math.max(0, spanMs);
  const [d, h, m, s] = [
    Math.floor(span / DAY),
    Math.floor(span / HOUR) % 24,
    Math.floor(span / MINUTE) % 60,
    Math.floor(span / SECOND) % 60,
  ];
  if (d > 0) return t("span.days", { d, h });
  if (h > 0) return t("span.hours", { h, m: two(m) });
  if (m > 0) return t("span.minutes", { m, s: two(s) });
  return t("span.seconds", { s });
}
