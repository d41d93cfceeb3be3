/** Instants as people in a control room write them: 24 hours, no ambiguity about day and month. */

const DAY_AND_TIME = new Intl.DateTimeFormat("sv-SE", {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const TIME = new Intl.DateTimeFormat("sv-SE", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** `2026-11-21 20:48:53`, in the reader's time zone. */
export function writeInstant(instant: string | number): string {
  return DAY_AND_TIME.format(new Date(instant));
}

/** `20:48:53`, in the reader's time zone. */
export function writeTime(instant: string | number): string {
  return TIME.format(new Date(instant));
}
