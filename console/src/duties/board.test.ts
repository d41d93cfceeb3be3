import { describe, expect, it } from "vitest";
import type { Duty } from "../api/types";
import { byDuty, cycleOf, mayBeRecorded, needsLook } from "./board";

function duty(changes: Partial<Duty>): Duty {
  return {
    id: "main.maintenance.E-01",
    site: "main",
    duty: "maintenance",
    unit: "E-01",
    per: "device",
    title: { en: "Maintenance", "zh-Hans": "维保", "zh-Hant": "維保" },
    name: null,
    team: null,
    template: "maintenance",
    severity: "important",
    source: { en: "a standard", "zh-Hans": "标准", "zh-Hant": "標準" },
    state: "waiting",
    cycle: { days: 15, weeks: null, months: null },
    since: "2026-03-01",
    due_day: "2026-03-16",
    opens_at: "2026-03-13T00:00:00Z",
    overdue_at: "2026-03-17T00:00:00Z",
    overdue: false,
    order: null,
    last_done: null,
    override: null,
    proposal: null,
    ...changes,
  };
}

describe("the board of duties", () => {
  it("puts the units of a duty together, the soonest due first", () => {
    const later = duty({ unit: "E-02", due_day: "2026-03-20" });
    const sooner = duty({ unit: "E-03", due_day: "2026-03-02" });
    const other = duty({ duty: "inspection" });
    expect(
      byDuty([later, other, sooner]).map((one) => [one.key, one.units.map((unit) => unit.unit)]),
    ).toEqual([
      ["main/maintenance", ["E-03", "E-02"]],
      ["main/inspection", ["E-01"]],
    ]);
  });

  it("asks for a look at what is overdue and at what waits for a decision", () => {
    const cycle = { days: 10, weeks: null, months: null };
    const proposal = { cycle, alarms: [], order: "WO-1", at: "2026-03-14T08:00:00Z" };
    expect(needsLook(duty({ state: "open", order: "WO-2" }))).toBe(false);
    expect(needsLook(duty({ state: "overdue", overdue: true }))).toBe(true);
    expect(needsLook(duty({ proposal }))).toBe(true);
  });

  it("says a cycle in the one unit that it has", () => {
    expect(cycleOf({ days: 15, weeks: null, months: null })).toEqual(["days", 15]);
    expect(cycleOf({ days: null, weeks: 1, months: null })).toEqual(["weeks", 1]);
    expect(cycleOf({ days: null, weeks: null, months: 3 })).toEqual(["months", 3]);
  });
});

describe("what was done on paper", () => {
  it("is recorded for what has no open order, late or not", () => {
    expect(mayBeRecorded(duty({ state: "waiting" }))).toBe(true);
    expect(mayBeRecorded(duty({ state: "overdue" }))).toBe(true);
    expect(mayBeRecorded(duty({ state: "overdue", order: "main-WO-1" }))).toBe(false);
    expect(mayBeRecorded(duty({ state: "retired" }))).toBe(false);
  });
});
