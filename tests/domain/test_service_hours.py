"""Service hours: sums that hold in every time zone, across nights, holidays and changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.callout import Weekday
from domain.instants import first_shown
from domain.service_hours import Calendar, OpenHours, ServiceHours

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", None]
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Berlin's clock is changed at night
OFFICE = (OpenHours(days=tuple(Weekday)[:5], begins="08:30", ends="12:00"), OpenHours(begins="13:00", ends="17:30"))

_TIMES = st.times().map(lambda at: f"{at:%H:%M}")
_HOURS = st.builds(
    OpenHours, days=st.lists(st.sampled_from(Weekday), min_size=1, unique=True).map(tuple), begins=_TIMES, ends=_TIMES
)
_DATES = st.frozensets(st.dates(date(2026, 3, 20), date(2026, 4, 5)), max_size=4)
_CALENDARS = st.builds(
    Calendar,
    name=st.just("c"),
    hours=st.lists(_HOURS, min_size=1, max_size=3).map(tuple),
    holidays=_DATES,
    workdays=_DATES,
)
_SERVICE = st.builds(ServiceHours, calendar=_CALENDARS, time_zone=st.sampled_from(ZONES))
_INSTANTS = st.one_of(
    st.datetimes(datetime(2026, 3, 25), datetime(2026, 4, 8), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 3), timezones=st.just(UTC)),  # noqa: DTZ001
)
_SPANS = st.timedeltas(timedelta(seconds=1), timedelta(hours=60))


def hours(*windows: OpenHours, zone: str = "Europe/Berlin", **dates: frozenset[date]) -> ServiceHours:
    return ServiceHours(calendar=Calendar(name="c", hours=windows, **dates), time_zone=zone)


def berlin(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@settings(max_examples=300, deadline=None)
@given(service=_SERVICE, at=_INSTANTS, span=_SPANS)
def test_as_much_time_passes_as_was_asked_for(service: ServiceHours, at: datetime, span: timedelta) -> None:
    end = service.after(at, span)
    assert service.between(at, end) == span
    assert end - at >= span, "service time never runs faster than the clock"


@settings(max_examples=200, deadline=None)
@given(service=_SERVICE, at=_INSTANTS, spans=st.tuples(_SPANS, _SPANS))
def test_two_spans_are_as_long_as_both_together(
    service: ServiceHours, at: datetime, spans: tuple[timedelta, timedelta]
) -> None:
    first, second = spans
    assert service.after(service.after(at, first), second) == service.after(at, first + second)


@settings(max_examples=200, deadline=None)
@given(service=_SERVICE, instants=st.lists(_INSTANTS, min_size=3, max_size=3).map(sorted))
def test_time_adds_up(service: ServiceHours, instants: list[datetime]) -> None:
    first, middle, last = instants
    assert service.between(first, last) == service.between(first, middle) + service.between(middle, last)
    assert service.between(last, first) == timedelta(0)


@settings(max_examples=200, deadline=None)
@given(zone=st.sampled_from(ZONES[:-1]), around=_INSTANTS)
def test_a_later_time_on_the_wall_is_never_an_earlier_instant(zone: str, around: datetime) -> None:
    local = around.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    shown = [first_shown(local + timedelta(minutes=20 * number), ZoneInfo(zone)) for number in range(100)]
    assert all(one <= other for one, other in pairwise(shown))


def test_a_time_that_the_clock_skips_is_the_instant_of_the_change() -> None:
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    for clock in ("02:00", "02:30", "02:59"):
        assert first_shown(datetime.combine(SPRING, time.fromisoformat(clock)), ZoneInfo("Europe/Berlin")) == change


def test_a_night_shift_is_as_long_as_the_night_really_is() -> None:
    night = hours(OpenHours(begins="22:00", ends="06:00"))
    for day, real in ((SPRING, 7), (AUTUMN, 9), (date(2026, 6, 1), 8)):
        evening = berlin(day - timedelta(days=1), "12:00")
        assert night.between(evening, evening + timedelta(days=1)) == timedelta(hours=real)


def test_a_promise_does_not_run_in_the_lunch_break_nor_at_the_weekend() -> None:
    office = hours(*OFFICE[:1], OpenHours(days=OFFICE[0].days, begins="13:00", ends="17:30"))
    friday = date(2026, 6, 5)
    assert office.after(berlin(friday, "11:30"), timedelta(hours=1)) == berlin(friday, "13:30")
    assert office.after(berlin(friday, "17:00"), timedelta(hours=1)) == berlin(date(2026, 6, 8), "09:00")
    assert office.after(berlin(friday, "17:00"), timedelta(minutes=30)) == berlin(friday, "17:30")


def test_holidays_have_no_hours_and_made_up_days_have_mondays() -> None:
    saturday, monday = date(2026, 6, 6), date(2026, 6, 8)
    office = hours(*OFFICE[:1], holidays=frozenset({monday}), workdays=frozenset({saturday}))
    assert office.after(berlin(date(2026, 6, 5), "12:00"), timedelta(hours=1)) == berlin(saturday, "09:30")
    assert office.after(berlin(saturday, "12:00"), timedelta(hours=1)) == berlin(date(2026, 6, 9), "09:30")


def test_hours_that_overlap_count_once() -> None:
    both = hours(OpenHours(begins="08:00", ends="12:00"), OpenHours(begins="10:00", ends="18:00"))
    day = berlin(date(2026, 6, 3), "00:00")
    assert both.between(day, day + timedelta(days=1)) == timedelta(hours=10)


@pytest.mark.parametrize("zone", ["Mars/Olympus", None])
def test_a_zone_that_nobody_knows_is_utc(zone: str | None) -> None:
    service = ServiceHours(calendar=Calendar(name="c", hours=OFFICE), time_zone=zone)
    at = datetime(2026, 6, 3, 8, tzinfo=UTC)
    assert service.after(at, timedelta(hours=1)) == datetime(2026, 6, 3, 9, 30, tzinfo=UTC)
