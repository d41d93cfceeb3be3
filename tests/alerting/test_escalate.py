"""Escalation in the watchroom: the timer takes the steps, restarts and shift changes included."""

from __future__ import annotations

from datetime import datetime, timedelta

from adapters.ledger import SqlLedger
from alerting.desk import Desk
from domain.events import EventType
from domain.ports.ledger import NoticeFilter
from tests.alerting.desk.calling_scene import PLAN
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import CALL, START, Room


def steps(room: Room) -> list[tuple[datetime, list[str]]]:
    """Each step's instant, and who was called."""
    events = [event for event in room.events() if event.type is EventType.ALARM_ESCALATED]
    return [(event.at, event.data["people"]) for event in events]


def test_the_timer_takes_each_step_within_seconds_and_a_restart_takes_none_twice(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    room.desk = Desk(TEMPLATES, PLAN)
    room.start()
    room.catch_up()
    room.hear(channel="event", alarm_button=True)
    pressed = room.at
    room.pass_(70)
    room.start()
    room.pass_(20)
    room.sleep(300)  # nobody looks while the manager's step falls due
    room.start()
    room.pass_(10)
    taken = steps(room)
    assert [people for _, people in taken] == [["firm"], ["lin"], ["zhao"]]
    for (at, _), due in zip(taken[:2], (0, 60), strict=True):
        assert timedelta(0) <= at - pressed - timedelta(seconds=due) <= timedelta(seconds=5)
    assert taken[2][0] - pressed <= timedelta(seconds=395), "at once when somebody looks again"
    with ledger.read() as rows:
        assert len(rows.notices.page(NoticeFilter(), after=None, most=9).items) >= 3


def test_whoever_is_on_shift_when_a_step_falls_due_is_called_not_whoever_was_when_the_alarm_came(
    ledger: SqlLedger,
) -> None:
    room = Room(ledger, [CALL])
    room.desk = Desk(TEMPLATES, PLAN)
    room.at = START + timedelta(hours=3, minutes=59, seconds=30)  # 19:59:30 in Shanghai: lin's last minute
    room.start()
    room.catch_up()
    room.hear(channel="event", alarm_button=True)
    room.pass_(70)
    assert [people for _, people in steps(room)] == [["firm"], ["wu"]]
