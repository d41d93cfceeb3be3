/** What is left out of the alarm list, by how it stands. Pure. */
import type { Alarm, Measure } from "../api/types";

export const HIDDEN_STANDINGS = ["shelved", "suppressed", "out_of_service", "test"] as const;
export type HiddenStanding = (typeof HIDDEN_STANDINGS)[number];

export type HiddenCounts = Partial<Record<Alarm["standing"], number>>;

/** The standing that a word of an address means; the first where it means none. */
export function standingOf(word: string | undefined): HiddenStanding {
  return HIDDEN_STANDINGS.find((one) => one === word) ?? "shelved";
}

/** How many alarms are left out in all. */
export function hiddenTotal(counts: HiddenCounts): number {
  return HIDDEN_STANDINGS.reduce((sum, standing) => sum + (counts[standing] ?? 0), 0);
}

/** Measures of one type, those first that are overdue, then by their end. */
export function measuresOf(measures: readonly Measure[], type: HiddenStanding): Measure[] {
  return measures
    .filter((one) => one.type === type)
    .sort(
      (one, other) =>
        Number(other.overdue) - Number(one.overdue) || Date.parse(one.until) - Date.parse(other.until),
    );
}

/** The alarm that a shelf holds now, if there is one. */
export function shelvedAlarm(measure: Measure, alarms: readonly Alarm[]): Alarm | undefined {
  return alarms.find(
    (alarm) =>
      alarm.standing_by === measure.id ||
      (alarm.site === measure.site &&
        alarm.rule === measure.rule &&
        alarm.subject.type === measure.subject?.type &&
        alarm.subject.id === measure.subject.id),
  );
}

/** Whether people may put this alarm aside: it is open, announced, and nobody's life hangs on it. */
export function mayBeShelved(alarm: Pick<Alarm, "state" | "standing" | "life_safety">): boolean {
  return alarm.state !== "normal" && alarm.standing === "announced" && !alarm.life_safety;
}

/** The measure that takes this device out of service. */
export function outOfService(
  measures: readonly Measure[],
  site: string,
  device: string,
): Measure | undefined {
  return measures.find(
    (one) =>
      one.type === "out_of_service" &&
      one.window === null &&
      one.site === site &&
      one.devices.includes(device),
  );
}
