/**
 * Which sound is due: a pure decision over the open alarms.
 *
 * Silencing concerns the occurrences that are there now; a new alarm, or a new occurrence of an old one, sounds.
 */
import type { Alarm } from "../api/types";
import { isUnacknowledged } from "./order";

export type Tone = "life_safety" | "urgent" | "important" | "general";

const LOUDEST_FIRST: readonly Tone[] = ["life_safety", "urgent", "important", "general"];

type Sounding = Pick<Alarm, "id" | "occurrences" | "severity" | "life_safety" | "state">;

/** One occurrence of one alarm. */
export function occurrenceKey(alarm: Pick<Sounding, "id" | "occurrences">): string {
  return `${alarm.id}#${alarm.occurrences}`;
}

/** The tone of one alarm; none for an advisory or an acknowledged one. */
export function toneOf(alarm: Sounding): Tone | undefined {
  if (!isUnacknowledged(alarm.state)) return undefined;
  if (alarm.life_safety) return "life_safety";
  return alarm.severity === "advisory" ? undefined : alarm.severity;
}

/** The loudest tone of all alarms that nobody has acknowledged or silenced. */
export function toneDue(alarms: readonly Sounding[], silenced: ReadonlySet<string>): Tone | undefined {
  const due = new Set(alarms.filter((alarm) => !silenced.has(occurrenceKey(alarm))).map(toneOf));
  return LOUDEST_FIRST.find((tone) => due.has(tone));
}
