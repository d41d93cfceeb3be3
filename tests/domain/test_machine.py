"""Disks and the clock of our own machine, judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.machine import (
    DRIFT_S,
    JUMP_S,
    STEADY_AFTER,
    ClockLook,
    ClockMemory,
    DiskUse,
    begin_clock,
    look_at_clock,
    nearly_full,
)

START = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)


def disk(used_pct: float) -> DiskUse:
    return DiskUse("data", "/data", 1000, round(1000 - 10 * used_pct))


@pytest.mark.parametrize(
    ("used_pct", "was", "full"), [(84, False, False), (85, False, True), (83, True, True), (81, True, False)]
)
def test_a_disk_is_nearly_full_from_85_percent_until_under_82(used_pct: float, was: bool, full: bool) -> None:
    assert nearly_full(disk(used_pct), was=was) is full


def looked(memory: ClockMemory, running_s: float, offset_s: float) -> ClockMemory:
    """A look at `running_s`, when the clock is `offset_s` ahead of where it was at the start."""
    return look_at_clock(memory, ClockLook(START + timedelta(seconds=running_s + offset_s), running_s))


@given(st.lists(st.floats(min_value=0.1, max_value=86_400), max_size=40))
def test_a_clock_that_goes_right_never_moved_however_far_apart_the_looks(pauses: list[float]) -> None:
    memory, running_s = begin_clock(ClockLook(START, 0.0)), 0.0
    for pause in pauses:
        running_s += pause
        memory = looked(memory, running_s, 0.0)
        assert memory.move is None


@given(st.floats(min_value=JUMP_S + 0.01, max_value=1e7), st.booleans(), st.floats(min_value=0.1, max_value=3600))
def test_a_jump_is_seen_at_the_next_look_with_its_size(size_s: float, back: bool, pause_s: float) -> None:
    offset_s = -size_s if back else size_s
    memory = looked(begin_clock(ClockLook(START, 0.0)), pause_s, offset_s)
    assert memory.move is not None
    assert memory.move.jumped
    assert memory.move.seconds == pytest.approx(offset_s, abs=0.001)


def test_a_clock_that_jumped_is_believed_again_when_it_is_steady() -> None:
    memory = looked(begin_clock(ClockLook(START, 0.0)), 5.0, 3600.0)
    steady_s = STEADY_AFTER.total_seconds()
    assert looked(memory, steady_s, 3600.0).move == memory.move
    assert looked(memory, 5.0 + steady_s, 3600.0).move is None


def test_many_small_steps_one_way_are_drift() -> None:
    memory, seen = begin_clock(ClockLook(START, 0.0)), []
    for number in range(1, 120):
        memory = looked(memory, 5.0 * number, 0.05 * number)  # 1 %: 36 s an hour
        if memory.move is not None and memory.move not in seen:
            seen.append(memory.move)
    assert [move.jumped for move in seen] == [False]
    assert seen[0].seconds == pytest.approx(DRIFT_S)


def test_the_slow_correction_of_a_time_service_is_no_drift() -> None:
    memory = begin_clock(ClockLook(START, 0.0))
    for number in range(1, 6 * 720):  # six hours at 0.5 ms a second, the fastest there is
        memory = looked(memory, 5.0 * number, 0.0025 * number)
        assert memory.move is None
