"""What events say, so that a person understands them years later without the rows.

Promises: before and after, the reason, and what was said, as plain JSON values; None is left out.
Leaves to others: numbering and sealing (`domain.ports.ledger.EventRows`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from alerting.desk.alarms import Changed
from domain.alarms import Alarm
from domain.events import Event
from domain.people import ActorType
from domain.workorders import Clock, WorkOrder


def alarm_data(before: Alarm | None, changed: Changed, **said: Any) -> dict[str, Any]:
    """An alarm's change: its states, the table's reason, and what was said."""
    alarm = changed.alarm
    return _plain(
        before=before.state if before is not None else changed.row.before,
        after=alarm.state,
        because=changed.row.because,
        severity=alarm.severity,
        life_safety=alarm.life_safety,
        text=alarm.text,
        occurrences=alarm.occurrences,
        **said,
    )


def standing_data(before: Alarm, after: Alarm, because: str, **said: Any) -> dict[str, Any]:
    """A change of how an alarm stands: from, to, until when and why."""
    return _plain(
        before=before.state,
        after=after.state,
        stood=before.standing,
        standing=after.standing,
        by=after.standing_by,
        until=after.standing_until,
        because=because,
        severity=after.severity,
        life_safety=after.life_safety,
        text=after.text,
        **said,
    )


def order_data(before: WorkOrder | None, after: WorkOrder, **said: Any) -> dict[str, Any]:
    """An order's change: its states, which clocks it moved and how, and what was said."""
    old = {clock.name: clock for clock in before.clocks} if before is not None else {}
    moved = [clock for clock in after.clocks if old.get(clock.name) != clock]
    return _plain(
        number=after.number,
        before=before.state if before is not None else None,
        after=after.state,
        owner=after.owner,
        assignee=after.assignee,
        clocks=[{"before": old.get(clock.name), "after": clock} for clock in moved] or None,
        **said,
    )


def clock_data(order: WorkOrder, clock: Clock) -> dict[str, Any]:
    """A clock's warning or breach."""
    return _plain(
        number=order.number,
        after=order.state,
        clock=clock.name,
        started_at=clock.started_at,
        warn_at=clock.warn_at,
        due_at=clock.due_at,
        severity=order.severity,
        title=order.title,
        owner=order.owner,
        assignee=order.assignee,
    )


def last_hand(events: Sequence[Event]) -> str | None:
    """The person or program that acted last: who was faster."""
    hands = (ActorType.PERSON, ActorType.PROGRAM)
    return next((event.actor.name for event in reversed(events) if event.actor.type in hands), None)


def _plain(**values: Any) -> dict[str, Any]:
    plain = msgspec.to_builtins({name: value for name, value in values.items() if value is not None})
    assert isinstance(plain, dict)
    return plain
