import { describe, expect, it } from "vitest";
import { writeValue } from "../parts/values";
import { withGaps } from "./chartOption";
import { spanOf } from "./ranges";

describe("a history chart", () => {
  it("breaks its line where the device was silent far longer than usual", () => {
    const minutes = [0, 1, 2, 30, 31].map((minute) => [minute * 60_000, 20] as const);
    expect(withGaps(minutes, 60_000).map(([, value]) => value)).toEqual([20, 20, 20, null, 20, 20]);
  });

  it("does not break where a device reports more seldom than there are spans", () => {
    const hourly = [0, 1, 2, 3].map((hour) => [hour * 3_600_000, 20] as const);
    expect(withGaps(hourly, 7_200)).toHaveLength(4);
  });

  it("covers the range that ends now", () => {
    const now = Date.parse("2026-03-14T08:00:00Z");
    expect(spanOf("24h", now)).toEqual({
      start: "2026-03-13T08:00:00.000Z",
      end: "2026-03-14T08:00:00.000Z",
    });
  });
});

describe("a value", () => {
  const read = (text: { en: string }) => text.en;
  const word = (name: string) => name;
  const closed = { en: "closed", "zh-Hans": "关闭", "zh-Hant": "關閉" };

  it.each([
    [41.456, { unit: "°C", choices: null }, "41.46 °C"],
    [12, { unit: "", choices: null }, "12"],
    [null, { unit: "°C", choices: null }, "bad"],
    [true, { unit: "", choices: null }, "yes"],
    ["closed", { unit: "", choices: { closed } }, "closed"],
    ["odd", { unit: "", choices: { closed } }, "odd"],
    ["anything", undefined, "anything"],
  ])("%s is written as people read it", (value, metric, written) => {
    expect(writeValue(value, metric, read, word)).toBe(written);
  });
});
