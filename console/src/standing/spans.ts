/** For how long an alarm may be put aside or a test may last, and the instant at which that ends. Pure. */

const MINUTE_MS = 60_000;

/** A shelf lasts a shift at most, a test four hours (the server refuses more). */
export const SHELF_MINUTES = [30, 60, 120, 240, 480] as const;
export const TEST_MINUTES = [30, 60, 120, 240] as const;

/** The server's clock is known to two seconds: the longest span must not be too long by that. */
const MARGIN_MS = 5000;

/** The instant so many minutes from now, as the API takes it. */
export function endAfter(minutes: number, nowMs: number): string {
  return new Date(nowMs + minutes * MINUTE_MS - MARGIN_MS).toISOString();
}

/** How much of a span is left; never less than nothing. */
export function leftOf(until: string, nowMs: number): number {
  return Math.max(0, Date.parse(until) - nowMs);
}
