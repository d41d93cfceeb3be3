"""Service hours: when somebody works on what is not urgent, and how promises count in those hours alone.

Promises: pure arithmetic between instants (UTC) and the opening hours on the wall of a site: `after` and `between`
are each other's inverse, and add up, across nights, holidays and changes of the clock. A window that a change of the
clock makes an hour shorter or longer counts as long as it really is.
Leaves to others: which promises count so (`domain.workorders`), reading the file (`watchkeeper.config_calendar`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from domain.callout import Weekday
from domain.instants import first_shown, zone_of
from domain.routes import ClockTime, Hours

_DAYS = tuple(Weekday)
_ONE_DAY = timedelta(days=1)
_NOTHING = timedelta(0)


class OpenHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a time to a time on days of the week: `{ days = ["mon"], from = "08:30", to = "12:00" }`.

    Past midnight where `to` is not after `from`; then they belong to the day on which they begin.
    """

    days: tuple[Weekday, ...] = _DAYS
    begins: ClockTime = msgspec.field(name="from")
    ends: ClockTime = msgspec.field(name="to")


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opening hours by weekday. `holidays` have none; `workdays` have Monday's, whatever day of the week they are."""

    name: str
    hours: tuple[OpenHours, ...]
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def of_day(self, day: date) -> tuple[OpenHours, ...]:
        """The hours that begin on a local date."""
        if day in self.holidays:
            return ()
        weekday = Weekday.MON if day in self.workdays else _DAYS[day.weekday()]
        return tuple(one for one in self.hours if weekday in one.days)


class ServiceHours(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar on the wall of a site. `time_zone` is an IANA name; None, or one that nobody knows, means UTC.

    The calendar must have hours on some weekday (config sees to it), or no service time would ever pass.
    """

    calendar: Calendar
    time_zone: str | None = None

    def after(self, at: datetime, span: timedelta) -> datetime:
        """The first instant at which `span` of service time has passed since `at`."""
        if span <= _NOTHING:
            return at
        left = span
        for begins, ends in self._open_from(at):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        raise AssertionError("the windows of a calendar never end")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The service time from `start` to `end`; nothing when `end` is not later."""
        passed = _NOTHING
        for begins, ends in self._open_from(start):
            if begins >= end:
                break
            passed += min(ends, end) - begins
        return passed

    def serves_on(self, day: date) -> bool:
        """Whether anybody works on that local date."""
        return bool(self.calendar.of_day(day))

    def _open_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of each window from `at` on, in order, without overlaps."""
        zone = zone_of(self.time_zone)
        day, reached = at.astimezone(zone).date() - _ONE_DAY, at  # yesterday's hours can reach past midnight
        while True:
            for opens, closes in sorted(self._windows(day, zone)):
                if closes > reached:
                    yield max(opens, reached), closes
                    reached = closes
            day += _ONE_DAY

    def _windows(self, day: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        for one in self.calendar.of_day(day):
            local = datetime.combine(day, time.fromisoformat(one.begins))
            length = Hours(one.begins, one.ends).length
            yield first_shown(local, zone), first_shown(local + length, zone)


def later(at: datetime, span: timedelta, hours: ServiceHours | None) -> datetime:
    """`span` after `at`: in service hours, or by the wall clock for None."""
    return at + span if hours is None else hours.after(at, span)


def passed(start: datetime, end: datetime, hours: ServiceHours | None) -> timedelta:
    """The time from `start` to `end` that counts."""
    return end - start if hours is None else hours.between(start, end)
