/** When a broken link is worth a banner. Pure. */
import type { LinkState } from "./link";

/** A reconnect that takes no longer than this is not worth a word. */
export const LOST_AFTER_MS = 5000;

export function isLost(state: LinkState, nowMs: number): boolean {
  return state.lostSinceMs !== undefined && nowMs - state.lostSinceMs > LOST_AFTER_MS;
}
