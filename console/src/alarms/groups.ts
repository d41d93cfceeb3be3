/** Alarms as a control room reads them during a flood: what one building says by one rule is one group. Pure. */
import type { Alarm } from "../api/types";
import { SEVERITIES } from "../parts/severity";
import { isUnacknowledged } from "./order";

export interface AlarmGroup {
  key: string;
  /** In the order of the list. There is at least one. */
  alarms: readonly [Alarm, ...Alarm[]];
  severity: Alarm["severity"];
  /** Ids of those that nobody has seen. */
  unseen: readonly string[];
}

export interface Grouped {
  /** About life safety: each by itself, never one of many. */
  pinned: readonly Alarm[];
  /** The gravest first, then the one that was raised last. */
  groups: readonly AlarmGroup[];
}

type Grouping = Map<string, [Alarm, ...Alarm[]]>;

export function grouped(alarms: readonly Alarm[]): Grouped {
  const found: Grouping = new Map();
  for (const alarm of alarms.filter((one) => !one.life_safety)) {
    const key = JSON.stringify([alarm.site, alarm.building, alarm.rule]);
    const known = found.get(key);
    if (known === undefined) found.set(key, [alarm]);
    else known.push(alarm);
  }
  const groups = [...found].map(([key, members]) => ({
    key,
    alarms: members,
    severity: SEVERITIES.find((severity) => members.some((one) => one.severity === severity)) ?? "advisory",
    unseen: members.filter((one) => isUnacknowledged(one.state)).map((one) => one.id),
  }));
  const rank = (group: AlarmGroup): number => SEVERITIES.indexOf(group.severity);
  const raised = (group: AlarmGroup): number =>
    Math.max(...group.alarms.map((one) => Date.parse(one.last_raised_at)));
  groups.sort((one, other) => rank(one) - rank(other) || raised(other) - raised(one));
  return { pinned: alarms.filter((one) => one.life_safety), groups };
}
