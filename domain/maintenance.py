"""Maintenance windows: hours that come again in which devices are out of service, and who allowed it.

Promises: pure arithmetic from a window as it is written, on the wall of its site, to instants: no window lasts longer
than its hours say but where the clock is set back meanwhile, and one that falls into the hour that spring skips is
shorter, or does not come. Leaves to others: reading the file (`watchkeeper.config_maintenance`), beginning
(`alerting.maintenance`), what is hidden: never what is about life safety (`alerting.suppress`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from domain.assets import Device
from domain.callout import Weekday
from domain.instants import first_shown, zone_of
from domain.routes import ClockTime, Hours

_DAYS = tuple(Weekday)
_ONE_DAY = timedelta(days=1)

MOST_WEEKS = 5
"""The fifth Monday of a month is its last possible one."""

LOOKED_AHEAD = timedelta(days=400)
"""A window that does not come within this is over."""


class MaintenanceWindow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours in which devices of a site are out of service, again and again.

    What: named `devices`, or all that are of `kind`, in `building` and in its `zone`, as far as these are given. When:
    `from` a time `to` a time on the clock of the site, past midnight where `to` is not later, on `days` of the week
    on which it begins; of these only the first, second, ... of a month where `weeks` names them, and only from `first`
    to `last`. `authority` is who allowed it, `reason` why.
    """

    name: str
    site: str
    reason: str
    authority: str
    begins: ClockTime = msgspec.field(name="from")
    ends: ClockTime = msgspec.field(name="to")
    days: tuple[Weekday, ...] = _DAYS
    weeks: tuple[int, ...] = ()
    first: date | None = None
    last: date | None = None
    devices: tuple[str, ...] = ()
    kind: str | None = None
    building: str | None = None
    zone: str | None = None

    def covers(self, device: Device) -> bool:
        """Whether it takes this device out of service."""
        if device.site != self.site:
            return False
        return device.id in self.devices or device.is_of(kind=self.kind, building=self.building, zone=self.zone)

    def comes_on(self, day: date) -> bool:
        """Whether it begins on a local date."""
        if _DAYS[day.weekday()] not in self.days:
            return False
        if self.weeks and (day.day - 1) // 7 + 1 not in self.weeks:
            return False
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


class Occurrence(msgspec.Struct, frozen=True):
    """One time that a window comes: `begins_at <= at < ends_at`."""

    begins_at: datetime
    ends_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it is on."""
        return self.begins_at <= at < self.ends_at


def running(window: MaintenanceWindow, time_zone: str | None, at: datetime) -> Occurrence | None:
    """The time that is on at `at`, if one is; of two that overlap the one that began last."""
    zone = zone_of(time_zone)
    today = at.astimezone(zone).date()
    found = (_on(window, zone, day) for day in (today, today - _ONE_DAY))
    return next((one for one in found if one is not None and one.holds(at)), None)


def following(window: MaintenanceWindow, time_zone: str | None, at: datetime) -> Occurrence | None:
    """The next time that begins after `at`; None when it does not come any more."""
    return next((one for one in _coming(window, time_zone, at) if one.begins_at > at), None)


def _coming(window: MaintenanceWindow, time_zone: str | None, at: datetime) -> Iterator[Occurrence]:
    zone = zone_of(time_zone)
    day = at.astimezone(zone).date()
    if window.first is not None:
        day = max(day, window.first)
    until = day + LOOKED_AHEAD if window.last is None else min(day + LOOKED_AHEAD, window.last)
    while day <= until:
        one = _on(window, zone, day)
        if one is not None:
            yield one
        day += _ONE_DAY


def _on(window: MaintenanceWindow, zone: tzinfo, day: date) -> Occurrence | None:
    """The time that begins on a local date; None where none does, or where the clock skips all of it."""
    if not window.comes_on(day):
        return None
    local = datetime.combine(day, time.fromisoformat(window.begins))
    end = local + Hours(window.begins, window.ends).length
    begins_at, ends_at = first_shown(local, zone), first_shown(end, zone)
    return Occurrence(begins_at, ends_at) if begins_at < ends_at else None
