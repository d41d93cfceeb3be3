import { describe, expect, it } from "vitest";
import { wordOf } from "./standing";

describe("notices", () => {
  it("tell one that is tried again from one that was never tried", () => {
    expect(wordOf({ state: "waiting", tries: 0, last_error: null })).toBe("waiting");
    expect(wordOf({ state: "waiting", tries: 2, last_error: "refused" })).toBe("retrying");
    expect(wordOf({ state: "sent", tries: 2, last_error: null })).toBe("sent");
    expect(wordOf({ state: "failed", tries: 9, last_error: "410" })).toBe("failed");
  });
});
