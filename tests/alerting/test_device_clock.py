"""A device whose clock cannot be gone by is found out, judged in the order of arrival, and told of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ledger import SqlLedger
from alerting.device_clock import (
    FINE,
    NEXT,
    PACE_SLACK_MS,
    PACE_SLACK_SHARE,
    ClockMemory,
    ClockState,
    Sign,
    fell_behind,
    moved_on,
    stood_still,
)
from alerting.examine import hear
from alerting.facts import NOTHING_KNOWN, Facts, learn
from alerting.memory import NO_MEMORY, DeviceMemory, decode, encode
from devices.clock import DEVICE_CLOCK, clock_rule
from domain.assets import Device
from domain.instants import to_ms
from domain.readings import AHEAD_LIMIT_MS, BEHIND_LIMIT_MS, Channel, Reading, Value
from domain.rules import Equals, Rule
from tests.alerting.room import CALL, LIFT, START, WORDS, Room, message, rule
from tests.alerting.test_redelivery import LIFT_ON_WATCH

DOOR = rule("door", Equals(metric="door", value="open"))
CLOCK = clock_rule("elevator", WORDS)
METRICS = frozenset({"door", "floor"})
T0 = to_ms(START)


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, [CALL, DOOR, CLOCK])
    room.catch_up()
    return room


def raised(room: Room, which: Rule) -> bool:
    return any(alarm.rule == which.id and alarm.signal_active for alarm in room.alarms())


def say(room: Room, ts_ms: int, **values: Value) -> None:
    room.turn(message(values, room.at, ts=ts_ms))


def reading(at_ms: int, received_ms: int, **values: Value) -> Reading:
    return Reading("main", "elevator", "E-03", Channel.TELEMETRY, at_ms, received_ms, values, at_ms)


def dated(ts_ms: int, received_ms: int, *, is_event: bool, **values: Value) -> Reading:
    """A reading as it is decoded: whether its `ts` is believed is seen at its receipt."""
    believed = -BEHIND_LIMIT_MS <= ts_ms - received_ms <= AHEAD_LIMIT_MS
    channel = Channel.EVENT if is_event else Channel.TELEMETRY
    at_ms = ts_ms if believed else received_ms
    return Reading("main", "elevator", "E-03", channel, at_ms, received_ms, values, ts_ms, clock_suspect=not believed)


def test_every_state_has_an_answer_to_every_sign() -> None:
    assert set(NEXT) == {(state, sign) for state in ClockState for sign in Sign}
    assert set(DEVICE_CLOCK.choices or {}) == {state.value for state in ClockState}


def test_a_clock_that_stands_still_is_told_and_its_device_goes_on_being_judged(room: Room) -> None:
    stuck_ms = to_ms(room.at)
    for number in range(4):
        say(room, stuck_ms, floor=number, door="closed")
        room.pass_(10)
    say(room, stuck_ms, floor=9, door="open")
    assert raised(room, DOOR)
    room.pass_(301)
    assert raised(room, CLOCK)
    say(room, stuck_ms, floor=9, door="closed")
    assert not raised(room, DOOR)
    for number in range(4):  # put right
        room.hear(floor=number)
        room.pass_(10)
    assert not raised(room, CLOCK)


def test_a_clock_that_stands_still_on_an_idle_device_is_found_out_too(room: Room) -> None:
    stuck_ms = to_ms(room.at)
    for _ in range(70):
        say(room, stuck_ms, floor=1)
        room.pass_(10)
    assert raised(room, CLOCK)


def test_a_clock_that_was_set_back_and_stands_still_is_found_out(room: Room) -> None:
    room.hear(door="closed")
    stuck_ms = to_ms(room.at) - 3_600_000
    for _ in range(8):
        room.pass_(10)
        say(room, stuck_ms, door="open")
    assert raised(room, DOOR)
    room.pass_(301)
    assert raised(room, CLOCK)


def test_every_press_of_a_button_on_a_stuck_clock_is_heard(room: Room) -> None:
    stuck_ms = to_ms(room.at)
    for number in range(4):
        say(room, stuck_ms, floor=number)
        room.pass_(10)
    for _ in range(2):
        room.turn(message({"alarm_button": True}, room.at, ts=stuck_ms, channel="event"))
        room.pass_(30)
    assert [alarm.occurrences for alarm in room.alarms() if alarm.rule == CALL.id] == [2]


def test_a_clock_that_was_set_back_an_hour_blinds_its_device_for_a_minute_at_most(room: Room) -> None:
    room.hear(door="closed")
    room.pass_(10)
    for _ in range(8):
        room.hear(late=3600, door="open", floor=2)
        room.pass_(10)
    assert raised(room, DOOR)
    room.pass_(300)
    room.hear(late=3600, door="open", floor=3)
    assert raised(room, CLOCK)
    room.hear(door="closed")
    assert not raised(room, CLOCK)


def test_a_clock_that_is_years_off_is_told_after_five_minutes_and_not_when_it_finds_its_time_before(room: Room) -> None:
    room.hear(late=-365 * 86400, floor=1)
    room.pass_(120)
    room.hear(floor=2)
    room.pass_(600)
    assert not raised(room, CLOCK)
    room.hear(late=-365 * 86400, floor=1)
    room.pass_(301)
    assert raised(room, CLOCK)


def test_what_is_known_of_a_clock_survives_a_restart(room: Room) -> None:
    stuck_ms = to_ms(room.at)
    for number in range(4):
        say(room, stuck_ms, floor=number)
        room.pass_(10)
    room.start()
    room.pass_(290)
    assert raised(room, CLOCK)


@pytest.mark.parametrize("channel", ["telemetry", "event"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_message_of_before_that_comes_again_is_no_clock_put_right(room: Room, channel: str, *, restart: bool) -> None:
    before = room.hear(channel=channel, door="open")
    room.pass_(10)
    room.hear(late=-365 * 86400, door="closed")
    room.pass_(301)
    assert raised(room, CLOCK)
    if restart:
        room.start()  # it was judged, and its acknowledgement was not heard
    told = room.told()
    room.again(before)
    assert room.told() == told
    assert not raised(room, DOOR)
    room.hear(door="closed")
    assert not raised(room, CLOCK)


@pytest.mark.parametrize("channel", ["telemetry", "event"])
def test_a_message_with_a_wrong_clock_that_comes_again_once_it_was_put_right_changes_nothing(
    room: Room, channel: str
) -> None:
    wrong = room.hear(late=-365 * 86400, channel=channel, floor=1)
    room.pass_(10)
    right = room.hear(door="closed", floor=2)
    for one in (wrong, right):
        room.again(one)
    room.pass_(600)
    assert not raised(room, CLOCK)


@pytest.mark.parametrize("pace", [0, 1], ids=["stands still", "goes on"])
def test_a_clock_that_goes_wrong_again_as_it_did_before_is_told_of_again(room: Room, pace: int) -> None:
    dead_ms = to_ms(START.replace(year=2000))
    for number in range(10):
        say(room, dead_ms + pace * 10_000 * number, floor=number)
        room.pass_(10)
    room.hear(floor=1)
    room.pass_(10)
    for number in range(8):
        say(room, dead_ms + pace * 10_000 * number, floor=number, door="open")
        room.pass_(10)
    assert raised(room, DOOR)
    room.pass_(301)
    assert raised(room, CLOCK)


def test_a_backlog_of_a_fast_clock_that_comes_again_is_not_judged_again(room: Room) -> None:
    backlog = [room.hear(late=500 - 20 * number, door="open" if number < 5 else "closed") for number in range(31)]
    told = room.told()
    assert told
    for one in backlog:
        room.again(one)
    assert room.told() == told


def test_a_clock_of_ours_that_was_days_ahead_does_not_outlast_its_correction() -> None:
    facts = learn(NOTHING_KNOWN, reading(T0 + 3 * 86_400_000, T0 + 3 * 86_400_000, floor=0), METRICS).facts
    facts = learn(facts, reading(T0, T0, floor=1), METRICS).facts
    assert facts.clock.state is ClockState.RIGHT
    assert facts.values["floor"].value == 1


CLOCKS_MS = st.sampled_from([0, 0, 0, 120_000, 600_000_000, -1_000_000_000_000])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CLOCKS_MS, st.booleans()), min_size=1, max_size=40), st.integers(0, 40), st.booleans())
def test_whatever_comes_again_begins_and_ends_no_opinion_of_a_clock_that_goes_wrong_and_right(
    steps: list[tuple[int, bool]], stride: int, restart: bool
) -> None:
    """A report every ten minutes, some as events, by a clock that is right, fast, or one that nobody believes."""
    memory, told = NO_MEMORY, list[Reading]()
    for number, (ahead_ms, is_event) in enumerate(steps):
        now_ms = T0 + number * 600_000
        told.append(dated(now_ms + ahead_ms, now_ms, is_event=is_event, floor=number))
        memory = hear(LIFT_ON_WATCH, memory, told[-1]).memory
        opinion = memory.facts.clock.state
        if restart:
            memory = decode("main", "E-03", encode(memory))
        old = told[(number * stride) % len(told)]
        copy = dated(old.sent_ms or 0, now_ms, is_event=old.channel is Channel.EVENT, **old.values)
        if not at_our_pace(memory, copy):
            memory = hear(LIFT_ON_WATCH, memory, copy).memory
        assert memory.facts.clock.state is opinion


def at_our_pace(memory: DeviceMemory, copy: Reading) -> bool:
    """Whether it follows the one before it as our own clock goes: a clock that was set back would say just the same."""
    late = memory.facts.clock.late
    if late is None:
        return False
    by_device_ms, by_ours_ms = (copy.sent_ms or 0) - late[0], copy.received_ms - late[1]
    return abs(by_device_ms - by_ours_ms) <= max(PACE_SLACK_MS, by_ours_ms * PACE_SLACK_SHARE)


@given(st.lists(st.tuples(st.integers(1, 600_000), st.integers(0, 4_000), st.integers(0, 3)), max_size=60))
def test_a_sound_clock_is_right_whatever_comes_late_and_however_often_it_comes_again(
    steps: list[tuple[int, int, int]],
) -> None:
    facts, now_ms, told = NOTHING_KNOWN, T0, list[Reading]()
    for after_ms, under_way_ms, again in steps:
        now_ms += after_ms
        fresh = reading(now_ms - under_way_ms, now_ms, floor=len(told))
        told.append(fresh)
        facts = learn(facts, fresh, METRICS).facts
        for number in range(again):  # and some that were heard before
            old = told[(number * 7) % len(told)]
            facts = learn(facts, reading(old.at_ms, now_ms, **old.values), METRICS).facts
        assert facts.clock.state is ClockState.RIGHT
        assert DEVICE_CLOCK.name not in facts.values


@given(st.integers(1, 100), st.integers(10, 600), st.integers(5, 300))
def test_a_backlog_that_is_sent_after_something_newer_is_no_clock_set_back(
    rate_per_s: int, length_s: int, interval_s: int
) -> None:
    """Readings of `length_s`, kept while the network was away, sent at more than their own pace."""
    facts = learn(NOTHING_KNOWN, reading(T0, T0, floor=0), METRICS).facts
    for number in range(length_s):
        at_ms, received_ms = T0 - (length_s - number) * interval_s * 1000, T0 + number * 1000 // rate_per_s
        facts = learn(facts, reading(at_ms, received_ms, floor=number), METRICS).facts
        assert facts.clock.state is ClockState.RIGHT


@given(st.integers(61, 86_400), st.integers(1, 120))
def test_a_clock_that_was_set_back_is_found_out_within_a_minute_and_one_report(back_s: int, interval_s: int) -> None:
    facts: Facts = learn(NOTHING_KNOWN, reading(T0, T0, floor=0), METRICS).facts
    for number in range(1, 200):
        received_ms = T0 + number * interval_s * 1000
        at_ms = received_ms - back_s * 1000
        learned = learn(facts, reading(at_ms, received_ms, floor=number), METRICS)
        facts = learned.facts
        if at_ms > T0 or facts.clock.state is ClockState.BEHIND:
            break
        assert received_ms - (T0 + interval_s * 1000) < 60_000 + interval_s * 1000
    assert "floor" in learned.fresh


def test_a_coarse_clock_that_repeats_a_second_is_right_and_one_that_jumps_by_the_minute_is_stuck() -> None:
    memory, now_ms = FINE, T0
    for _ in range(50):
        now_ms += 1_000
        memory = moved_on(memory, now_ms, now_ms)
        memory = stood_still(memory, now_ms, contradicts=True)
        assert memory.state is ClockState.RIGHT
    for _ in range(10):
        for _ in range(5):
            now_ms += 10_000
            memory = stood_still(memory, now_ms, contradicts=True)
        memory = moved_on(memory, now_ms, now_ms)
    assert memory.state is ClockState.STUCK


def test_a_late_reading_is_compared_with_one_at_least_a_minute_before() -> None:
    memory, set_back = fell_behind(ClockMemory(), T0 - 3_600_000, T0)
    assert not set_back
    memory, set_back = fell_behind(memory, T0 - 3_600_000 + 59_000, T0 + 59_000)
    assert not set_back
    memory, set_back = fell_behind(memory, T0 - 3_600_000 + 61_000, T0 + 61_000)
    assert set_back


def test_a_device_that_reports_once_a_day_needs_two_days_to_be_found_out(ledger: SqlLedger) -> None:
    quiet = Device(site="main", id="E-03", kind="elevator", interval=timedelta(days=1))
    assert quiet.id == LIFT.id
    room = Room(ledger, [DOOR, CLOCK], [quiet])
    room.catch_up()
    room.hear(door="closed")
    for _ in range(2):
        room.sleep(86_400)
        room.start()
        room.catch_up()
        room.hear(late=4 * 86_400, door="open")
        room.pass_(5)
    assert raised(room, DOOR)
