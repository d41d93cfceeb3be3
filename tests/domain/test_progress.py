"""When a word on a job is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.progress import ProgressDuty, Terms
from domain.service_hours import Calendar, OpenHours, ServiceHours

BERLIN = "Europe/Berlin"
DAILY = ProgressDuty(daily_by="17:00")
WEEK = Calendar(name="c", hours=(OpenHours(begins="08:00", ends="20:00"),), holidays=frozenset({date(2026, 6, 2)}))
_INSTANTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 5), timezones=st.just(UTC))  # noqa: DTZ001


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def test_a_word_on_a_day_is_that_days_and_the_next_is_due_on_the_next() -> None:
    terms = Terms(progress=DAILY, time_zone=BERLIN)
    assert terms.first_word_due(at(1, 9)) == at(1, 17)
    assert terms.first_word_due(at(1, 17)) == at(2, 17)
    assert terms.next_word_due(at(1, 9)) == at(2, 17)
    assert terms.next_word_due(at(1, 18)) == at(2, 17)


def test_nobody_owes_a_word_on_a_day_on_which_nobody_works() -> None:
    terms = Terms(progress=DAILY, hours=ServiceHours(calendar=WEEK, time_zone=BERLIN), time_zone=BERLIN)
    assert terms.next_word_due(at(1, 9)) == at(3, 17)


@settings(max_examples=200, deadline=None)
@given(since=_INSTANTS)
def test_the_hour_on_the_wall_stays_when_the_clock_is_changed(since: datetime) -> None:
    due = Terms(progress=DAILY, time_zone=BERLIN).first_word_due(since)
    assert f"{due.astimezone(ZoneInfo(BERLIN)):%H:%M}" == "17:00"
    assert timedelta(0) < due - since <= timedelta(hours=25)


def test_an_hourly_word_is_due_an_hour_later_day_and_night() -> None:
    terms = Terms(progress=ProgressDuty(every=timedelta(hours=1)), time_zone=BERLIN)
    assert terms.next_word_due(at(1, 23)) == terms.first_word_due(at(1, 23)) == at(1, 23) + timedelta(hours=1)
