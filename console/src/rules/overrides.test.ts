import { describe, expect, it } from "vitest";
import { isLevel, overrideRequest, type OverrideFields } from "./overrides";

const FIELDS: OverrideFields = {
  site: "main",
  kind: "elevator",
  what: "limit",
  limit: "motor_limit_c",
  level: "85.5",
  rule: "fault",
  severity: "urgent",
  model: "  ",
  reason: " runs hotter ",
};

describe("an override", () => {
  it("is about a limit or a rule, never both, whatever was filled in before", () => {
    expect(overrideRequest(FIELDS)).toEqual({
      site: "main",
      kind: "elevator",
      devices: [],
      model: null,
      reason: "runs hotter",
      limit: "motor_limit_c",
      level: 85.5,
    });
    expect(overrideRequest({ ...FIELDS, what: "rule" })).toMatchObject({ rule: "fault", severity: "urgent" });
    expect(overrideRequest({ ...FIELDS, what: "rule" })).not.toHaveProperty("level");
  });

  it.each([
    ["0", true],
    ["-3.5", true],
    ["", false],
    [" ", false],
    ["hot", false],
    ["1e999", false],
  ])("has a level that is a number: %j", (typed, good) => expect(isLevel(typed)).toBe(good));
});
