"""When rounds are due: by the local clock, across its changes, without ever overlapping."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.routes import Band, Hours, Route, Slot, slot_at, slots_between, slots_of_day
from domain.texts import text

BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
HOUR = timedelta(hours=1)


def route(**changes: Any) -> Route:
    """A route of three points."""
    name = text("Night", "夜巡", "夜巡")
    return Route(site="main", id="R-01", name=name, checkpoints=("CP-1", "CP-2", "CP-3"), **changes)


def starts(given_route: Route, zone: str, day: date) -> list[str]:
    """The starts of a day, on the wall."""
    return [f"{slot.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" for slot in slots_of_day(given_route, zone, day)]


def gaps(slots: list[Slot]) -> list[timedelta]:
    """The real time from each start to the next."""
    return [later.starts_at - slot.starts_at for slot, later in pairwise(slots)]


EVEN = [f"{hour:02}:00" for hour in range(0, 24, 2)]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (SHANGHAI, SPRING, EVEN),
        (BERLIN, SPRING - timedelta(days=1), EVEN),
        (BERLIN, SPRING, [time for time in EVEN if time != "02:00"]),
        (BERLIN, SPRING + timedelta(days=1), EVEN),
        (BERLIN, AUTUMN - timedelta(days=1), EVEN),
        (BERLIN, AUTUMN, EVEN),
        (BERLIN, AUTUMN + timedelta(days=1), EVEN),
    ],
)
def test_a_round_every_two_hours_starts_when_the_local_clock_shows_its_time(
    zone: str, day: date, expected: list[str]
) -> None:
    assert starts(route(every=2 * HOUR), zone, day) == expected


def test_where_the_clock_is_set_back_the_round_is_walked_at_the_first_showing_only() -> None:
    slots = slots_of_day(route(every=2 * HOUR), BERLIN, AUTUMN)
    assert slots[1].starts_at == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert gaps(slots)[:3] == [2 * HOUR, 3 * HOUR, 2 * HOUR]


@pytest.mark.parametrize(("day", "count"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 7, 1), 24)])
def test_hourly_rounds_stay_hourly_whatever_the_clock_does(day: date, count: int) -> None:
    slots = slots_of_day(route(every=HOUR), BERLIN, day)
    assert len(slots) == count
    assert set(gaps(slots)) == {HOUR}


@pytest.mark.parametrize(("day", "span"), [(SPRING, 7), (AUTUMN, 9), (date(2026, 7, 1), 8)])
def test_a_band_promises_a_count_and_divides_the_real_night(day: date, span: int) -> None:
    night = route(bands=(Band(begins="22:00", ends="06:00", times=4),))
    zone = ZoneInfo(BERLIN)
    evening = datetime(day.year, day.month, day.day, tzinfo=zone) - 2 * HOUR
    slots = slots_between(night, BERLIN, evening, evening + timedelta(hours=12))
    assert len(slots) == 4
    assert set(gaps(slots)) == {timedelta(hours=span) / 4}


def test_active_hours_past_midnight_begin_in_the_evening_and_belong_to_the_day_of_each_start() -> None:
    night = route(every=2 * HOUR, active=Hours("21:00", "03:00"))
    assert starts(night, SHANGHAI, date(2026, 5, 2)) == ["01:00", "21:00", "23:00"]


def test_a_route_without_a_schedule_has_no_rounds() -> None:
    assert slots_of_day(route(), SHANGHAI, SPRING) == []
    assert slot_at(route(), SHANGHAI, datetime(2026, 5, 1, tzinfo=UTC)) is None


def test_random_starts_stay_within_their_bounds_differ_and_are_always_the_same() -> None:
    varied = route(every=2 * HOUR, random_start=timedelta(minutes=20))
    slots = slots_of_day(varied, SHANGHAI, date(2026, 5, 2))
    late = [timedelta(minutes=slot.starts_at.minute, seconds=slot.starts_at.second) for slot in slots]
    assert len(set(late)) > 6
    assert max(late) < timedelta(minutes=20)
    assert slots == slots_of_day(varied, SHANGHAI, date(2026, 5, 2))
    assert slots != slots_of_day(route(every=2 * HOUR, random_start=timedelta(minutes=21)), SHANGHAI, date(2026, 5, 2))


spans = st.integers(0, 40).map(lambda minutes: timedelta(minutes=minutes))
clock_times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 30]))
routes = st.builds(
    route,
    every=st.none() | st.sampled_from([20, 60, 90, 120, 300, 1440]).map(lambda minutes: timedelta(minutes=minutes)),
    bands=st.just(()) | st.tuples(st.builds(Band, begins=clock_times, ends=clock_times, times=st.integers(1, 8))),
    active=st.builds(Hours, clock_times, clock_times),
    random_start=spans,
    grace=spans,
    within=st.none() | st.integers(1, 90).map(lambda minutes: timedelta(minutes=minutes)),
)
near_changes = st.sampled_from([SPRING, AUTUMN, date(2026, 6, 1)])


@settings(max_examples=200, deadline=None)
@given(given_route=routes, day=near_changes, zone=st.sampled_from([BERLIN, SHANGHAI, "America/St_Johns"]))
def test_an_instant_belongs_to_one_round_at_most_and_looking_in_parts_finds_the_same_rounds(
    given_route: Route, day: date, zone: str
) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    slots = slots_between(given_route, zone, start, start + timedelta(days=3))
    for slot in slots:
        assert slot.opens_at <= slot.starts_at
        assert slot.begin_by <= slot.end_by <= slot.closes_at
        assert slot.day == slot.starts_at.astimezone(ZoneInfo(zone)).date()
        if slot.opens_at < slot.closes_at:
            assert slot_at(given_route, zone, slot.opens_at) == slot
    assert all(slot.closes_at <= later.opens_at for slot, later in pairwise(slots))
    parts = [start + timedelta(hours=5) * number for number in range(16)]
    pieces = [one for begin, end in pairwise(parts) for one in slots_between(given_route, zone, begin, end)]
    assert pieces == slots_between(given_route, zone, start, parts[-1])
