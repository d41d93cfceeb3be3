/** When a maintenance window comes, as people write it. Pure. */
import type { MaintenanceWindow, Measure } from "../api/types";

const MINUTE = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
/** A Monday: the days of a week are named from it on. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** `Tue 2026-11-24 09:00`, on the clock of a time zone. */
export function writeThere(instant: string, zone: string, language: string): string {
  const at = new Date(instant);
  const weekday = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: zone }).format(at);
  return `${weekday} ${dayThere(at, zone)} ${minuteThere(at, zone)}`;
}

/** `Tue 2026-11-24 09:00 – 11:30`; the end has its own day where that is another one. */
export function writeSpanThere(begin: string, end: string, zone: string, language: string): string {
  const [from, to] = [new Date(begin), new Date(end)];
  const closing =
    dayThere(from, zone) === dayThere(to, zone) ? minuteThere(to, zone) : writeThere(end, zone, language);
  return `${writeThere(begin, zone, language)} – ${closing}`;
}

function dayThere(at: Date, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { ...DAY, timeZone: zone }).format(at);
}

function minuteThere(at: Date, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { ...MINUTE, timeZone: zone }).format(at);
}

/** The days of the week on which it begins, by their names; undefined where it is all of them. */
export function dayNames(days: MaintenanceWindow["days"], language: string): string | undefined {
  if (days.length === WEEK.length) return undefined;
  const name = new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" });
  const named = WEEK.flatMap((day, index) =>
    days.includes(day) ? [name.format(MONDAY + index * DAY_MS)] : [],
  );
  return listed(named, language);
}

/** `Tue & Fri`, in the words of the language. */
export function listed(words: readonly string[], language: string): string {
  return new Intl.ListFormat(language, { type: "conjunction", style: "short" }).format(words);
}

/** Maintenance windows that are on at this instant, those first that end first. */
export function onNow(measures: readonly Measure[], nowMs: number): Measure[] {
  return measures
    .filter((one) => one.window !== null && Date.parse(one.until) > nowMs)
    .sort((one, other) => Date.parse(one.until) - Date.parse(other.until));
}
