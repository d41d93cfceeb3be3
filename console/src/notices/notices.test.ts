import { describe, expect, it } from "vitest";
import type { Notice } from "../api/types";
import { countsByChannel, wordOf } from "./standing";

const notice = (channel: string, state: Notice["state"]) => ({ channel, state }) as Notice;

describe("notices", () => {
  it("tell one that is tried again from one that was never tried", () => {
    expect(wordOf({ state: "waiting", tries: 0, last_error: null })).toBe("waiting");
    expect(wordOf({ state: "waiting", tries: 2, last_error: "refused" })).toBe("retrying");
    expect(wordOf({ state: "sent", tries: 2, last_error: null })).toBe("sent");
    expect(wordOf({ state: "failed", tries: 9, last_error: "410" })).toBe("failed");
  });

  it("are counted by channel", () => {
    const all = [
      notice("sms", "sent"),
      notice("mail", "failed"),
      notice("sms", "waiting"),
      notice("sms", "sent"),
    ];
    expect(countsByChannel(all)).toEqual([
      { channel: "mail", sent: 0, waiting: 0, failed: 1 },
      { channel: "sms", sent: 2, waiting: 1, failed: 0 },
    ]);
  });
});
