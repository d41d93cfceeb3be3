import { describe, expect, it } from "vitest";
import type { Alarm, Colleague, Measure, Session } from "../api/types";
import { hiddenTotal, mayBeShelved, measuresOf, outOfService, shelvedAlarm, standingOf } from "./hidden";
import { endAfter, leftOf, SHELF_MINUTES, TEST_MINUTES } from "./spans";
import { possibleSeconds, testRequest } from "./testing";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const HOUR_MS = 60 * 60 * 1000;

function measure(changes: Partial<Measure>): Measure {
  return {
    id: "main-M1",
    site: "main",
    type: "shelved",
    reason: "part on order",
    by: "chen",
    second: null,
    began_at: "2026-11-21T11:00:00Z",
    until: "2026-11-21T14:00:00Z",
    overdue: false,
    subject: { type: "device", id: "E-03" },
    rule: "elevator.door_held",
    devices: [],
    building: null,
    zone: null,
    kind: null,
    window: null,
    ended_at: null,
    ended_by: null,
    ...changes,
  };
}

describe("a span", () => {
  it("ends so many minutes from now, never later than the server allows, whatever its clock says", () => {
    expect(endAfter(30, NOW)).toBe("2026-11-21T12:29:55.000Z");
    for (const minutes of SHELF_MINUTES)
      expect(Date.parse(endAfter(minutes, NOW)) - NOW).toBeLessThan(8 * HOUR_MS);
    for (const minutes of TEST_MINUTES)
      expect(Date.parse(endAfter(minutes, NOW)) - NOW).toBeLessThan(4 * HOUR_MS);
  });

  it("has nothing left once it is over", () => {
    expect(leftOf("2026-11-21T12:01:00Z", NOW)).toBe(60_000);
    expect(leftOf("2026-11-21T11:00:00Z", NOW)).toBe(0);
  });
});

describe("what is left out", () => {
  it("is counted over every standing but announced", () => {
    expect(hiddenTotal({ announced: 9, shelved: 2, suppressed: 3 })).toBe(5);
    expect(hiddenTotal({})).toBe(0);
  });

  it("may be an announced open alarm that threatens nobody's life, and no other", () => {
    const open = { state: "acknowledged", standing: "announced", life_safety: false } as const;
    expect(mayBeShelved(open)).toBe(true);
    expect(mayBeShelved({ ...open, life_safety: true })).toBe(false);
    expect(mayBeShelved({ ...open, state: "normal" })).toBe(false);
    expect(mayBeShelved({ ...open, standing: "suppressed" })).toBe(false);
  });

  it("begins with what is overdue, then with what ends first", () => {
    const late = measure({ id: "c", type: "out_of_service", overdue: true, until: "2026-11-22T00:00:00Z" });
    const soon = measure({ id: "a", type: "out_of_service", until: "2026-11-21T13:00:00Z" });
    const next = measure({ id: "b", type: "out_of_service", until: "2026-11-23T13:00:00Z" });
    expect(measuresOf([next, soon, measure({}), late], "out_of_service").map((one) => one.id)).toEqual([
      "c",
      "a",
      "b",
    ]);
  });

  it("finds the alarm of a shelf by the measure, or by its rule and subject", () => {
    const alarm = {
      id: "a-1",
      site: "main",
      rule: "elevator.door_held",
      subject: { type: "device", id: "E-03" },
      standing_by: null,
    } as unknown as Alarm;
    expect(shelvedAlarm(measure({}), [alarm])).toBe(alarm);
    expect(shelvedAlarm(measure({ rule: "elevator.fault" }), [alarm])).toBeUndefined();
    expect(
      shelvedAlarm(measure({ rule: "elevator.fault" }), [{ ...alarm, standing_by: "main-M1" }])?.id,
    ).toBe("a-1");
  });

  it("tells a device of another site apart, and one that a maintenance window takes out", () => {
    const out = measure({ type: "out_of_service", devices: ["E-03"] });
    expect(outOfService([out], "main", "E-03")).toBe(out);
    expect(outOfService([out], "annex", "E-03")).toBeUndefined();
    expect(outOfService([{ ...out, window: "lifts" }], "main", "E-03")).toBeUndefined();
  });

  it("reads an address, and takes a wrong word for the first list", () => {
    expect(standingOf("test")).toBe("test");
    expect(standingOf("nonsense")).toBe("shelved");
  });
});

describe("a test", () => {
  const fields = {
    site: "main",
    scope: "devices",
    devices: ["SD-01"],
    building: "B1",
    zone: "lobby",
    second: "lin",
    reason: "  monthly ",
    minutes: 60,
  } as const;

  it("names devices or a zone, never both, whatever was filled in before", () => {
    const ofDevices = testRequest({ ...fields, devices: [...fields.devices] }, NOW);
    expect(ofDevices).toMatchObject({ devices: ["SD-01"], reason: "monthly", second: "lin" });
    expect(ofDevices.zone).toBeUndefined();
    const ofZone = testRequest({ ...fields, devices: [...fields.devices], scope: "zone" }, NOW);
    expect(ofZone).toMatchObject({ devices: [], building: "B1", zone: "lobby" });
  });

  it("needs somebody else who handles alarms", () => {
    const people = [
      { name: "chen", full_name: "", role: "operator" },
      { name: "lin", full_name: "", role: "manager" },
      { name: "guest", full_name: "", role: "viewer" },
    ] satisfies Colleague[];
    expect(possibleSeconds(people, { name: "chen" } as Session).map((one) => one.name)).toEqual(["lin"]);
  });
});
