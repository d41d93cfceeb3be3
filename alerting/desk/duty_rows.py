"""Cycles of duties, written: every change of one with its event, and what it is called.

Promises: no row without its event; names come from the registry, what has none there is called by its id.
Leaves to others: which change (`domain.duty_cycles`), when (`alerting.desk.duty_acts`, `duty_decisions`).
"""

from __future__ import annotations

from typing import Any

import msgspec

from alerting.desk.places import site_of
from alerting.desk.wording import alarm_text
from domain.assets import Device, Subject, SubjectType
from domain.duties import Per
from domain.duty_cycles import CycleStep, DutyCycle, Turned
from domain.errors import NotFound
from domain.events import EventType
from domain.people import Actor, ActorType
from domain.ports.ledger import Rows, Transaction
from domain.texts import Text

DUTIES = Actor(ActorType.TIMER, "duties")

_EVENTS = {
    CycleStep.BEGIN: EventType.DUTY_BEGUN,
    CycleStep.MISS: EventType.DUTY_OVERDUE,
    CycleStep.DO: EventType.DUTY_DONE,
    CycleStep.RETIRE: EventType.DUTY_RETIRED,
}
"""All others are `duty.moved`."""


def write_turn(tx: Transaction, before: DutyCycle, turned: Turned, actor: Actor, **said: object) -> DutyCycle:
    """A cycle after a step, kept and told."""
    type_ = _EVENTS.get(turned.row.step, EventType.DUTY_MOVED)
    return write_cycle(tx, type_, before, turned.cycle, actor, because=turned.row.because, **said)


def write_cycle(
    tx: Transaction, type: EventType, before: DutyCycle | None, after: DutyCycle, actor: Actor, **said: object
) -> DutyCycle:
    """A cycle, kept and told."""
    tx.duties.put(after)
    order = after.order or (before.order if before is not None else None)
    told: dict[str, object] = {
        "duty": after.duty,
        "unit": after.unit,
        "title": after.duty_as_it_was.title,
        "before": before.state if before is not None else None,
        "after": after.state,
        "due_day": after.due_day,
        "cycle": after.cycle,
        **said,
    }
    data: dict[str, Any] = msgspec.to_builtins({name: one for name, one in told.items() if one is not None})
    device = after.unit if after.duty_as_it_was.per is Per.DEVICE else None
    tx.events.record(type, after.site, work_order=order, device=device, data=data, actor=actor)
    return after


def subject_of(cycle: DutyCycle) -> Subject:
    """What its order and its alarm are about."""
    return Subject(SubjectType.DUTY, f"{cycle.duty}.{cycle.unit}")


def device_of_cycle(rows: Rows, cycle: DutyCycle) -> Device | None:
    """The device that owes it; None for a building or a site, or where the registry has it no more."""
    if cycle.duty_as_it_was.per is not Per.DEVICE:
        return None
    try:
        return rows.devices.get(cycle.site, cycle.unit)
    except NotFound:
        return None


def named(rows: Rows, cycle: DutyCycle, title: Text) -> Text:
    """The title with whom it is about: `Elevator E-03, Tower 1: 15-day maintenance`."""
    device = device_of_cycle(rows, cycle)
    return alarm_text(title, subject_of(cycle), device=device, site=site_of(rows, cycle.site), zone=None)


def zone_of(rows: Rows, site: str) -> str:
    """The site's time zone; UTC for a site without an entry."""
    known = site_of(rows, site)
    return known.time_zone if known is not None else "UTC"
