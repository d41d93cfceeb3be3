import { describe, expect, it } from "vitest";
import type { Clock } from "../api/types";
import { leftMs, nextClock, standingOf } from "./clocks";
import { compareOrders } from "./ranking";
import { stepRequest } from "./steps";

const MINUTE = 60_000;
const OPENED = Date.parse("2026-03-14T08:00:00Z");
const after = (minutes: number) => new Date(OPENED + minutes * MINUTE).toISOString();

function clock(changes: Partial<Clock> = {}): Clock {
  return {
    name: "respond",
    started_at: after(0),
    warn_at: after(8),
    due_at: after(10),
    warned_at: null,
    met_at: null,
    breached_at: null,
    held_since: null,
    missed: 0,
    in_service_hours: false,
    contract_due_at: null,
    ...changes,
  };
}

describe("a clock", () => {
  it.each([
    [7, "running"],
    [8, "warned"],
    [10, "breached"],
  ])("after %i minutes is %s, whether or not the server has noted it", (minutes, standing) => {
    expect(standingOf(clock(), OPENED + minutes * MINUTE)).toBe(standing);
  });

  it("that was met late says so for good", () => {
    expect(standingOf(clock({ met_at: after(12), breached_at: after(10) }), OPENED + 20 * MINUTE)).toBe(
      "met_late",
    );
    expect(standingOf(clock({ met_at: after(2) }), OPENED + 20 * MINUTE)).toBe("met");
  });

  it("of words that were missed runs on to the next one", () => {
    const told = clock({ name: "progress", breached_at: after(0), missed: 2 });
    expect(standingOf(told, OPENED + 5 * MINUTE)).toBe("running");
    expect(standingOf(told, OPENED + 11 * MINUTE)).toBe("breached");
  });

  it("on hold keeps what was left when it stopped", () => {
    const held = clock({ held_since: after(4) });
    expect(leftMs(held, OPENED + 60 * MINUTE)).toBe(6 * MINUTE);
    expect(standingOf(held, OPENED + 60 * MINUTE)).toBe("held");
  });

  it("counts below nothing when overdue", () => {
    expect(leftMs(clock(), OPENED + 11 * MINUTE)).toBe(-MINUTE);
  });
});

describe("the next clock", () => {
  it("is the running one that is due first", () => {
    const met = clock({ met_at: after(1) });
    const fix = clock({ name: "fix", due_at: after(90) });
    const arrive = clock({ name: "arrive", due_at: after(30) });
    expect(nextClock([met, fix, arrive])?.name).toBe("arrive");
    expect(nextClock([met])).toBeUndefined();
  });
});

describe("the order of work orders", () => {
  it("is by what is left on the next clock; without one they come last", () => {
    const order = (id: string, clocks: Clock[]) => ({ id, clocks, opened_at: after(0) });
    const orders = [
      order("none", []),
      order("soon", [clock({ due_at: after(20) })]),
      order("overdue", [clock({ due_at: after(1) })]),
    ];
    expect(orders.sort(compareOrders(OPENED + 5 * MINUTE)).map(({ id }) => id)).toEqual([
      "overdue",
      "soon",
      "none",
    ]);
  });
});

describe("what was typed for a step", () => {
  it("is sent without blanks, and a local time as an instant", () => {
    const request = stepRequest({
      reason: " part missing ",
      note: "  ",
      cause: undefined,
      until: "2026-03-15T10:00",
    });
    expect(request).toEqual({ reason: "part missing", until: new Date("2026-03-15T10:00").toISOString() });
  });
});
