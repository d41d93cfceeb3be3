/** Where a work order's clock stands at an instant. Pure. */
import type { Clock } from "../api/types";

export type Standing = "met" | "met_late" | "held" | "breached" | "warned" | "running";

/** The clock's standing as the reader sees it, also before the server has noted a warning or a breach. */
export function standingOf(clock: Clock, nowMs: number): Standing {
  if (clock.met_at !== null) return clock.breached_at === null ? "met" : "met_late";
  if (clock.held_since !== null) return clock.breached_at === null ? "held" : "breached";
  // A missed word gives way to the next one at once: how many were missed is told beside it.
  const broken = clock.breached_at !== null && clock.name !== "progress";
  if (broken || nowMs >= Date.parse(clock.due_at)) return "breached";
  return clock.warned_at !== null || nowMs >= Date.parse(clock.warn_at) ? "warned" : "running";
}

/** The clocks on which time still counts, soonest due first; overdue ones are among them. */
export function runningClocks(clocks: readonly Clock[]): Clock[] {
  return clocks
    .filter((clock) => clock.met_at === null && clock.held_since === null)
    .sort((one, other) => Date.parse(one.due_at) - Date.parse(other.due_at));
}

/** The clock that asks for something first. */
export function nextClock(clocks: readonly Clock[]): Clock | undefined {
  return runningClocks(clocks)[0];
}

/** Milliseconds left; negative when overdue. A held clock stands at what was left when it stopped. */
export function leftMs(clock: Clock, nowMs: number): number {
  return Date.parse(clock.due_at) - (clock.held_since === null ? nowMs : Date.parse(clock.held_since));
}
