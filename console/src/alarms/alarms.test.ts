import { describe, expect, it } from "vitest";
import type { Alarm } from "../api/types";
import { withAlarm } from "../live/patches";
import { NO_SIEVE, shows } from "./filter";
import { moved } from "./keys";
import { compareAlarms } from "./order";
import { occurrenceKey, toneDue } from "./sounding";
import { asLeaves, becauseOf, comparedWith, standingWord } from "./whyRecord";

const text = (words: string) => ({ en: words, "zh-Hans": words, "zh-Hant": words });

function alarm(changes: Partial<Alarm>): Alarm {
  return {
    id: "a1",
    site: "demo",
    subject: { type: "device", id: "E-01" },
    device: "E-01",
    kind: "elevator",
    rule: "elevator.fault",
    severity: "important",
    life_safety: false,
    latched: false,
    state: "unacknowledged",
    signal_active: true,
    raised_at: "2026-03-14T08:00:00Z",
    last_raised_at: "2026-03-14T08:00:00Z",
    returned_at: null,
    occurrences: 1,
    work_order: null,
    title: text("Fault"),
    text: text("Elevator E-01: fault"),
    building: "T1",
    zone: null,
    template: null,
    raised_by: null,
    late_by_ms: 0,
    acknowledged_at: null,
    acknowledged_by: null,
    ended_at: null,
    ended_by: null,
    standing: "announced",
    standing_by: null,
    standing_until: null,
    test: false,
    end_note: null,
    chattering_since: null,
    ...changes,
  };
}

describe("the order of the list", () => {
  it("puts life safety first, then severity, then the newest occurrence", () => {
    const list = [
      alarm({ id: "general", severity: "general" }),
      alarm({ id: "urgent-old", severity: "urgent" }),
      alarm({ id: "urgent-new", severity: "urgent", last_raised_at: "2026-03-14T09:00:00Z" }),
      alarm({ id: "life", severity: "important", life_safety: true }),
    ];
    expect(list.sort(compareAlarms).map(({ id }) => id)).toEqual([
      "life",
      "urgent-new",
      "urgent-old",
      "general",
    ]);
  });
});

describe("the filter", () => {
  it("never hides life safety", () => {
    const sieve = { site: "other", severity: "advisory" as const, words: "nothing like it" };
    expect(shows(sieve, alarm({ life_safety: true }))).toBe(true);
    expect(shows(sieve, alarm({}))).toBe(false);
  });

  it("finds every word typed, in any order and any language", () => {
    const one = alarm({ title: { en: "Door held open", "zh-Hans": "电梯门未关", "zh-Hant": "電梯門未關" } });
    expect(shows({ ...NO_SIEVE, words: "OPEN e-01" }, one)).toBe(true);
    expect(shows({ ...NO_SIEVE, words: "电梯门" }, one)).toBe(true);
    expect(shows({ ...NO_SIEVE, words: "open E-02" }, one)).toBe(false);
  });
});

describe("the sound", () => {
  it("is the loudest of what nobody has acknowledged", () => {
    const general = alarm({ id: "g", severity: "general" });
    const urgent = alarm({ id: "u", severity: "urgent" });
    expect(toneDue([general, urgent], new Set())).toBe("urgent");
    expect(toneDue([general, { ...urgent, state: "acknowledged" }], new Set())).toBe("general");
    expect(toneDue([general, alarm({ id: "l", life_safety: true })], new Set())).toBe("life_safety");
    expect(toneDue([alarm({ severity: "advisory" })], new Set())).toBeUndefined();
  });

  it("after silencing comes again with a new alarm and with a new occurrence of the same", () => {
    const present = alarm({ severity: "urgent" });
    const silenced = new Set([occurrenceKey(present)]);
    expect(toneDue([present], silenced)).toBeUndefined();
    expect(toneDue([present, alarm({ id: "a2" })], silenced)).toBe("important");
    expect(toneDue([{ ...present, occurrences: 2 }], silenced)).toBe("urgent");
  });
});

describe("the selection", () => {
  const list = ["a", "b", "c"].map((id) => alarm({ id }));

  it("moves within the list and stops at its ends", () => {
    expect(moved(list, undefined, 0, 1)).toBe("a");
    expect(moved(list, "a", 0, 1)).toBe("b");
    expect(moved(list, "c", 2, 1)).toBe("c");
    expect(moved(list, "a", 0, -1)).toBe("a");
  });

  it("goes on near where its alarm was when that has gone", () => {
    expect(moved(list, "gone", 1, 1)).toBe("b");
    expect(moved([], "gone", 1, 1)).toBeUndefined();
  });
});

describe("an alarm told by the stream", () => {
  it("is added, replaced, or taken out when it is over", () => {
    const first = alarm({ id: "a" });
    const second = alarm({ id: "b", severity: "urgent" });
    expect(withAlarm([first], second).map(({ id }) => id)).toEqual(["b", "a"]);
    expect(withAlarm([first], { ...first, state: "acknowledged" })).toEqual([
      { ...first, state: "acknowledged" },
    ]);
    expect(withAlarm([first, second], { ...first, state: "normal" })).toEqual([second]);
    expect(withAlarm([first, second], { ...first, standing: "suppressed" })).toEqual([second]);
    expect(withAlarm([second], { ...first, standing: "test", test: true })).toEqual([second]);
  });
});

describe("the record of why", () => {
  it("is read without trusting its shape", () => {
    expect(asLeaves("nonsense")).toEqual([]);
    expect(asLeaves([{ is: "above" }, 7, null])).toEqual([{ is: "above" }]);
    expect(comparedWith({ is: "above", level: 80 })).toEqual([80]);
    expect(comparedWith({ is: "equals", value: false })).toEqual([false]);
    expect(comparedWith({ is: "in", values: ["a", "b"] })).toEqual(["a", "b"]);
    expect(comparedWith({ is: "pressed" })).toEqual([]);
  });
});

describe("how an alarm stands, as the record has it", () => {
  it("is said once: the reason comes without the standing", () => {
    const shelved = { standing: "out_of_service", because: "out of service: rope replacement" };
    expect(becauseOf(shelved)).toBe("rope replacement");
    expect(becauseOf({ standing: "suppressed", because: "GW-1 is at fault" })).toBe("GW-1 is at fault");
    expect(becauseOf({ standing: "announced", because: "nothing hid it" })).toBeUndefined();
  });

  it("is nothing where the record has a word that is not known", () => {
    expect(standingWord({ standing: "elsewhere" })).toBeUndefined();
    expect(standingWord(undefined)).toBeUndefined();
  });
});
