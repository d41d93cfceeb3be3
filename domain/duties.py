"""Duties: what must be done every so often, and by when, on the site's own calendar.

Promises: the day on which a duty is due, the instants at which its order opens and at which it is told as overdue, and
the units that it is owed for, as pure functions. Days are the site's own: a clock change moves none. Leaves to others:
where one unit stands in its cycle (`domain.duty_cycles`), reading duties from files (`watchkeeper.config_duties`).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec

from domain.assets import Adoption, Device, Site
from domain.instants import first_shown, on_the_wall, zone_of
from domain.routes import ClockTime
from domain.rules import Severity
from domain.texts import Text

DAY = timedelta(days=1)
_DAYS_A_WEEK, _DAYS_A_MONTH, _MONTHS_A_YEAR = 7, 30, 12

Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Cycle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How often: `{ days = 15 }`, `{ weeks = 1 }` or `{ months = 3 }`, one of the three.

    A month is one of the calendar: a month after 31 January is the last day of February.
    """

    days: Count | None = None
    weeks: Count | None = None
    months: Count | None = None

    @property
    def whole(self) -> bool:
        """Whether exactly one of the three is said."""
        return [self.days, self.weeks, self.months].count(None) == 2

    @property
    def about(self) -> timedelta:
        """Its length, a month as 30 days: to compare cycles, not to count by."""
        return DAY * ((self.days or 0) + _DAYS_A_WEEK * (self.weeks or 0) + _DAYS_A_MONTH * (self.months or 0))

    def after(self, day: date) -> date:
        """The day on which one that was done on `day` is due again."""
        later = day + DAY * ((self.days or 0) + _DAYS_A_WEEK * (self.weeks or 0))
        if self.months is None:
            return later
        years, month = divmod(later.month - 1 + self.months, _MONTHS_A_YEAR)
        last = calendar.monthrange(later.year + years, month + 1)[1]
        return date(later.year + years, month + 1, min(later.day, last))

    def shorter(self, share: float, least: timedelta) -> Cycle | None:
        """A cycle of this share of it in whole days, not below `least`; None where that is no shorter."""
        days = max(int(self.about * share / DAY), least // DAY)
        return Cycle(days=days) if 0 < days < self.about // DAY else None


class Per(StrEnum):
    """What owes a duty: each device of some kinds, each building, or the whole site."""

    DEVICE = "device"
    BUILDING = "building"
    SITE = "site"


class Duty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that must happen every so often. `id` is unique in an installation.

    `kinds`: the devices that owe it; for a building or a site, it owes it while it has one of these (empty: always).
    `devices`, `buildings`, `sites`: only these, where any are named. `every` counts from the day it was done. The
    order opens `ahead` of the day it is due, and it is told as overdue on the morning after that day, both `at` this
    time of the site's clock. `source` names where the figure comes from.
    """

    id: str
    title: Text
    per: Per
    every: Cycle
    ahead: timedelta
    template: str
    source: Text
    kinds: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    buildings: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    team: str | None = None
    at: ClockTime = "08:00"
    severity: Severity = Severity.GENERAL


class FaultReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a unit fails so often that somebody must ask why: `failures` of `rules` on one device `within` a span.

    The review's order proposes to do `duty` more often: at `shorten_to` of its cycle, but never below `least`.
    """

    duty: str
    rules: frozenset[str]
    template: str
    source: Text
    failures: Annotated[int, msgspec.Meta(ge=2, le=20)] = 3
    within: timedelta = timedelta(days=30)
    shorten_to: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.67
    least: timedelta = timedelta(days=7)


class DutyBook(msgspec.Struct, frozen=True, kw_only=True):
    """All duties and reviews of an installation."""

    duties: Mapping[str, Duty] = {}
    reviews: tuple[FaultReview, ...] = ()

    def review_of(self, rule: str) -> FaultReview | None:
        """The review that counts this rule's alarms, if one does."""
        return next((review for review in self.reviews if rule in review.rules), None)


NO_DUTIES = DutyBook()


class Unit(msgspec.Struct, frozen=True):
    """One thing that owes one duty. `unit` is a device, a building or the site, as the duty's `per` says."""

    site: str
    duty: str
    unit: str

    @property
    def id(self) -> str:
        """`{site}.{duty}.{unit}`: none of the three has a dot in it."""
        return f"{self.site}.{self.duty}.{self.unit}"


def units_of(duty: Duty, sites: Iterable[Site], devices: Iterable[Device]) -> list[Unit]:
    """Who owes a duty by the registry: registered devices; one that was only discovered is nobody's yet."""
    known = [one for one in devices if one.adoption is Adoption.REGISTERED and _among(one.site, duty.sites)]
    bearing = [one for one in known if _among(one.kind, duty.kinds)]
    if duty.per is Per.DEVICE:
        chosen = (one for one in bearing if _among(one.id, duty.devices) and _among(one.building, duty.buildings))
        return [Unit(one.site, duty.id, one.id) for one in chosen]
    found: list[Unit] = []
    for site in sites:
        here = [one for one in bearing if one.site == site.id]
        if not _among(site.id, duty.sites):
            continue
        if duty.per is Per.SITE:
            found += [Unit(site.id, duty.id, site.id)] if here or not duty.kinds else []
            continue
        with_one = {one.building for one in here}
        names = (building.id for building in site.buildings if _among(building.id, duty.buildings))
        found += [Unit(site.id, duty.id, name) for name in names if name in with_one or not duty.kinds]
    return found


def local_day(at: datetime, time_zone: str) -> date:
    """The date that a site's calendar shows."""
    return on_the_wall(at, time_zone).date()


def opens_at(duty: Duty, due_day: date, time_zone: str) -> datetime:
    """When the order for a turn that is due on `due_day` opens."""
    return _shown(due_day - duty.ahead, duty.at, time_zone)


def overdue_at(duty: Duty, due_day: date, time_zone: str) -> datetime:
    """When a turn that was due on `due_day` is told as overdue: on the morning after, when people are there."""
    return _shown(due_day + DAY, duty.at, time_zone)


def _shown(day: date, clock_time: str, time_zone: str) -> datetime:
    return first_shown(datetime.combine(day, time.fromisoformat(clock_time)), zone_of(time_zone))


def _among(name: str | None, chosen: frozenset[str]) -> bool:
    return not chosen or name in chosen
