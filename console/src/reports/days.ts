/** The span of days that a report is about. Pure. Days are written `2026-11-21`. */

const DAY_MS = 24 * 60 * 60 * 1000;

/** Rounds are figured over a month at most, so that one span serves every report. */
export const MOST_DAYS = 31;
export const PRESETS = [1, 7, 31] as const;

export interface Span {
  first: string;
  last: string;
}

/** Epoch milliseconds of a day's beginning in UTC: days are counted there, where none is longer than another. */
function utc(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The date on the clock of a time zone. */
export function dayIn(zone: string, nowMs: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" }).format(nowMs);
}

/** So many days, ending with this one. */
export function daysUntil(last: string, count: number): Span {
  return { first: dayAt(utc(last) - (count - 1) * DAY_MS), last };
}

/** How many days a span has; both ends count. */
export function lengthOf({ first, last }: Span): number {
  return Math.round((utc(last) - utc(first)) / DAY_MS) + 1;
}

/** The span after one end was moved: the other end follows where it would be turned around or too long. */
export function moved(span: Span, end: "first" | "last", day: string): Span {
  const next = { ...span, [end]: day };
  const length = lengthOf(next);
  if (length >= 1 && length <= MOST_DAYS) return next;
  if (end === "last") return length < 1 ? { first: day, last: day } : daysUntil(day, MOST_DAYS);
  return { first: day, last: length < 1 ? day : dayAt(utc(day) + (MOST_DAYS - 1) * DAY_MS) };
}

/** The share of `part` in `whole` in whole percents; undefined of nothing. */
export function percent(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : Math.round((100 * part) / whole);
}
