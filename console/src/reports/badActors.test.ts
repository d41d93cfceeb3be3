import { describe, expect, it } from "vitest";
import { alarmsAsked, devicePath, keyOf } from "./badActors";

const source = { site: "demo", subject: { type: "device", id: "E-05" }, rule: "elevator.door_held" } as const;
const byRule = { ...source, subject: null };
const building = { ...source, subject: { type: "building", id: "T1" } } as const;

describe("what is raised most often", () => {
  it("leads to the page of its device, where it is about one", () => {
    expect(devicePath(source)).toBe("/devices/demo/E-05");
    expect(devicePath(building)).toBeUndefined();
    expect(devicePath(byRule)).toBeUndefined();
  });

  it("leads to the alarms that were counted, and to no others", () => {
    expect(alarmsAsked(source)).toEqual({
      site: "demo",
      subject: "device:E-05",
      rule: "elevator.door_held",
    });
    expect(alarmsAsked(byRule)).toEqual({ site: "demo", rule: "elevator.door_held" });
    expect(alarmsAsked({ ...source, rule: null })).toEqual({ site: "demo", subject: "device:E-05" });
  });

  it("is told apart by its site, its subject and its rule", () => {
    const keys = [source, byRule, building, { ...source, rule: null }, { ...source, site: "annex" }].map(
      keyOf,
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});
