import { describe, expect, it } from "vitest";
import type { Alarm, AlarmGroup } from "../api/types";
import { grouped, readInGroups } from "./groups";

const alarm = (id: string, changes: Partial<Alarm> = {}) =>
  ({ id, severity: "important", life_safety: false, state: "unacknowledged", ...changes }) as Alarm;

const group = (rule: string, alarms: string[], consequences: Alarm[] = []) =>
  ({ site: "demo", building: "T1", rule, alarms, consequences }) as unknown as AlarmGroup;

const HIDDEN = alarm("hidden", { standing: "suppressed", standing_by: "feed" });
const GROUPS = [group("power_feed.off", ["feed"], [HIDDEN]), group("elevator.fault", ["one", "two", "over"])];
const LIST = [
  alarm("fire", { life_safety: true, severity: "urgent" }),
  alarm("one"),
  alarm("new"),
  alarm("feed"),
  alarm("two", { state: "acknowledged", severity: "urgent" }),
];

describe("alarms in groups", () => {
  const { alone, groups } = grouped(LIST, GROUPS);

  it("hold every alarm of the list once, also one that came since the groups were asked for", () => {
    const inside = groups.flatMap((one) => one.alarms.map(({ id }) => id));
    expect(alone.map(({ id }) => id)).toEqual(["fire", "new"]);
    expect([...alone.map(({ id }) => id), ...inside].sort()).toEqual(LIST.map(({ id }) => id).sort());
  });

  it("leave out what the list has no more, and groups that are empty then", () => {
    expect(groups.map((one) => one.alarms.map(({ id }) => id))).toEqual([["feed"], ["one", "two"]]);
    expect(grouped([], GROUPS)).toEqual({ alone: [], groups: [] });
  });

  it("never hold life safety, whatever the groups say", () => {
    expect(grouped([LIST[0] as Alarm], [group("smoke_detector.fire", ["fire"])]).groups).toEqual([]);
  });

  it("say how grave they are, which of them nobody has seen, and what they hide", () => {
    expect(groups[1]).toMatchObject({ severity: "urgent", unseen: ["one"], consequences: [] });
    expect(groups[0]?.consequences).toEqual([HIDDEN]);
  });
});

describe("how the list is read", () => {
  it("is in groups during a flood and singly else, but as somebody chose since", () => {
    expect(readInGroups(undefined, true)).toBe(true);
    expect(readInGroups(undefined, false)).toBe(false);
    expect(readInGroups({ inGroups: true, flooded: false }, false)).toBe(true);
    expect(readInGroups({ inGroups: false, flooded: false }, true)).toBe(true);
    expect(readInGroups({ inGroups: false, flooded: true }, true)).toBe(false);
  });
});
