/** How the board is laid out: units by duty, and which of them need a look. */
import type { Duty } from "../api/types";

export interface DutyUnits {
  key: string;
  first: Duty;
  units: Duty[];
}

/** The units of each duty and site, duties by name, units by the day on which they are due. */
export function byDuty(duties: readonly Duty[]): DutyUnits[] {
  const found = new Map<string, DutyUnits>();
  for (const one of duties) {
    const key = `${one.site}/${one.duty}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { key, first: one, units: [one] });
    else known.units.push(one);
  }
  const groups = [...found.values()].sort((one, other) => one.key.localeCompare(other.key));
  for (const group of groups) group.units.sort(compareUnits);
  return groups;
}

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
