/**
 * The present instant, as the server sees it, ticking once a second.
 *
 * Promises: ages and countdowns agree with the server's clock even where the workstation's is wrong, and all of them
 * tick together from one timer, which runs only while somebody looks.
 */
import { useSyncExternalStore } from "react";

const TICK_MS = 1000;
/** `Date` headers have whole seconds and travel time in them: differences below this are noise. */
const NOISE_MS = 2000;

let offsetMs = 0;
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Learn the server's clock from the `Date` header of a reply. */
export function learnServerClock(date: string | null): void {
  const serverMs = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) return;
  const difference = serverMs - Date.now();
  offsetMs = Math.abs(difference) < NOISE_MS ? 0 : difference;
}

/** Epoch milliseconds on the server's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

function tick(): void {
  nowMs = serverNow();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    nowMs = serverNow();
    timer = setInterval(tick, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** `serverNow`, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** This machine's own clock, renewed every second: for spans between instants that were noted here. */
export function useTick(): number {
  return useNow() - offsetMs;
}
