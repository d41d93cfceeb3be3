/** The order of the work order list: what is overdue first, then what is due soonest. Pure. */
import type { WorkOrder } from "../api/types";
import { leftMs, nextClock } from "./clocks";

type Ranked = Pick<WorkOrder, "clocks" | "opened_at" | "id">;

/** Orders without a running clock come last, the newest of them first. */
export function compareOrders(nowMs: number): (one: Ranked, other: Ranked) => number {
  const left = ({ clocks }: Ranked): number => {
    const clock = nextClock(clocks);
    return clock === undefined ? Number.MAX_SAFE_INTEGER : leftMs(clock, nowMs);
  };
  return (one, other) =>
    left(one) - left(other) ||
    Date.parse(other.opened_at) - Date.parse(one.opened_at) ||
    one.id.localeCompare(other.id);
}
