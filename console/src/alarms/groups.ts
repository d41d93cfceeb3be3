/**
 * Alarms as a control room reads them in groups: what one building says by one rule, with what it hides. Pure.
 *
 * Promises: every alarm of the list is shown exactly once. What no group has (yet) stands by itself, above all groups,
 * so that a new alarm never waits for its group. Leaves to others: what a group is (the API).
 */
import type { Alarm, AlarmGroup } from "../api/types";
import { SEVERITIES } from "../parts/severity";
import { isUnacknowledged } from "./order";

export interface ReadGroup {
  key: string;
  /** In the order of the list. There is at least one. */
  alarms: readonly [Alarm, ...Alarm[]];
  severity: Alarm["severity"];
  /** Ids of those that nobody has seen. */
  unseen: readonly string[];
  /** Alarms that are hidden because one of these explains them. */
  consequences: readonly Alarm[];
}

export interface Grouped {
  /** About life safety, and what no group has: each by itself. */
  alone: readonly Alarm[];
  /** As the API orders them: the gravest first, then the one that was raised last. */
  groups: readonly ReadGroup[];
}

/** The list as it stands now, in the groups that the API named last. */
export function grouped(alarms: readonly Alarm[], groups: readonly AlarmGroup[]): Grouped {
  const inGroup = new Map(groups.flatMap((group) => group.alarms.map((id) => [id, group] as const)));
  const members = new Map<AlarmGroup, [Alarm, ...Alarm[]]>();
  const alone: Alarm[] = [];
  for (const alarm of alarms) {
    const group = alarm.life_safety ? undefined : inGroup.get(alarm.id);
    const known = group && members.get(group);
    if (group === undefined) alone.push(alarm);
    else if (known === undefined) members.set(group, [alarm]);
    else known.push(alarm);
  }
  const read = groups.flatMap((group) => {
    const those = members.get(group);
    return those === undefined ? [] : [readGroup(group, those)];
  });
  return { alone, groups: read };
}

function readGroup(group: AlarmGroup, alarms: [Alarm, ...Alarm[]]): ReadGroup {
  return {
    key: JSON.stringify([group.site, group.building, group.rule]),
    alarms,
    severity: SEVERITIES.find((severity) => alarms.some((one) => one.severity === severity)) ?? "advisory",
    unseen: alarms.filter((one) => isUnacknowledged(one.state)).map((one) => one.id),
    consequences: group.consequences,
  };
}

/** How somebody chose to read the list, and whether it was flooded then. */
export interface ReadingChoice {
  inGroups: boolean;
  flooded: boolean;
}

/** A flood is read in groups and everything else singly, but for what somebody chose since that last changed. */
export function readInGroups(choice: ReadingChoice | undefined, flooded: boolean): boolean {
  return choice?.flooded === flooded ? choice.inGroups : flooded;
}
