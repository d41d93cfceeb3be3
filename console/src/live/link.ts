/**
 * The link to the server: one event stream, and a pulse beside it.
 *
 * Promises: `live` is said only after the stream has spoken, and taken back as soon as the stream breaks or the pulse
 * fails, so that nothing old passes for live; it reconnects by itself and goes on from the last event it saw.
 * Leaves to others: what an event changes (`patches`), how the link is shown (`LinkStatus`, `LinkBanner`).
 */
import type { EventType, TellEnd, TellEvent, TellWatch } from "../api/types";
import { EVENT_TYPES } from "./eventTypes";

export interface LinkState {
  link: "connecting" | "live" | "lost";
  /** Epoch milliseconds, this machine's clock: when the link broke. */
  lostSinceMs: number | undefined;
  /** Epoch milliseconds, this machine's clock: when the server was last heard. */
  heardMs: number | undefined;
  watch: TellWatch | undefined;
}

export interface LinkListener {
  onEvent: (told: TellEvent) => void;
  /** Events may be missing: load everything again. */
  onGap: () => void;
  onSignedOut: () => void;
  /** Ask the server for a sign of life; rejects when there is none. */
  pulse: (signal: AbortSignal) => Promise<TellWatch>;
}

const STREAM = "/api/v1/events";
const PULSE_EVERY_MS = 4000;
/** Two missed pulses at most before the link counts as lost, with a stream that hangs without breaking. */
const PULSE_PATIENCE_MS = 4000;
const BACKOFF_MS = [1000, 2000, 4000, 8000, 15000] as const;

export class Link {
  private state: LinkState = {
    link: "connecting",
    lostSinceMs: undefined,
    heardMs: undefined,
    watch: undefined,
  };
  private readonly watchers = new Set<() => void>();
  private source: EventSource | undefined;
  private cursor = "";
  private attempts = 0;
  private reopening: ReturnType<typeof setTimeout> | undefined;
  private pulsing: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly listener: LinkListener) {}

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  readonly current = (): LinkState => this.state;

  start(): void {
    this.open();
    this.pulsing = setInterval(() => void this.feelPulse(), PULSE_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.pulsing);
    clearTimeout(this.reopening);
    this.source?.close();
    this.source = undefined;
  }

  private open(): void {
    clearTimeout(this.reopening);
    this.source?.close();
    const source = new EventSource(
      this.cursor ? `${STREAM}?cursor=${encodeURIComponent(this.cursor)}` : STREAM,
    );
    this.source = source;
    const on = (
      name: EventType | "watch" | "reset" | "end",
      heard: (message: MessageEvent<string>) => void,
    ) => source.addEventListener(name, heard);
    on("watch", (message) => this.hearWatch(JSON.parse(message.data) as TellWatch, message));
    on("reset", (message) => {
      this.hear(message);
      this.listener.onGap();
    });
    on("end", (message) => {
      const { reason } = JSON.parse(message.data) as TellEnd;
      if (reason === "signed_out") this.listener.onSignedOut();
    });
    for (const type of EVENT_TYPES) {
      on(type, (message) => {
        this.hear(message);
        this.listener.onEvent(JSON.parse(message.data) as TellEvent);
      });
    }
    source.addEventListener("error", () => {
      this.lose();
      if (source.readyState === EventSource.CLOSED) this.reopenLater();
    });
  }

  private reopenLater(): void {
    const wait = BACKOFF_MS[Math.min(this.attempts, BACKOFF_MS.length - 1)];
    this.attempts += 1;
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => this.open(), wait);
  }

  private hear(message: MessageEvent<string>): void {
    if (message.lastEventId) this.cursor = message.lastEventId;
    this.attempts = 0;
    this.change({ heardMs: Date.now() });
  }

  /** The stream's first word after each connection, so the moment at which the link is live. */
  private hearWatch(watch: TellWatch, message: MessageEvent<string>): void {
    this.hear(message);
    const wasLost = this.state.link === "lost";
    this.change({ link: "live", lostSinceMs: undefined, watch });
    if (wasLost) this.listener.onGap();
  }

  private lose(): void {
    this.change({ link: "lost", lostSinceMs: this.state.lostSinceMs ?? Date.now() });
  }

  private async feelPulse(): Promise<void> {
    const source = this.source;
    try {
      const watch = await this.listener.pulse(AbortSignal.timeout(PULSE_PATIENCE_MS));
      if (source === this.source) this.change({ heardMs: Date.now(), watch });
    } catch {
      if (source !== this.source || this.state.link !== "live") return;
      this.lose();
      this.open();
    }
  }

  private change(part: Partial<LinkState>): void {
    this.state = { ...this.state, ...part };
    for (const watcher of this.watchers) watcher();
  }
}
