"""Work orders in motion: time's due, then a step, each with its event.

Promises: whoever moves an order (a person, an alarm that came back, a timer) moves it here; what time alone asked for
is written before any step, so that a step never overtakes a breach. Leaves to others: deciding
(`alerting.desk.orders`), committing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerting.desk.details import StepDetails
from alerting.desk.orders import Settled, settled, stepped
from alerting.desk.templates import Templates
from alerting.desk.timeline import clock_data, last_hand, order_data
from alerting.escalate import stop_for_arrival
from domain.errors import Conflict
from domain.events import EventType
from domain.people import Actor, ActorType, Permission
from domain.ports.ledger import CLOCK_CALLS, Transaction
from domain.workorders import ClockAct, Step, WorkOrder

CLOCKS = Actor(ActorType.TIMER, "clocks")

_STEP_EVENTS: dict[Step, EventType] = {
    Step.DISPATCH: EventType.WORKORDER_DISPATCHED,
    Step.ACCEPT: EventType.WORKORDER_ACCEPTED,
    Step.REFUSE: EventType.WORKORDER_REFUSED,
    Step.TRANSFER: EventType.WORKORDER_TRANSFERRED,
    Step.ARRIVE: EventType.WORKORDER_ARRIVED,
    Step.FIX: EventType.WORKORDER_FIXED,
    Step.PASS_CHECK: EventType.WORKORDER_CHECKED,
    Step.FAIL_CHECK: EventType.WORKORDER_REWORK_ORDERED,
    Step.FOLLOW_UP: EventType.WORKORDER_FOLLOWED_UP,
    Step.COMPLAIN: EventType.WORKORDER_REWORK_ORDERED,
    Step.SKIP_FOLLOW_UP: EventType.WORKORDER_FOLLOWED_UP,
    Step.CLOSE: EventType.WORKORDER_CLOSED,
    Step.HOLD: EventType.WORKORDER_HELD,
    Step.RESUME: EventType.WORKORDER_RESUMED,
    Step.CANCEL: EventType.WORKORDER_CANCELLED,
    Step.REOPEN: EventType.WORKORDER_REOPENED,
}
_COMING = frozenset({Step.ARRIVE, Step.FIX})
"""Steps after which nobody needs to be called any more: somebody is there, or there is nothing left to come for."""

_CLOCK_EVENTS = {ClockAct.WARN: EventType.WORKORDER_WARNED, ClockAct.BREACH: EventType.WORKORDER_BREACHED}


def run_clocks(tx: Transaction, at: datetime, *, most: int) -> int:
    """Write every warning, breach and wait's end that is due at `at`, on at most `most` orders. Returns how many."""
    written = 0
    for due in tx.orders.due(at, most=most):
        tx.take(due.site)
        written += _write_due(tx, tx.orders.get(due.id), at)[1]
    return written


def settle(tx: Transaction, order: WorkOrder) -> WorkOrder:
    """The order with what time alone asked for up to the transaction's instant, written and told."""
    return _write_due(tx, order, tx.at)[0]


def advance(
    tx: Transaction,
    templates: Templates,
    order: WorkOrder,
    step: Step,
    details: StepDetails,
    actor: Actor,
    *,
    alarm: str | None = None,
) -> WorkOrder:
    """Take a step on a settled order. Raises Conflict, naming who was faster, where its state does not allow it."""
    try:
        done = stepped(order, templates.get(order.template), step, details, by=actor.name, at=tx.at)
    except Conflict as refusal:
        winner = refusal.winner or last_hand(tx.events.of_order(order.id))
        raise Conflict(str(refusal), winner=winner) from refusal
    after = owned(done.order, actor)
    tx.orders.put(after)
    said = {name: getattr(details, name) for name in details.__struct_fields__}
    said.pop("assignee")  # what was said of it is in the order now, or is who should have it next
    proposed = details.assignee if step is Step.TRANSFER else None
    data = order_data(order, after, step=step, because=done.row.because, proposed=proposed, **said)
    tell(tx, _STEP_EVENTS[step], after, data, actor, alarm=alarm)
    if step in _COMING:
        stop_for_arrival(tx, after, tx.at, actor)
    return after


def lock_order(tx: Transaction, order_id: str, permission: Permission, actor: Actor) -> WorkOrder:
    """The order, read after its site was taken, for somebody who may. Raises NotFound, NotAllowed."""
    site = tx.orders.get(order_id).site  # an order never changes its site; all else is read after the lock
    tx.take(site)
    actor.require(permission, site)
    return tx.orders.get(order_id)


def owned(order: WorkOrder, actor: Actor) -> WorkOrder:
    """The order; its owner is the first person or program that touched it."""
    if order.owner is not None or actor.type not in (ActorType.PERSON, ActorType.PROGRAM):
        return order
    return replace(order, owner=actor.name)


def tell(
    tx: Transaction,
    type: EventType,
    order: WorkOrder,
    data: dict[str, Any],
    actor: Actor,
    *,
    alarm: str | None = None,
) -> None:
    """Record an event of an order."""
    tx.events.record(type, order.site, work_order=order.id, alarm=alarm, device=order.device, data=data, actor=actor)


def _write_due(tx: Transaction, order: WorkOrder, at: datetime) -> tuple[WorkOrder, int]:
    after = settled(order, at)
    if after.order == order:
        return order, 0
    tx.orders.put(after.order)
    return after.order, _tell_due(tx, order, after)


def _tell_due(tx: Transaction, before: WorkOrder, after: Settled) -> int:
    if after.resumed_at is not None:
        data = order_data(before, after.order, because="the wait came to its end", resumed_at=after.resumed_at)
        tell(tx, EventType.WORKORDER_RESUMED, after.order, data, CLOCKS)
    for news in after.news:
        tx.next_number(after.order.site, CLOCK_CALLS)
        tell(tx, _CLOCK_EVENTS[news.act], after.order, clock_data(after.order, news.clock), CLOCKS)
    return len(after.news) + (after.resumed_at is not None)
