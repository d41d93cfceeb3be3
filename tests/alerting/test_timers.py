"""Timers: what one turn of the second hand does not get to has the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, event

from adapters.ledger import SqlLedger
from alerting import timers
from alerting.entry import MOST_STEPS
from alerting.escalate import CLOCKS_CALLED
from domain.events import Cursor, EventType
from domain.rules import Equals, Severity
from tests.alerting.room import LIFT, Room, rule

OPEN = rule("open", Equals(metric="door", value="open"), severity=Severity.URGENT)
HELD_OPEN = rule("open", Equals(metric="door", value="open"), severity=Severity.URGENT, on_delay=timedelta(seconds=20))


def test_clocks_beyond_what_one_turn_calls_for_have_the_next_turns(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers, "CALLS_MOST", 2)
    lifts = [replace(LIFT, id=f"E-0{number}") for number in range(1, 6)]
    room = Room(ledger, [OPEN], lifts)
    for lift in lifts:
        room.hear(door="open", device=lift.id)

    def uncalled() -> int:
        with ledger.read() as rows:
            called = Cursor.parse(rows.marks.get(CLOCKS_CALLED) or "")
            ahead = rows.events.after(called, sites=None, most=99, types=frozenset({EventType.WORKORDER_WARNED}))
            return len(ahead)

    left = []
    room.at += timedelta(minutes=14)  # all of their first clocks warn in one turn
    for _ in range(4):
        room.at += timedelta(seconds=1)
        room.tick()
        left.append(uncalled())
    assert left == [3, 1, 0, 0]


def test_devices_that_fall_due_together_are_entered_in_one_tick_and_a_hundred_in_a_transaction(
    ledger: SqlLedger,
) -> None:
    lifts = [replace(LIFT, id=f"E-{number:03}") for number in range(2 * MOST_STEPS + 30)]
    room = Room(ledger, [HELD_OPEN], lifts)
    room.catch_up()
    for lift in lifts:
        room.hear(door="open", device=lift.id)
    room.pass_(16)
    room.at += timedelta(seconds=4)  # all of them have held for long enough in one instant
    raised_by: list[int] = []
    raised = 0

    def count(connection: Connection) -> None:
        nonlocal raised
        open_now = connection.exec_driver_sql("SELECT count(*) FROM alarms").scalar_one()
        if open_now > raised:
            raised_by.append(open_now - raised)
            raised = open_now

    event.listen(Engine, "commit", count)
    try:
        room.tick()
    finally:
        event.remove(Engine, "commit", count)
    assert raised_by == [MOST_STEPS, MOST_STEPS, 30]
