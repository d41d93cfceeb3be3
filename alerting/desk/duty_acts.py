"""Duties, done: what time, the registry and the steps of their orders make of them.

Promises: an order opens once a turn, ahead of its day, and is told as overdue once; what happens to the order happens
to the duty in the same transaction. Leaves to others: deciding (`domain.duty_cycles`), when to look
(`alerting.duties`), what people decide about a cycle (`alerting.desk.duty_decisions`), committing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from alerting.desk.alarm_acts import activate, deactivate
from alerting.desk.details import StepDetails
from alerting.desk.duty_rows import DUTIES, device_of_cycle, named, subject_of, write_cycle, write_turn, zone_of
from alerting.desk.incidents import find_order, next_number, opening_data
from alerting.desk.order_steps import advance, settle, tell
from alerting.desk.orders import OrderDraft
from alerting.desk.orders import opened as order_opened
from alerting.desk.templates import Templates
from alerting.duty_rules import OVERDUE, rule_for
from alerting.signals import Activation, Return
from domain.assets import SubjectType
from domain.duties import Duty, Per, Unit, local_day, overdue_at
from domain.duty_cycles import (
    CycleState,
    Done,
    DutyCycle,
    begun,
    begun_again,
    done,
    dropped,
    missed,
    opened,
    performed,
    rested,
    retired,
    returned,
    revised,
    reworked,
)
from domain.escalation import Plan
from domain.events import EventType
from domain.people import Actor
from domain.ports.ledger import Rows, Transaction
from domain.standing import Standing
from domain.workorders import ClockName, OrderState, Step, Template, WorkOrder

_UNTOUCHED = frozenset({OrderState.OPEN, OrderState.DISPATCHED})
"""Nobody has taken it yet: it can go when what it is for is gone."""

_RETIRED = "the unit or the duty is gone"


def watch(tx: Transaction, unit: Unit, duty: Duty) -> DutyCycle:
    """Have a unit owe a duty in its present form. What is so already writes nothing."""
    tx.take(unit.site)
    known, zone = tx.duties.find(unit.id), zone_of(tx, unit.site)
    if known is None:
        return write_cycle(tx, EventType.DUTY_BEGUN, None, begun(unit, duty, zone, tx.at), DUTIES)
    if known.state is CycleState.RETIRED:
        return write_turn(tx, known, begun_again(known, duty, zone, tx.at), DUTIES)
    if known.duty_as_it_was == duty:
        return known
    return write_cycle(tx, EventType.DUTY_REVISED, known, revised(known, duty, known.override, zone), DUTIES)


def retire(tx: Transaction, templates: Templates, site: str, cycle_id: str) -> None:
    """A unit owes a duty no more. Its alarm ends; an order that nobody has taken is cancelled."""
    tx.take(site)
    cycle = tx.duties.get(cycle_id)
    if cycle.state is CycleState.RETIRED:
        return
    write_turn(tx, cycle, retired(cycle), DUTIES)
    _end_alarm(tx, cycle, _RETIRED)
    order = find_order(tx, cycle.order)
    if order is not None and order.state in _UNTOUCHED:
        advance(tx, templates, settle(tx, order), Step.CANCEL, StepDetails(reason=_RETIRED), DUTIES)


def fall_due(tx: Transaction, templates: Templates, plan: Plan, site: str, cycle_id: str) -> int:
    """Do what time alone asks of one cycle by now. Returns how many steps it took."""
    tx.take(site)
    cycle, steps = tx.duties.get(cycle_id), 0
    while cycle.next_at is not None and cycle.next_at <= tx.at:
        if _is_out_of_service(tx, cycle):
            cycle = write_turn(tx, cycle, rested(cycle), DUTIES)
        elif cycle.state is CycleState.WAITING:
            order = _open_order(tx, templates, cycle)
            cycle = write_turn(tx, cycle, opened(cycle, order.id, zone_of(tx, site)), DUTIES)
        else:
            cycle = _miss(tx, templates, plan, cycle)
        steps += 1
    return steps


def resume(tx: Transaction, site: str, device: str) -> None:
    """A device is in service again: what rested for it goes on. The site is taken."""
    for cycle in tx.duties.of_unit(site, device):
        if cycle.state is CycleState.RESTING and cycle.duty_as_it_was.per is Per.DEVICE:
            write_turn(tx, cycle, returned(cycle, zone_of(tx, site), tx.at), DUTIES)


def follow(tx: Transaction, order: WorkOrder, step: Step, actor: Actor) -> None:
    """What a step of its order means for a duty. `order` is as the step left it; the site is taken."""
    cycle = _cycle_of(tx, order)
    if cycle is None:
        return
    if step is Step.FIX:
        write_turn(tx, cycle, performed(cycle), actor)
        _end_alarm(tx, cycle, "the work is done")
    elif step in (Step.FAIL_CHECK, Step.COMPLAIN) and cycle.state is CycleState.PERFORMED:
        write_turn(tx, cycle, reworked(cycle, zone_of(tx, cycle.site)), actor)
    elif step is Step.CLOSE:
        zone = zone_of(tx, cycle.site)
        write_done(tx, cycle, _turn_of(order, cycle, zone, actor, tx.at), actor)
    elif step is Step.CANCEL:
        write_turn(tx, cycle, dropped(cycle), actor)


def write_done(tx: Transaction, cycle: DutyCycle, turn: Done, actor: Actor, note: str | None = None) -> DutyCycle:
    """A turn that was done: the cycle begins anew, and its alarm is over."""
    after = done(cycle, turn, zone_of(tx, cycle.site))
    late = (turn.day - turn.due_day).days if turn.late else None
    told = write_turn(tx, cycle, after, actor, done_on=turn.day, by=turn.by, days_late=late, note=note)
    _end_alarm(tx, cycle, "it was done")
    return told


def _open_order(tx: Transaction, templates: Templates, cycle: DutyCycle) -> WorkOrder:
    """The turn's order: its *fix* is due when the duty is told as overdue, where that still lies ahead."""
    duty, device = cycle.duty_as_it_was, device_of_cycle(tx, cycle)
    building = cycle.unit if duty.per is Per.BUILDING else None
    draft = OrderDraft(
        site=cycle.site,
        title=named(tx, cycle, duty.title),
        severity=duty.severity,
        device=device.id if device is not None else None,
        subject=subject_of(cycle),
        building=device.building if device is not None else building,
        zone=device.zone if device is not None else None,
    )
    form, zone = templates.choose(duty.template, duty.severity), zone_of(tx, cycle.site)
    form = _due_with(form, overdue_at(duty, cycle.due_day, zone) - tx.at)
    order = order_opened(draft, form, next_number(tx, cycle.site), tx.at, zone)
    tx.orders.put(order)
    data = opening_data(order) | {"duty": cycle.duty, "unit": cycle.unit, "due_day": cycle.due_day.isoformat()}
    tell(tx, EventType.WORKORDER_OPENED, order, data, DUTIES)
    return order


def _due_with(form: Template, left: timedelta) -> Template:
    """The form, its fix due when the duty is told as overdue: where that is past, the form's own span counts."""
    if left <= timedelta(0):
        return form
    clocks = tuple(
        replace(one, within=left, day_and_night=True) if one.clock is ClockName.FIX else one for one in form.clocks
    )
    return replace(form, clocks=clocks)


def _miss(tx: Transaction, templates: Templates, plan: Plan, cycle: DutyCycle) -> DutyCycle:
    """Its day is over: an alarm, on its order; a new one where that was cancelled."""
    if cycle.order is None:
        cycle = replace(cycle, order=_open_order(tx, templates, cycle).id)
    after = write_turn(tx, cycle, missed(cycle), DUTIES)
    why = {
        "due_day": cycle.due_day.isoformat(),
        "since": cycle.since.isoformat(),
        "source": msgspec.to_builtins(cycle.duty_as_it_was.source),
    }
    activation = Activation(
        site=cycle.site,
        subject=subject_of(cycle),
        rule=rule_for(cycle),
        at=cycle.next_at or tx.at,
        why=why,
        device=device_of_cycle(tx, cycle),
    )
    activate(tx, templates, plan, activation, None)
    return after


def _end_alarm(tx: Transaction, cycle: DutyCycle, because: str) -> None:
    signal = Return(
        site=cycle.site, subject=subject_of(cycle), rule=OVERDUE, at=tx.at, why={"duty": cycle.id, "because": because}
    )
    deactivate(tx, signal)


def _cycle_of(tx: Transaction, order: WorkOrder) -> DutyCycle | None:
    """The cycle whose turn the order is; None for any other order, and for one that the cycle has left behind."""
    if order.subject is None or order.subject.type is not SubjectType.DUTY:
        return None
    cycle = tx.duties.find(f"{order.site}.{order.subject.id}")
    return cycle if cycle is not None and cycle.order == order.id else None


def _turn_of(order: WorkOrder, cycle: DutyCycle, time_zone: str, actor: Actor, at: datetime) -> Done:
    # a clock of ours that was set back must keep nobody from closing an order
    day = max(local_day(order.fixed_at or at, time_zone), cycle.since)
    by = order.fixer or order.assignee or actor.name
    return Done(day=day, due_day=cycle.due_day, by=by, at=at, order=order.id)


def _is_out_of_service(rows: Rows, cycle: DutyCycle) -> bool:
    """Whether authority took the device out: a window in which it is maintained does not make its maintenance rest."""
    if cycle.duty_as_it_was.per is not Per.DEVICE:
        return False
    running = rows.measures.running(frozenset({cycle.site}))
    out = (one for one in running if one.type is Standing.OUT_OF_SERVICE and one.window is None)
    return any(cycle.unit in one.devices for one in out)
