"""Domain values for tests of the ledger: whole ones, so that every field makes the way there and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.alarms import Alarm, AlarmState
from domain.assets import Device, Subject, SubjectType
from domain.events import Event, EventType
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import Transaction
from domain.rules import Above, All, In, LimitOf, Rule, Severity
from domain.texts import text
from domain.workorders import Clock, ClockName, OrderState, WorkOrder

START = datetime(2026, 3, 14, 1, 59, 26, 535897, tzinfo=UTC)
RULE = Actor(ActorType.RULE, "elevator.overspeed")
OPERATOR = Actor(ActorType.PERSON, "wang", Role.OPERATOR, frozenset({"main", "annex"}))
TITLE = text("Overspeed", "超速", "超速")


class Broken(Exception):
    """A failure of the tests' own."""


def after(**span: float) -> datetime:
    """An instant that long after `START`."""
    return START + timedelta(**span)


def alarm(number: int, *, site: str = "main", **changes: Any) -> Alarm:
    """An open alarm of device `E-{number}`, raised that many seconds after `START`."""
    values: dict[str, Any] = {
        "id": f"{site}-A{number}",
        "site": site,
        "subject": Subject(SubjectType.DEVICE, f"E-{number}"),
        "rule": "elevator.overspeed",
        "severity": Severity.URGENT,
        "life_safety": False,
        "latched": True,
        "state": AlarmState.UNACKNOWLEDGED,
        "signal_active": True,
        "raised_at": after(seconds=number),
        "last_raised_at": after(seconds=number),
        "occurrences": 1,
        "title": TITLE,
        "text": TITLE,
        "device": f"E-{number}",
        "kind": "elevator",
        "rule_as_it_was": OVERSPEED,
    }
    return Alarm(**(values | changes))


OVERSPEED = Rule(
    kind="elevator",
    name="overspeed",
    severity=Severity.URGENT,
    title=TITLE,
    consequence=TITLE,
    response=TITLE,
    time_to_respond=timedelta(minutes=5),
    when=All((Above("speed_mps", LimitOf("rated_speed_mps", 1.15)), In("mode", ("normal", 3, True)))),
    on_delay=timedelta(seconds=1.5),
    only=frozenset({"traction", "public"}),
)


def clock(name: ClockName, *, warn_at: datetime, due_at: datetime, **changes: Any) -> Clock:
    """A clock that began at `START`."""
    return Clock(name=name, started_at=START, warn_at=warn_at, due_at=due_at, **changes)


def order(number: int, *, site: str = "main", **changes: Any) -> WorkOrder:
    """An open order of device `E-{number}`, opened that many seconds after `START`, without clocks."""
    values: dict[str, Any] = {
        "id": f"{site}-WO-{number}",
        "number": f"WO-20260314-{number:04}",
        "site": site,
        "state": OrderState.OPEN,
        "template": "urgent",
        "title": TITLE,
        "severity": Severity.URGENT,
        "opened_at": after(seconds=number),
        "device": f"E-{number}",
        "alarms": (f"{site}-A{number}",),
        "stamps": {"arrived": after(minutes=3)},
    }
    return WorkOrder(**(values | changes))


def device(name: str, *, site: str = "main", **changes: Any) -> Device:
    """A registered elevator."""
    return Device(site=site, id=name, kind="elevator", **changes)


def put_alarm(tx: Transaction, value: Alarm, type: EventType = EventType.ALARM_RAISED) -> Event:
    """Put an alarm as the desk does: its site taken, the event with it."""
    tx.take(value.site)
    tx.alarms.put(value)
    return tx.events.record(type, value.site, alarm=value.id, device=value.device)


def put_order(tx: Transaction, value: WorkOrder, type: EventType = EventType.WORKORDER_OPENED) -> Event:
    """Put a work order as the desk does."""
    tx.take(value.site)
    tx.orders.put(value)
    return tx.events.record(type, value.site, work_order=value.id, device=value.device)
