import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TellWatch } from "../api/types";
import { Link, type LinkListener } from "./link";
import { isLost } from "./lost";

const WATCHING: TellWatch = { watching: true, sites: [] };

/** jsdom has no event streams: this one is driven by the test. */
class Stream extends EventTarget {
  static readonly CLOSED = 2;
  static opened: Stream[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    Stream.opened.push(this);
  }

  close(): void {
    this.readyState = Stream.CLOSED;
  }

  say(name: string, data: unknown, lastEventId = ""): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data), lastEventId }));
  }

  break(readyState: number): void {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
}

const newest = (): Stream => {
  const stream = Stream.opened.at(-1);
  if (stream === undefined) throw new Error("no stream was opened");
  return stream;
};

describe("the link", () => {
  const listener = {
    onEvent: vi.fn<LinkListener["onEvent"]>(),
    onGap: vi.fn(),
    onSignedOut: vi.fn(),
    pulse: vi.fn<LinkListener["pulse"]>(),
  };
  let link: Link;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", Stream);
    vi.resetAllMocks();
    listener.pulse.mockResolvedValue(WATCHING);
    Stream.opened = [];
    link = new Link(listener);
    link.start();
  });

  afterEach(() => {
    link.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is live only after the stream has spoken", () => {
    expect(link.current().link).toBe("connecting");
    newest().say("watch", WATCHING, "demo:4");
    expect(link.current()).toMatchObject({ link: "live", watch: WATCHING });
  });

  it("is lost as soon as the stream breaks, and worth a banner after five seconds", () => {
    newest().say("watch", WATCHING);
    newest().break(0);
    const now = Date.now();
    expect(link.current().link).toBe("lost");
    expect(isLost(link.current(), now + 4_000)).toBe(false);
    expect(isLost(link.current(), now + 5_001)).toBe(true);
  });

  it("loads everything again once it is back", () => {
    newest().say("watch", WATCHING);
    expect(listener.onGap).not.toHaveBeenCalled();
    newest().break(0);
    newest().say("watch", WATCHING);
    expect(listener.onGap).toHaveBeenCalledOnce();
    expect(link.current()).toMatchObject({ link: "live", lostSinceMs: undefined });
  });

  it("opens a stream that was closed for good again, from the last event it saw", async () => {
    newest().say("watch", WATCHING, "demo:7");
    newest().break(Stream.CLOSED);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Stream.opened).toHaveLength(2);
    expect(newest().url).toBe("/api/v1/events?cursor=demo%3A7");
  });

  it("takes a stream that hangs without breaking for lost when the pulse fails", async () => {
    newest().say("watch", WATCHING);
    listener.pulse.mockRejectedValue(new Error("no route"));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(link.current().link).toBe("lost");
    expect(Stream.opened).toHaveLength(2);
  });

  it("hears from the pulse that nobody is watching", async () => {
    newest().say("watch", WATCHING);
    listener.pulse.mockResolvedValue({ watching: false, sites: [] });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(link.current()).toMatchObject({ link: "live", watch: { watching: false } });
  });

  it("passes events on, and says when events are missing or the session is over", () => {
    const told = { event: { type: "alarm.raised" } };
    newest().say("alarm.raised", told, "demo:8");
    newest().say("reset", { reason: "stale" });
    newest().say("end", { reason: "signed_out" });
    expect(listener.onEvent).toHaveBeenCalledExactlyOnceWith(told);
    expect(listener.onGap).toHaveBeenCalledOnce();
    expect(listener.onSignedOut).toHaveBeenCalledOnce();
  });
});
