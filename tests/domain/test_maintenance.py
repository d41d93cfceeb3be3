"""When maintenance windows come, on the wall of their site."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.callout import Weekday
from domain.maintenance import MaintenanceWindow, following, running

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)


def window(begins: str, ends: str, **changes: object) -> MaintenanceWindow:
    fields = {"name": "w", "site": "main", "reason": "r", "authority": "a", "kind": "elevator", **changes}
    return MaintenanceWindow(begins=begins, ends=ends, **fields)  # type: ignore[arg-type]


def berlin(day: int, hour: int, minute: int = 0, *, month: int = 3, fold: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(BERLIN), fold=fold)


TIMES = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
INSTANTS = st.integers(0, 365 * 24 * 60).map(
    lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
)
ZONES = st.sampled_from([BERLIN, "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "nowhere"])


@given(
    st.builds(
        window,
        TIMES,
        TIMES,
        days=st.sets(st.sampled_from(list(Weekday)), min_size=1).map(tuple),
        weeks=st.sets(st.integers(1, 5)).map(tuple),
    ),
    ZONES,
    INSTANTS,
)
def test_the_next_one_is_running_from_its_begin_to_its_end_and_at_no_instant_between(
    one: MaintenanceWindow, zone: str, at: datetime
) -> None:
    comes = following(one, zone, at)
    assert comes is not None
    assert comes.begins_at > at
    assert running(one, zone, comes.begins_at) == comes
    assert running(one, zone, comes.ends_at - timedelta(microseconds=1)) is not None
    now = running(one, zone, at)
    free_from = at if now is None else now.ends_at
    middle = free_from + (comes.begins_at - free_from) / 2
    assert free_from > comes.begins_at or running(one, zone, middle) in (None, comes)
    written = datetime.fromisoformat(f"2026-01-02 {one.ends}") - datetime.fromisoformat(f"2026-01-02 {one.begins}")
    length = written % timedelta(days=1) or timedelta(days=1)
    assert -HOUR <= comes.ends_at - comes.begins_at - length <= HOUR


@pytest.mark.parametrize(
    ("begins", "ends", "begins_at", "ends_at"),
    [
        ("01:00", "04:00", berlin(29, 1), berlin(29, 4)),  # two hours long: the clock goes forward at 2
        ("01:00", "02:30", berlin(29, 1), berlin(29, 3)),  # it ends where half past two would have been
        ("02:30", "04:00", berlin(29, 3), berlin(29, 4)),
        ("02:00", "03:00", berlin(30, 2), berlin(30, 3)),  # all of it is skipped: it comes the next day
    ],
)
def test_in_the_night_in_which_the_clock_goes_forward(
    begins: str, ends: str, begins_at: datetime, ends_at: datetime
) -> None:
    comes = following(window(begins, ends), BERLIN, berlin(29, 0, 30))
    assert comes is not None
    assert (comes.begins_at, comes.ends_at) == (begins_at.astimezone(UTC), ends_at.astimezone(UTC))


def test_an_hour_that_the_clock_shows_twice_is_in_it_once() -> None:
    comes = following(window("02:15", "02:45"), BERLIN, berlin(25, 0, month=10))
    assert comes is not None
    assert (comes.begins_at, comes.ends_at) == (
        datetime(2026, 10, 25, 0, 15, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 45, tzinfo=UTC),
    )
    assert running(window("02:15", "02:45"), BERLIN, berlin(25, 2, 30, month=10, fold=1)) is None


def test_only_the_weeks_of_a_month_and_the_dates_that_are_named() -> None:
    tuesdays = window("09:00", "11:30", days=(Weekday.TUE,), weeks=(1, 3), last=date(2026, 4, 1))
    found, at = [], berlin(1, 0)
    while (comes := following(tuesdays, BERLIN, at)) is not None:
        found.append(comes.begins_at.astimezone(ZoneInfo(BERLIN)).date())
        at = comes.begins_at
    assert found == [date(2026, 3, 3), date(2026, 3, 17)]
    assert following(window("09:00", "10:00", first=date(2030, 1, 1)), BERLIN, at) is not None
