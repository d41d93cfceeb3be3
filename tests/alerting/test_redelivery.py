"""Whatever comes again, late, in another batch or after a restart: the same signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from alerting.examine import elapse, hear
from alerting.memory import FORMAT, NO_MEMORY, DeviceMemory, decode, encode
from alerting.roster import Roster, Watched
from alerting.signals import Activation, Signal
from devices.registry import kinds
from domain.instants import to_ms
from domain.readings import Channel, Reading, Value
from domain.rules import Above, All, Any, Equals, Not, Pressed
from tests.alerting.room import CALL, LIFT, START, rule

RULES = (
    CALL,
    rule(
        "stuck",
        All(of=(Equals(metric="passenger", value=True), Not(condition=Equals(metric="door", value="open")))),
        on_delay=timedelta(seconds=20),
        life_safety=True,
    ),
    rule(
        "filtered",
        Any(of=(Pressed(metric="test_call"), Equals(metric="passenger", value=True))),
        unless=Equals(metric="door", value="open"),
        unless_age=timedelta(seconds=15),
        life_safety=True,
    ),
    rule("held", Equals(metric="door", value="open"), on_delay=timedelta(seconds=30), off_delay=timedelta(seconds=10)),
    rule("hot", Above(metric="motor_temp_c", level=80.0, clear=70.0), off_delay=timedelta(seconds=20)),
)


def watched() -> Watched:
    found = Roster(kinds(), RULES).watch(LIFT)
    assert found is not None
    return found


LIFT_ON_WATCH = watched()


class Sent(NamedTuple):
    """A message: sent `gap_s` after the one before, under way for `late_s`."""

    gap_s: int
    late_s: int
    event: bool
    values: dict[str, Value]


SAYS: dict[str, st.SearchStrategy[Value]] = {
    "alarm_button": st.booleans(),
    "passenger": st.booleans(),
    "test_call": st.booleans(),
    "door": st.sampled_from(["open", "closed"]),
    "motor_temp_c": st.sampled_from([60, 75, 85]),
}
GAP, LATE = st.integers(0, 25), st.one_of(st.just(0), st.integers(0, 120))
TELEMETRY = st.builds(Sent, GAP, LATE, st.just(False), st.fixed_dictionaries(SAYS))  # tells all it knows
EVENT = st.builds(Sent, GAP, LATE, st.just(True), st.fixed_dictionaries({}, optional=SAYS).filter(bool))
SENT = st.one_of(TELEMETRY, EVENT)
MESSAGES = st.lists(SENT, min_size=1, max_size=14)


def readings(messages: Sequence[Sent]) -> list[Reading]:
    now_ms, made = to_ms(START), []
    for number, (gap_s, late_s, event, values) in enumerate(messages):
        now_ms += gap_s * 1000
        at_ms = now_ms - late_s * 1000 - number % 2  # a device says different things at different instants
        channel = Channel.EVENT if event else Channel.TELEMETRY
        made.append(Reading("main", "elevator", "E-03", channel, at_ms, now_ms, values, sent_ms=at_ms))
    seen: dict[tuple[str, str, str, int], Reading] = {}
    return [seen.setdefault(reading.identity, reading) for reading in made if reading.identity not in seen]


def judge(
    arriving: Sequence[Reading], *, restart_before: int | None = None, ticks: Sequence[int] = ()
) -> list[tuple[str, str, int]]:
    """The signals of readings in this order, and of the ten minutes after them."""
    memory: DeviceMemory = NO_MEMORY
    signals: list[Signal] = []

    def pass_until(at_ms: int) -> None:
        nonlocal memory
        outcome = elapse(LIFT_ON_WATCH, memory, at_ms, watching_ms=None)
        memory = outcome.memory
        signals.extend(outcome.signals)

    for number, reading in enumerate(arriving):
        if number == restart_before:
            memory = decode("main", "E-03", encode(memory))
        pass_until(reading.received_ms)
        outcome = hear(LIFT_ON_WATCH, memory, reading)
        memory = outcome.memory
        signals.extend(outcome.signals)
        for after_ms in ticks:
            pass_until(reading.received_ms + after_ms)
    pass_until(arriving[-1].received_ms + 600_000)
    return [
        (
            "again" if isinstance(one, Activation) and one.again else type(one).__name__,
            one.rule.id if isinstance(one, Activation) else one.rule,
            to_ms(one.at),
        )
        for one in signals
    ]


@given(messages=MESSAGES, again=st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), max_size=8))
def test_any_redelivery_gives_the_same_signals(messages: list[Sent], again: list[tuple[int, int]]) -> None:
    originals = readings(messages)
    arriving: list[Reading] = []
    for number, original in enumerate(originals):
        arriving.append(original)
        for which, when in again:
            if when % len(originals) == number and which % len(originals) <= number:
                copy = originals[which % len(originals)]
                arriving.append(msgspec.structs.replace(copy, received_ms=original.received_ms))
    assert judge(arriving) == judge(originals)


@given(messages=MESSAGES, restart_before=st.integers(0, 13))
def test_a_restart_between_any_two_messages_gives_the_same_signals(messages: list[Sent], restart_before: int) -> None:
    assert judge(readings(messages), restart_before=restart_before) == judge(readings(messages))


@given(messages=MESSAGES)
def test_looking_more_often_gives_the_same_signals(messages: list[Sent]) -> None:
    arriving = [reading for reading in readings(messages) if reading.at_ms == reading.received_ms]
    if arriving:
        assert judge(arriving, ticks=(0, 0)) == judge(arriving)


@given(messages=MESSAGES)
def test_every_press_is_told_however_late_it_comes(messages: list[Sent]) -> None:
    arriving = readings(messages)
    presses = [r for r in arriving if r.channel is Channel.EVENT and r.values.get("alarm_button") is True]
    told = [row for row in judge(arriving) if row[0] != "Return" and row[1] == CALL.id]
    assert {reading.received_ms for reading in presses} <= {at_ms for _, _, at_ms in told}


def test_memory_survives_its_journey_and_what_cannot_be_read_is_empty() -> None:
    reading = Reading("main", "elevator", "E-03", Channel.EVENT, 5, 9, {"alarm_button": True, "door": "open"}, 5)
    memory = hear(LIFT_ON_WATCH, NO_MEMORY, reading).memory
    assert memory != NO_MEMORY
    stored = encode(memory)
    assert decode("main", "E-03", stored) == memory
    older = bytes([stored[0], FORMAT + 1]) + stored[2:]
    for unreadable in (b"", b"\xff", stored[:-1], older, b"\x93\x01\x02\x03"):
        assert decode("main", "E-03", unreadable) == NO_MEMORY
