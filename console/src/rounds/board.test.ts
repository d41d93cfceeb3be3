import { describe, expect, it } from "vitest";
import type { Round } from "../api/types";
import { byRoute, figureOf, needsLook } from "./board";

function round(changes: Partial<Round>): Round {
  return {
    id: "main.R-01.20260314T080000Z",
    site: "main",
    route: "R-01",
    name: { en: "Night", "zh-Hans": "夜巡", "zh-Hant": "夜巡" },
    kind: "security",
    team: null,
    ordered: false,
    day: "2026-03-14",
    state: "planned",
    opens_at: "2026-03-14T07:50:00Z",
    starts_at: "2026-03-14T08:00:00Z",
    begin_by: "2026-03-14T08:10:00Z",
    end_by: "2026-03-14T09:40:00Z",
    closes_at: "2026-03-14T09:50:00Z",
    started_at: null,
    completed_at: null,
    judged_at: null,
    amended: false,
    points: [],
    missed: [],
    findings: [],
    guards: [],
    ...changes,
  };
}

describe("the board", () => {
  it("puts the rounds of a route together, routes in their order, whatever comes in between", () => {
    const rounds = [round({ route: "R-02" }), round({ id: "a" }), round({ route: "R-02", id: "b" })];
    expect(byRoute(rounds).map((one) => [one.key, one.rounds.length])).toEqual([
      ["main/R-01", 1],
      ["main/R-02", 2],
    ]);
  });

  it("counts only what was judged", () => {
    const states = ["planned", "running", "unwatched", "completed", "missed", "not_started"] as const;
    expect(figureOf(states.map((state) => round({ state })))).toEqual({ due: 3, completed: 1 });
  });

  it("asks for a look at a bad round and at a whole one of which something is said", () => {
    expect(needsLook(round({ state: "missed" }))).toBe(true);
    expect(needsLook(round({ state: "not_started" }))).toBe(true);
    expect(needsLook(round({ state: "completed" }))).toBe(false);
    const late = [{ type: "late" as const, points: [], told: [] }];
    expect(needsLook(round({ state: "completed", findings: late }))).toBe(true);
  });
});
