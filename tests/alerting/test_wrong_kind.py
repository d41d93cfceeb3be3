"""A registered device that speaks under another kind's topic is an alarm of its own, and one only."""

from __future__ import annotations

from adapters.ledger import SqlLedger
from alerting.wrong_kind import QUIET, WRONG_KIND
from domain.alarms import Alarm
from tests.alerting.room import CALL, Room


def strayed(room: Room) -> list[Alarm]:
    """Every alarm about it, whether it goes on or not."""
    return [alarm for alarm in room.alarms() if alarm.rule == WRONG_KIND.id]


def stray(room: Room) -> None:
    """The elevator says something under a smoke detector's topic."""
    room.hear(kind="smoke_detector", channel="event", alarm=True)


def test_it_is_seen_at_once_on_the_device_and_says_both_kinds(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    stray(room)
    [alarm] = room.alarms()
    assert (alarm.rule, alarm.subject.id, alarm.device) == (WRONG_KIND.id, "E-03", "E-03")
    why = next(event for event in room.events() if event.alarm == alarm.id).data["why"]
    assert (why["value"], why["registered"]) == ("smoke_detector", "elevator")
    assert alarm.signal_active


def test_however_much_it_sends_it_is_one_alarm(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    for _ in range(20):
        stray(room)
    before = len(room.events())
    stray(room)
    assert len(room.events()) == before
    assert [alarm.occurrences for alarm in strayed(room)] == [1]


def test_what_it_says_under_its_own_topic_is_judged_as_ever(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    stray(room)
    room.press()
    assert {alarm.rule for alarm in room.alarms()} == {WRONG_KIND.id, CALL.id}


def test_it_ends_when_nothing_more_came_for_an_hour_also_over_a_restart(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    stray(room)
    room.pass_(QUIET.total_seconds() - 10)
    stray(room)
    room.start()
    room.pass_(QUIET.total_seconds() - 10)
    assert strayed(room)[0].signal_active
    room.pass_(20)
    assert not strayed(room)[0].signal_active
    stray(room)
    assert [(alarm.signal_active, alarm.occurrences) for alarm in strayed(room)] == [(True, 2)]
