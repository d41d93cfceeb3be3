/** How the board is laid out: units by duty, and which of them need a look. */
import type { Duty } from "../api/types";

export interface DutyUnits {
  key: string;
  first: Duty;
  units: Duty[];
}

/** The units of each duty and site: what is due soonest comes first, duties and units alike. */
export function byDuty(duties: readonly Duty[]): DutyUnits[] {
  const found = new Map<string, DutyUnits>();
  for (const one of duties) {
    const key = `${one.site}/${one.duty}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { key, first: one, units: [one] });
    else known.units.push(one);
  }
  for (const group of found.values()) group.units.sort(compareUnits);
  return [...found.values()].sort(
    (one, other) => soonest(one).localeCompare(soonest(other)) || one.key.localeCompare(other.key),
  );
}

const soonest = (group: DutyUnits): string => group.units[0]?.due_day ?? "";

function compareUnits(one: Duty, other: Duty): number {
  return one.due_day.localeCompare(other.due_day) || one.unit.localeCompare(other.unit);
}

/** Whether somebody should look: it is overdue, or a review waits for a decision. */
export function needsLook(duty: Duty): boolean {
  return duty.overdue || duty.proposal !== null;
}

export type CycleWords = ["days" | "weeks" | "months", number];

/** A cycle as the words for it ask: one of the three, and how many. */
export function cycleOf(cycle: Duty["cycle"]): CycleWords {
  if (cycle.days !== null) return ["days", cycle.days];
  if (cycle.weeks !== null) return ["weeks", cycle.weeks];
  return ["months", cycle.months ?? 0];
}

/** Whether it may be recorded as done on paper: what has an open order is done by that order. */
export function mayBeRecorded(duty: Pick<Duty, "order" | "state">): boolean {
  return duty.order === null && duty.state !== "retired";
}
