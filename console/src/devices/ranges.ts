/** The ranges of a history chart. Pure. */

export const RANGES = ["1h", "8h", "24h", "7d", "30d", "1y"] as const;
export type Range = (typeof RANGES)[number];

const HOUR_MS = 3_600_000;
const SPAN_MS: Record<Range, number> = {
  "1h": HOUR_MS,
  "8h": 8 * HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
  "1y": 365 * 24 * HOUR_MS,
};

export interface Span {
  start: string;
  end: string;
}

/** The range that ends now. */
export function spanOf(range: Range, nowMs: number): Span {
  return { start: new Date(nowMs - SPAN_MS[range]).toISOString(), end: new Date(nowMs).toISOString() };
}

/** How often a chart of this range is worth asking for again: a hundredth of it, within bounds. */
export function refreshMs(range: Range): number {
  return Math.min(Math.max(SPAN_MS[range] / 100, 10_000), 10 * 60_000);
}
