"""Conditions that look at what came before: by table, and against a slow reading of what they mean."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger import SqlLedger
from alerting.facts import Fact
from alerting.judge import RuleInForce
from alerting.memory import ConditionMemory, Phase, Remembered
from alerting.view import View
from alerting.windows import SLOTS
from domain.readings import Channel, Value
from domain.rules import Above, Bad, Changed, Condition, Count, Equals, Pressed, Rate
from tests.alerting.room import Room, rule

MINUTE = timedelta(minutes=1)
T0_MS = 1_000_000_000

Told = list[tuple[int, Value | None]]
"""(seconds, value); None: it came bad."""


def follow(condition: Condition, told: Told, *, through_ledger: bool = False) -> list[bool | None]:
    """What the condition says at each reading of metric `m`, its memory carried on."""
    in_force, leaves, said = RuleInForce(rule("r", condition)), (), []
    for second, value in told:
        at_ms = T0_MS + second * 1000
        view = View(
            {"m": Fact(value, at_ms, at_ms, Channel.TELEMETRY)}, at_ms, limits={}, interval_ms=1000, heard_ms=at_ms
        )
        view.reported, view.instant_ms = {"m": value}, at_ms
        verdict = in_force.judge(leaves, view)
        said.append(verdict.holds)
        leaves = _stored(verdict.leaves) if through_ledger else verdict.leaves
    return said


def _stored(leaves: tuple[Remembered, ...]) -> tuple[Remembered, ...]:
    memory = ConditionMemory(Phase.QUIET, leaves=leaves)
    return msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=ConditionMemory).leaves


RISE = Rate(metric="m", per=MINUTE, above=10.0)
FALL = Rate(metric="m", per=MINUTE, below=0.1)
FLAPS = Changed(metric="m", within=MINUTE, times=3)
OFTEN = Count(condition=Equals(metric="m", value="open"), times=3, within=MINUTE)


@pytest.mark.parametrize(
    ("condition", "told", "found"),
    [
        (RISE, [(0, 50.0), (30, 60.0), (59, 60.1)], [None, False, True]),
        (RISE, [(0, 50.0), (30, 61.0), (60, 61.0), (125, 61.0)], [None, True, True, False]),
        (RISE, [(0, 50.0), (30, 20.0)], [None, False]),
        (RISE, [(0, 50.0), (30, None), (40, 70)], [None, None, True]),
        (RISE, [(0, 50.0), (120, 69.0), (240, 90.0)], [None, False, True]),  # 9.5 and 10.5 a minute
        (RISE, [(0, "hot"), (30, True)], [None, None]),
        (FALL, [(0, 0.4), (30, 0.35), (50, 0.29)], [None, False, True]),
        (FALL, [(0, 0.4), (30, 0.9)], [None, False]),
        (FLAPS, [(0, "a"), (10, "b"), (20, "a"), (30, "b")], [False, False, False, True]),
        (FLAPS, [(0, "a"), (10, "b"), (20, "a"), (71, "b")], [False, False, False, False]),
        (FLAPS, [(0, "a"), (10, None), (20, "a"), (30, "a")], [False, None, False, False]),
        (FLAPS, [(0, "a"), (1, "b"), (2, "a"), (3, "b"), (4, None)], [False, False, False, True, True]),
        (FLAPS, [(0, 1), (1, True), (2, 1), (3, True)], [False, False, False, True]),  # `true` is not 1
        (OFTEN, [(0, "open"), (1, "open"), (2, "shut"), (3, "open"), (4, "shut"), (5, "open")], [False] * 5 + [True]),
        (OFTEN, [(0, "open"), (1, None), (2, "open"), (3, None), (4, "open")], [False, None, False, None, False]),
        (Bad(metric="m"), [(0, 1.0), (1, None), (2, 1.0)], [False, True, False]),
        (Bad(after=MINUTE), [(0, None), (59, None), (60, None), (61, 1.0)], [False, False, True, False]),
    ],
)  # fmt: skip
def test_what_came_before_is_weighed(condition: Condition, told: Told, found: list[bool | None]) -> None:
    assert follow(condition, told) == found
    assert follow(condition, told, through_ledger=True) == found


def test_of_a_metric_never_heard_of_nothing_is_said() -> None:
    for condition in (RISE, FLAPS, OFTEN, Bad(metric="m"), Bad()):
        view = View({}, T0_MS, limits={}, interval_ms=1000, heard_ms=None)
        assert RuleInForce(rule("r", condition)).judge((), view).holds is None


def test_memory_of_another_condition_is_no_stumbling_block() -> None:
    for condition in (RISE, FLAPS, Bad(metric="m"), Above(metric="m", level=5.0), Pressed(metric="m")):
        for left in (17, ("x", 1, 2), (1, 2.0), (True,)):
            view = View({"m": Fact(1.0, T0_MS, T0_MS, Channel.TELEMETRY)}, T0_MS, limits={}, interval_ms=1, heard_ms=0)
            assert len(RuleInForce(rule("r", condition)).judge((left,), view).leaves) == 1


STEPS = st.lists(st.tuples(st.integers(1, 90), st.sampled_from(["a", "b", "c"])), max_size=30)


def _told(steps: list[tuple[int, str]]) -> Told:
    second, told = 0, []
    for gap, value in steps:
        second += gap
        told.append((second, value))
    return told


@given(steps=STEPS, times=st.integers(1, 5))
def test_changes_are_counted_exactly(steps: list[tuple[int, str]], times: int) -> None:
    told = _told(steps)
    changes = [now[0] for before, now in pairwise(told) if before[1] != now[1]]
    expected = [sum(1 for at in changes if second - 60 < at <= second) >= times for second, _ in told]
    assert follow(Changed(metric="m", within=MINUTE, times=times), told) == expected


@given(steps=STEPS, times=st.integers(1, 5))
def test_occurrences_are_counted_exactly(steps: list[tuple[int, str]], times: int) -> None:
    told = _told(steps)
    begins = [s for n, (s, value) in enumerate(told) if value == "a" and (n == 0 or told[n - 1][1] != "a")]
    expected = [sum(1 for at in begins if second - 60 < at <= second) >= times for second, _ in told]
    condition = Count(condition=Equals(metric="m", value="a"), times=times, within=MINUTE)
    assert follow(condition, told) == expected


@given(st.lists(st.tuples(st.integers(1, 20), st.floats(-100, 100)), min_size=2, max_size=60))
def test_a_rise_is_never_overstated_and_seen_when_it_is_within_most_of_the_window(
    steps: list[tuple[int, float]],
) -> None:
    second, told = 0, []
    for gap, value in steps:
        second += gap
        told.append((second, value))
    for number, holds in enumerate(follow(Rate(metric="m", per=MINUTE, above=10.0), told)):
        now, value = told[number]
        before = told[:number]
        inside = [value - v for s, v in before if s >= now - 60]
        surely = [value - v for s, v in before if s >= now - 55]
        longer = [(value - v) * 60 / (now - s) for s, v in before if s < now - 60]
        if any(rise > 10 for rise in surely):
            assert holds is True
        if holds:
            assert any(rise > 10 for rise in inside + longer)


def test_a_rate_remembers_a_bounded_number_of_points() -> None:
    in_force, leaves = RuleInForce(rule("r", RISE)), ()
    for number in range(5_000):
        at_ms = T0_MS + number * 10
        facts = {"m": Fact(float(number % 7), at_ms, at_ms, Channel.TELEMETRY)}
        leaves = in_force.judge(leaves, View(facts, at_ms, limits={}, interval_ms=10, heard_ms=at_ms)).leaves
        assert isinstance(leaves[0], tuple)
        assert len(leaves[0]) <= 2 * (SLOTS + 2)


def test_a_door_that_flaps_is_an_alarm_until_it_has_been_still(ledger: SqlLedger) -> None:
    flaps = rule("flaps", Changed(metric="door", within=MINUTE, times=4))
    room = Room(ledger, [flaps])
    room.catch_up()
    for number in range(5):
        room.hear(door="open" if number % 2 else "closed")
        room.pass_(5)
        if number == 2:
            room.start()  # what was counted survives
    assert [(kind, second) for kind, _, second in room.told()] == [("alarm.raised", 22.0)]
    room.pass_(50)
    assert [(kind, second) for kind, _, second in room.told()][1:] == [("alarm.returned", 67.0)]


def test_what_the_broker_kept_is_counted_where_it_happened(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("flaps", Changed(metric="door", within=MINUTE, times=3))])
    room.catch_up()
    for number in range(6):  # one an hour, delivered together
        room.hear(late=3600.0 * (6 - number), door="open" if number % 2 else "closed")
    assert room.told() == []


def test_three_presses_within_the_window_are_counted_each(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("nagging", Count(condition=Pressed(metric="alarm_button"), times=3, within=MINUTE))])
    room.catch_up()
    for _ in range(3):
        assert room.told() == []
        room.pass_(2)
        room.press()
    assert [kind for kind, _, _ in room.told()] == ["alarm.raised"]


def test_a_sensor_that_stays_bad_is_an_alarm_and_good_data_end_it(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("broken", Bad(after=MINUTE))])
    room.catch_up()
    room.hear(motor_temp_c=40.0, speed_mps=0.0)
    room.pass_(1)
    room.hear(motor_temp_c="hot", speed_mps=0.0)
    room.pass_(30)
    room.hear(motor_temp_c="hot", speed_mps=0.0)
    room.pass_(31)
    assert [(kind, second) for kind, _, second in room.told()] == [("alarm.raised", 63.0)]
    room.hear(motor_temp_c=41.0)
    assert [kind for kind, _, _ in room.told()] == ["alarm.raised", "alarm.returned"]
