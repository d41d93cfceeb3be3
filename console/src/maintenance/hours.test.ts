import { describe, expect, it } from "vitest";
import type { Measure } from "../api/types";
import { dayNames, onNow, writeSpanThere } from "./hours";

const ZONE = "Asia/Shanghai";

describe("when a window comes", () => {
  it("is written on the clock of its site, whatever the reader's is", () => {
    const [begin, end] = ["2026-11-24T01:00:00Z", "2026-11-24T03:30:00Z"];
    expect(writeSpanThere(begin, end, ZONE, "en")).toBe("Tue 2026-11-24 09:00 – 11:30");
    expect(writeSpanThere(begin, end, "America/New_York", "en")).toBe("Mon 2026-11-23 20:00 – 22:30");
  });

  it("has two days where it lasts past midnight there", () => {
    expect(writeSpanThere("2026-11-24T15:00:00Z", "2026-11-24T17:00:00Z", ZONE, "en")).toBe(
      "Tue 2026-11-24 23:00 – Wed 2026-11-25 01:00",
    );
  });

  it("names its days in the order of the week, and none where it is every day", () => {
    expect(dayNames(["fri", "tue"], "en")).toBe("Tue & Fri");
    expect(dayNames(["tue", "fri"], "zh-Hans")).toBe("周二和周五");
    expect(dayNames(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "en")).toBeUndefined();
  });
});

describe("what is on now", () => {
  const measure = (id: string, window: string | null, until: string) => ({ id, window, until }) as Measure;
  const now = Date.parse("2026-11-24T02:00:00Z");

  it("is what a window began and has not ended, the first to end first", () => {
    const all = [
      measure("late", "b", "2026-11-24T04:00:00Z"),
      measure("by-hand", null, "2026-11-24T03:00:00Z"),
      measure("over", "c", "2026-11-24T01:59:00Z"),
      measure("soon", "a", "2026-11-24T03:00:00Z"),
    ];
    expect(onNow(all, now).map((one) => one.id)).toEqual(["soon", "late"]);
  });
});
