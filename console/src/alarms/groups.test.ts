import { describe, expect, it } from "vitest";
import type { Alarm } from "../api/types";
import { grouped } from "./groups";

type Part = Pick<
  Alarm,
  "id" | "site" | "building" | "rule" | "severity" | "life_safety" | "state" | "last_raised_at"
>;

function alarm(changes: Partial<Part>): Alarm {
  const part: Part = {
    id: "a",
    site: "demo",
    building: "T1",
    rule: "elevator.fault",
    severity: "important",
    life_safety: false,
    state: "unacknowledged",
    last_raised_at: "2026-03-14T08:00:00Z",
    ...changes,
  };
  return part as Alarm;
}

const LIST = [
  alarm({ id: "fire", rule: "smoke_detector.fire", severity: "urgent", life_safety: true }),
  alarm({ id: "one" }),
  alarm({ id: "two", state: "acknowledged" }),
  alarm({ id: "other-building", building: "T2", last_raised_at: "2026-03-14T09:00:00Z" }),
  alarm({ id: "other-site", site: "annex" }),
  alarm({ id: "urgent", rule: "fire_pump.no_power", severity: "urgent" }),
];

describe("alarms in groups", () => {
  const { pinned, groups } = grouped(LIST);

  it("hold every alarm once, and none of life safety", () => {
    const inside = groups.flatMap((group) => group.alarms.map((one) => one.id));
    expect(pinned.map((one) => one.id)).toEqual(["fire"]);
    expect([...pinned.map((one) => one.id), ...inside].sort()).toEqual(LIST.map((one) => one.id).sort());
  });

  it("are of one building and one rule, the gravest first, then the newest", () => {
    expect(groups.map((group) => group.alarms.map((one) => one.id))).toEqual([
      ["urgent"],
      ["other-building"],
      ["one", "two"],
      ["other-site"],
    ]);
  });

  it("say which of them nobody has seen", () => {
    expect(groups[2]?.unseen).toEqual(["one"]);
  });
});
