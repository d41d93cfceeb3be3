"""What people do to work orders: checked, locked, read, decided, written.

Promises: permission before anything else, and everything decided on what was read after the lock.
Leaves to others: what a step does (`alerting.desk.orders`), its event (`alerting.desk.order_steps`), committing.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from alerting.climbing import ARRIVED_STAMP
from alerting.desk import duty_acts, fault_reviews
from alerting.desk.authority import account_may
from alerting.desk.details import StepDetails, check_details, check_name, check_note, check_title, check_until
from alerting.desk.follow_on import follow, require_inspector, return_checked
from alerting.desk.incidents import next_number, opening_data
from alerting.desk.order_steps import advance, lock_order, owned, settle, tell
from alerting.desk.orders import OrderDraft, opened, with_affected, with_promise, with_stamp, with_word
from alerting.desk.places import check_place, site_of
from alerting.desk.templates import Templates
from alerting.desk.timeline import order_data
from alerting.escalate import stop_for_arrival
from domain.errors import Conflict, Invalid, NotFound
from domain.escalation import Plan
from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction
from domain.workorders import Step, WorkOrder

_APPROVED_STEPS = frozenset({Step.HOLD, Step.CANCEL})


def take_step(
    tx: Transaction, templates: Templates, plan: Plan, order_id: str, step: Step, details: StepDetails, *, actor: Actor
) -> WorkOrder:
    """One step of `domain.workorders` by a person, and the second job that it may lead to."""
    permission = Permission.APPROVE_ORDERS if step in _APPROVED_STEPS else Permission.HANDLE_ORDERS
    order = lock_order(tx, order_id, permission, actor)
    check_details(step, details, tx.at)
    if details.approver is not None and details.approver != actor.name:
        _check_approver(tx, details.approver, order.site)
    if step is Step.CANCEL:
        _refuse_while_in_danger(tx, order)
    require_inspector(templates, order, step, actor)
    before = settle(tx, order)
    after = follow(tx, templates, before, advance(tx, templates, before, step, details, actor), actor)
    return_checked(tx, templates, plan, after, step, actor)
    duty_acts.follow(tx, after, step, actor)
    fault_reviews.follow(tx, after, step, actor)
    return after


def note_order(tx: Transaction, order_id: str, *, note: str, plan: bool, actor: Actor) -> WorkOrder:
    """A progress note, at any time; a plan, which keeps the promise to have one, while the order is open."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    words = check_note("note", note)
    before = settle(tx, order)
    after = with_word(before, tx.at, plan=plan)
    after = after if before.state.ended else owned(after, actor)
    if after != before:
        tx.orders.put(after)
    data = order_data(before, after, note=words, plan=plan or None)
    tell(tx, EventType.WORKORDER_NOTED, after, data, actor)
    return after


def promise(tx: Transaction, order_id: str, *, until: datetime, told_whom: str, actor: Actor) -> WorkOrder:
    """A time for the fix, told to somebody. The contract's instant and this one are both on the timeline."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    check_until("until", until, tx.at)
    check_name("told_whom", told_whom)
    before = settle(tx, order)
    approved = actor.may(Permission.APPROVE_ORDERS, order.site)
    promised = with_promise(before, until, told_whom=told_whom, by=actor.name, at=tx.at, approved=approved)
    after = owned(promised, actor)
    tx.orders.put(after)
    moved = after.clocks != before.clocks
    data = order_data(before, after, promised_at=until, told_whom=told_whom, fix_moved=moved)
    tell(tx, EventType.WORKORDER_PROMISED, after, data, actor)
    return after


def stamp(
    tx: Transaction, templates: Templates, order_id: str, *, name: str, at: datetime | None, actor: Actor
) -> WorkOrder:
    """An instant of the scene, now unless `at` says otherwise, and the second job that it may lead to."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    before = settle(tx, order)
    stamp_at = at or tx.at
    after = owned(with_stamp(before, templates.get(order.template), name, stamp_at, tx.at), actor)
    tx.orders.put(after)
    title = next((form.title for form in templates.stamps_of(order.template) if form.name == name), None)
    corrected = before.stamps.get(name)
    data = order_data(before, after, stamp=name, stamp_title=title, stamped_at=stamp_at, corrected=corrected)
    tell(tx, EventType.WORKORDER_STAMPED, after, data, actor)
    if name == ARRIVED_STAMP:
        stop_for_arrival(tx, after, stamp_at, actor)
    return follow(tx, templates, before, after, actor)


def note_affected(tx: Transaction, order_id: str, *, affected: bool, note: str | None, actor: Actor) -> WorkOrder:
    """Whether people are affected: how often the job owes a word hangs on it."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    words = check_note("note", note) if note is not None else None
    before = settle(tx, order)
    after = owned(with_affected(before, tx.at, affected=affected), actor)
    tx.orders.put(after)
    tell(tx, EventType.WORKORDER_AFFECTED, after, order_data(before, after, affected=affected, note=words), actor)
    return after


def open_by_hand(
    tx: Transaction, templates: Templates, draft: OrderDraft, *, template: str, note: str, actor: Actor
) -> WorkOrder:
    """A job without an alarm: the repair after a fire order, the return to service after an entrapment."""
    tx.take(draft.site)
    actor.require(Permission.HANDLE_ORDERS, draft.site)
    form, site = templates.get(template), site_of(tx, draft.site)
    if site is None:
        raise NotFound(f"there is no site {draft.site}")
    if form is None:
        raise Invalid(f"template: there is no {template}; there are {', '.join(templates.names)}")
    check_title(draft.title)
    check_place(site, draft.building, draft.zone)
    words = check_note("note", note)
    if draft.device is not None:
        device = tx.devices.get(draft.site, draft.device)
        draft = replace(draft, building=device.building or draft.building, zone=device.zone or draft.zone)
    order = owned(opened(draft, form, next_number(tx, draft.site), tx.at, site.time_zone), actor)
    tx.orders.put(order)
    tell(tx, EventType.WORKORDER_OPENED, order, opening_data(order, words), actor)
    return order


def _check_approver(tx: Transaction, name: str, site: str) -> None:
    if not account_may(tx, name, Permission.APPROVE_ORDERS, site):
        raise Invalid(f"approver: {name} is nobody who may approve")


def _refuse_while_in_danger(tx: Transaction, order: WorkOrder) -> None:
    for alarm in tx.alarms.open_on(order.site):
        if alarm.work_order == order.id and alarm.life_safety and alarm.signal_active:
            raise Conflict(f"the life-safety alarm {alarm.id} is still active: its order cannot be cancelled")
