import { describe, expect, it } from "vitest";
import type { RouteDay } from "../api/types";
import { csvOf } from "./csv";
import { dayIn, daysUntil, lengthOf, MOST_DAYS, moved, percent } from "./days";
import { byGuard, byRoute } from "./rounds";

describe("a CSV file", () => {
  it("quotes what would break a line, and leaves numbers as they are", () => {
    expect(
      csvOf(
        ["a", "b"],
        [
          ['say "no", twice', -3.5],
          ["two\nlines", null],
        ],
      ),
    ).toBe('a,b\r\n"say ""no"", twice",-3.5\r\n"two\nlines",\r\n');
  });

  it.each(["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx"])("never lets a spreadsheet run %j", (words) => {
    expect(csvOf([words], [])).toBe(`'${words}\r\n`);
  });
});

describe("a span of days", () => {
  it("counts both ends, across a month and a change of the clock", () => {
    expect(daysUntil("2026-03-02", 7)).toEqual({ first: "2026-02-24", last: "2026-03-02" });
    expect(lengthOf({ first: "2026-10-20", last: "2026-11-19" })).toBe(31);
    expect(lengthOf(daysUntil("2026-11-21", 1))).toBe(1);
  });

  it("is the site's own day", () => {
    const late = Date.parse("2026-11-21T18:00:00Z");
    expect(dayIn("Asia/Shanghai", late)).toBe("2026-11-22");
    expect(dayIn("America/New_York", late)).toBe("2026-11-21");
  });

  it("keeps its order and its bound, whichever end is moved", () => {
    const week = { first: "2026-11-15", last: "2026-11-21" };
    expect(moved(week, "first", "2026-11-10")).toEqual({ first: "2026-11-10", last: "2026-11-21" });
    expect(moved(week, "first", "2026-11-25")).toEqual({ first: "2026-11-25", last: "2026-11-25" });
    expect(moved(week, "last", "2026-11-01")).toEqual({ first: "2026-11-01", last: "2026-11-01" });
    expect(lengthOf(moved(week, "first", "2026-01-01"))).toBe(MOST_DAYS);
    expect(moved(week, "last", "2027-03-01")).toEqual(daysUntil("2027-03-01", MOST_DAYS));
  });

  it("has no share of nothing", () => {
    expect(percent(1, 3)).toBe(33);
    expect(percent(0, 0)).toBeUndefined();
  });
});

describe("rounds", () => {
  const day = (changes: Partial<RouteDay>): RouteDay => ({
    site: "main",
    route: "R-01",
    name: { en: "Night", "zh-Hans": "夜", "zh-Hant": "夜" },
    day: "2026-11-20",
    due: 4,
    completed: 3,
    points_due: 20,
    points_passed: 18,
    guards: [{ guard: "G-1", rounds: 4, completed: 3, points: 18 }],
    ...changes,
  });

  it("are summed by route and by guard over all days", () => {
    const days = [
      day({}),
      day({ day: "2026-11-21", due: 2, completed: 2, points_due: 10, points_passed: 10 }),
      day({ route: "R-00", guards: [] }),
    ];
    expect(byRoute(days).map((one) => [one.key, one.due, one.completed, one.pointsPassed])).toEqual([
      ["main/R-00", 4, 3, 18],
      ["main/R-01", 6, 5, 28],
    ]);
    expect(byGuard(days)).toEqual([{ guard: "G-1", rounds: 8, completed: 6, points: 36 }]);
  });
});
