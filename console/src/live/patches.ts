/**
 * What the stream changes on screen: alarms and work orders as they stand now are put into the lists at once, and the
 * lists are asked again soon after, so that a reply that was under way cannot leave an older state behind.
 */
import type { QueryClient } from "@tanstack/react-query";
import { ALARMS, OPEN_ALARMS } from "../alarms/queries";
import { compareAlarms } from "../alarms/order";
import type { Alarm, TellEvent, WorkOrder } from "../api/types";
import { DEVICES } from "../devices/queries";
import { DUTIES } from "../duties/queries";
import { NOTICES } from "../notices/queries";
import { OPEN_ORDERS, ORDERS } from "../orders/queries";
import { ROUNDS } from "../rounds/queries";
import { MEASURES } from "../standing/queries";

/** In a flood the lists are asked again once in this time, not once an event. */
const SETTLE_MS = 1500;

/** The list with this alarm as it is now: replaced, added, or gone when it is over, hidden or only a test. */
export function withAlarm(alarms: readonly Alarm[], alarm: Alarm): Alarm[] {
  const others = alarms.filter((one) => one.id !== alarm.id);
  const listed = alarm.state !== "normal" && alarm.standing === "announced";
  return listed ? [...others, alarm].sort(compareAlarms) : others;
}

/** The list with this order as it is now. */
export function withOrder(orders: readonly WorkOrder[], order: WorkOrder): WorkOrder[] {
  if (order.ended) return orders.filter((one) => one.id !== order.id);
  return orders.some((one) => one.id === order.id)
    ? orders.map((one) => (one.id === order.id ? order : one))
    : [order, ...orders];
}

/** Events by which measures of people begin or end. */
const OF_MEASURES: ReadonlySet<TellEvent["event"]["type"]> = new Set<TellEvent["event"]["type"]>([
  "alarm.shelved",
  "alarm.unshelved",
  "device.taken_out_of_service",
  "device.returned_to_service",
  "maintenance.begun",
  "maintenance.ended",
  "test.begun",
  "test.ended",
]);

/** Makes the handler of events for these queries. */
export function patching(queries: QueryClient): (told: TellEvent) => void {
  const stale = new Set<readonly string[]>();
  let settling: ReturnType<typeof setTimeout> | undefined;

  const settle = (): void => {
    settling = undefined;
    for (const queryKey of stale) void queries.invalidateQueries({ queryKey });
    stale.clear();
  };

  return ({ event, alarm, work_order: order }) => {
    if (alarm) {
      queries.setQueryData<Alarm[]>(OPEN_ALARMS, (alarms) => alarms && withAlarm(alarms, alarm));
      stale.add(ALARMS);
    }
    if (order) {
      queries.setQueryData<WorkOrder[]>(OPEN_ORDERS, (orders) => orders && withOrder(orders, order));
      stale.add(ORDERS);
    }
    if (event.device !== null) stale.add(DEVICES);
    if (event.type.startsWith("round.")) stale.add(ROUNDS);
    if (event.type.startsWith("duty.")) stale.add(DUTIES);
    if (event.type.startsWith("notice.")) stale.add(NOTICES);
    if (event.type.startsWith("flood.")) stale.add(ALARMS);
    if (OF_MEASURES.has(event.type)) {
      stale.add(MEASURES);
      stale.add(ALARMS);
    }
    settling ??= setTimeout(settle, SETTLE_MS);
  };
}
