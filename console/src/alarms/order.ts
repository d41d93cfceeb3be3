/** The order of the alarm list, and what its states mean to an operator. Pure. */
import type { Alarm } from "../api/types";
import { SEVERITIES } from "../parts/severity";

export type AlarmState = Alarm["state"];

const UNACKNOWLEDGED: ReadonlySet<AlarmState> = new Set([
  "unacknowledged",
  "returned",
  "latched_unacknowledged",
]);
const LATCHED: ReadonlySet<AlarmState> = new Set(["latched_unacknowledged", "latched_acknowledged"]);

/** Whether somebody still has to see and own it. */
export function isUnacknowledged(state: AlarmState): boolean {
  return UNACKNOWLEDGED.has(state);
}

/** Whether its signal is gone and a person ends it with a note. */
export function isLatched(state: AlarmState): boolean {
  return LATCHED.has(state);
}

type Ranked = Pick<Alarm, "life_safety" | "severity" | "last_raised_at" | "id">;

/** Life-safety first, then severity, then the newest occurrence first; ties by id, so that rows never swap. */
export function compareAlarms(one: Ranked, other: Ranked): number {
  return (
    Number(other.life_safety) - Number(one.life_safety) ||
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    Date.parse(other.last_raised_at) - Date.parse(one.last_raised_at) ||
    one.id.localeCompare(other.id)
  );
}
