"""A condition that comes and goes is held together as one alarm, for a bounded while, and never for life safety."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger import SqlLedger
from alerting.chatter import RAISES, STRETCHED_OFF_DELAY, WITHIN
from alerting.judge import RuleInForce, Verdict
from alerting.memory import QUIET, Phase
from alerting.settle import MoveType, settle
from domain.alarms import AlarmState
from domain.events import EventType
from domain.instants import span_ms
from domain.rules import Equals
from tests.alerting.room import Room, rule

OPEN = rule("open", Equals(metric="door", value="open"))
WITHIN_MS, STRETCHED_MS = span_ms(WITHIN), span_ms(STRETCHED_OFF_DELAY)


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, [OPEN])
    room.catch_up()
    return room


def flap(room: Room, times: int, *, every: float = 10) -> None:
    for _ in range(times):
        room.hear(door="open")
        room.pass_(every / 2)
        room.hear(door="closed")
        room.pass_(every / 2)


def types(room: Room) -> list[EventType]:
    return [event.type for event in room.events() if event.alarm is not None]


def test_the_third_raise_within_a_minute_makes_one_alarm_of_all_that_follow(room: Room) -> None:
    flap(room, 20)
    [alarm] = room.alarms()
    assert (alarm.occurrences, alarm.signal_active, alarm.chattering_since is not None) == (3, True, True)
    [began] = [event for event in room.events() if event.type is EventType.ALARM_CHATTER_BEGAN]
    assert began.data == {"because": "3 raises within 1m", "off_delay_s": 300.0, "before_s": 0.0}


def test_it_ends_by_itself_after_calm_and_then_its_own_off_delay_counts_again(room: Room) -> None:
    flap(room, 6)
    room.pass_(STRETCHED_OFF_DELAY.total_seconds())
    [alarm] = room.alarms()
    assert (alarm.signal_active, alarm.chattering_since) == (False, None)
    assert types(room)[-2:] == [EventType.ALARM_RETURNED, EventType.ALARM_CHATTER_ENDED]
    room.hear(door="open")
    room.pass_(5)
    room.hear(door="closed")
    assert not room.alarms()[0].signal_active


def test_a_slow_door_does_not_chatter(room: Room) -> None:
    flap(room, 6, every=31)
    assert room.alarms()[0].occurrences == 6
    assert EventType.ALARM_CHATTER_BEGAN not in types(room)


def test_it_survives_a_restart(room: Room) -> None:
    flap(room, 3)
    room.start()
    room.catch_up()
    flap(room, 6)
    assert room.alarms()[0].occurrences == 3
    room.pass_(STRETCHED_OFF_DELAY.total_seconds())
    assert room.alarms()[0].state is AlarmState.RETURNED


def test_a_life_safety_alarm_is_never_stretched(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", OPEN.when, life_safety=True)])
    room.catch_up()
    flap(room, 6)
    assert room.alarms()[0].occurrences == 6
    assert EventType.ALARM_CHATTER_BEGAN not in types(room)


@given(st.lists(st.tuples(st.integers(1, 200_000), st.booleans()), max_size=60), st.booleans())
def test_whatever_a_condition_does_it_begins_at_once_and_is_held_on_no_longer_than_the_stretch(
    steps: list[tuple[int, bool]], life_safety: bool
) -> None:
    in_force = RuleInForce(rule("open", OPEN.when, life_safety=life_safety))
    memory, at_ms, began, false_since = QUIET, 0, list[int](), 0
    for after_ms, holds in steps:
        at_ms += after_ms
        if memory.due_ms is not None and memory.due_ms <= at_ms:
            memory = settle(in_force, memory, _verdict(False), memory.due_ms).memory
        settled = settle(in_force, memory, _verdict(holds), at_ms)
        memory = settled.memory
        began += [at_ms for move in settled.moves if move.type is MoveType.BEGAN]
        false_since = 0 if holds else false_since or at_ms
        if holds:
            assert memory.phase is Phase.ACTIVE
        elif life_safety:
            assert memory.phase is Phase.QUIET
        else:
            held_on = memory.phase is not Phase.QUIET
            assert not held_on or (memory.chattering and at_ms - false_since < STRETCHED_MS)
    if not life_safety:  # once it is told, there are no more than three in any minute
        for first, fourth in zip(began, began[RAISES:], strict=False):
            assert fourth - first > WITHIN_MS


def _verdict(holds: bool) -> Verdict:
    return Verdict(holds, holds, False, (holds,), (None,))
