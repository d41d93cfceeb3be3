/** What of an event is shown as data beside what is told in words. Pure. */
import type { EventView } from "../api/types";

/** What stands before the dot of an event's type, for whoever looks for one kind of thing. */
export const NOUNS = [
  "alarm",
  "workorder",
  "round",
  "device",
  "test",
  "notice",
  "rules",
  "account",
  "token",
  "process",
] as const;

/** The event's data as it is, for whoever must know exactly; undefined where there is none. */
export function restOf(event: Pick<EventView, "data">): string | undefined {
  const data = event.data ?? {};
  return Object.keys(data).length === 0 ? undefined : JSON.stringify(data, null, 1);
}
