"""When duties are due: by the calendar and the clock of the site, and what their figures count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.duties import Cycle, Duty, Per, Unit, opens_at, overdue_at
from domain.duty_cycles import (
    CYCLE_TRANSITIONS,
    CycleState,
    CycleStep,
    Done,
    begun,
    cycle_step,
    done,
    figure_of,
    missed,
    opened,
)
from domain.errors import Conflict
from domain.texts import text

NAME = text("t", "t", "t")
DUTY = Duty(
    id="maintenance",
    title=NAME,
    per=Per.DEVICE,
    every=Cycle(days=15),
    ahead=timedelta(days=3),
    template="maintenance",
    source=NAME,
    kinds=frozenset({"elevator"}),
)
UNIT = Unit("main", "maintenance", "E-01")


@pytest.mark.parametrize(
    ("cycle", "day", "due"),
    [
        (Cycle(days=15), date(2026, 2, 20), date(2026, 3, 7)),
        (Cycle(weeks=1), date(2026, 12, 28), date(2027, 1, 4)),
        (Cycle(months=1), date(2026, 1, 31), date(2026, 2, 28)),
        (Cycle(months=1), date(2028, 1, 31), date(2028, 2, 29)),
        (Cycle(months=3), date(2026, 11, 30), date(2027, 2, 28)),
        (Cycle(months=12), date(2028, 2, 29), date(2029, 2, 28)),
        (Cycle(months=6), date(2026, 7, 5), date(2027, 1, 5)),
    ],
)
def test_a_cycle_counts_by_the_calendar(cycle: Cycle, day: date, due: date) -> None:
    assert cycle.after(day) == due


@given(day=st.dates(date(2000, 1, 1), date(2150, 1, 1)), months=st.integers(1, 60))
def test_a_cycle_of_months_ends_on_the_same_day_of_the_month_or_on_its_last(day: date, months: int) -> None:
    due = Cycle(months=months).after(day)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day == day.day or (due.day < day.day and (due + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("cycle", "share", "least", "shorter"),
    [
        (Cycle(days=15), 0.67, 7, Cycle(days=10)),
        (Cycle(days=10), 0.67, 7, Cycle(days=7)),
        (Cycle(days=7), 0.67, 7, None),
        (Cycle(months=3), 0.5, 7, Cycle(days=45)),
        (Cycle(days=1), 0.67, 0, None),
    ],
)
def test_a_shorter_cycle_is_whole_days_and_never_below_the_least(
    cycle: Cycle, share: float, least: int, shorter: Cycle | None
) -> None:
    assert cycle.shorter(share, timedelta(days=least)) == shorter


zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
clock_times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 30]))


@given(day=st.dates(date(2026, 1, 1), date(2026, 12, 31)), zone=zones, at=clock_times)
def test_orders_open_and_are_overdue_when_the_local_clock_shows_the_time_or_has_skipped_it(
    day: date, zone: str, at: str
) -> None:
    duty = replace(DUTY, at=at)
    for instant, shown in (
        (opens_at(duty, day, zone), day - duty.ahead),
        (overdue_at(duty, day, zone), day + timedelta(days=1)),
    ):
        local = instant.astimezone(ZoneInfo(zone))
        assert local.date() == shown
        before = (instant - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        assert f"{before:%H:%M}" < at <= f"{local:%H:%M}" or at == "00:00"
    assert opens_at(duty, day, zone) < overdue_at(duty, day, zone)


def test_the_table_has_one_row_a_step_and_a_step_that_it_lacks_is_refused() -> None:
    assert len({(row.before, row.step) for row in CYCLE_TRANSITIONS}) == len(CYCLE_TRANSITIONS)
    assert {row.after for row in CYCLE_TRANSITIONS} == set(CycleState)
    assert {row.step for row in CYCLE_TRANSITIONS} == set(CycleStep)
    with pytest.raises(Conflict, match="waiting has no miss"):
        cycle_step(CycleState.WAITING, CycleStep.MISS)


def test_a_turn_before_the_last_one_is_refused_and_figures_count_by_the_day_it_was_due() -> None:
    at = datetime(2026, 3, 1, 8, tzinfo=UTC)
    first = begun(UNIT, DUTY, "Asia/Shanghai", at)
    turn = Done(day=date(2026, 3, 18), due_day=first.due_day, by="chen", at=at)
    second = done(opened(first, "WO-1", "Asia/Shanghai").cycle, turn, "Asia/Shanghai").cycle
    assert (turn.late, second.due_day) == (True, date(2026, 4, 2))
    with pytest.raises(Conflict, match="2026-03-18 already, by chen"):
        done(second, replace(turn, day=date(2026, 3, 17)), "Asia/Shanghai")
    third = missed(opened(second, "WO-2", "Asia/Shanghai").cycle).cycle
    march = figure_of([third], date(2026, 3, 1), date(2026, 3, 31))
    april = figure_of([third], date(2026, 4, 1), date(2026, 4, 30))
    assert (march.due, march.in_time, march.late, march.overdue) == (1, 0, 1, 0)
    assert (april.due, april.overdue) == (1, 1)
    assert figure_of([second], date(2026, 4, 1), date(2026, 4, 30)).due == 0, "it is not due yet"
