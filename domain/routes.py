"""Routes: which checkpoints somebody must pass, and when.

Promises: the rounds of a route by its site's own clock, across daylight-saving changes, as pure functions of the route:
the same route and zone give the same instants in every process. Leaves to others: what became of a round
(`domain.rounds`), reading routes from files (`watchkeeper.config_property`), keeping them (`domain.ports.ledger`).

Two ways to say when. `every = "2h"` counts on the local clock from the beginning of the active hours. A time that the
clock skips in spring has no round. A time that it shows twice in autumn has one, and a second one only when a whole
`every` has passed since the round before: hourly rounds stay hourly, and no guard is sent twice in two-hourly ones.
A band (`times = 4` between 22:00 and 06:00) promises a count: its real length, an hour more or less on those days, is
divided by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from domain.texts import Text

WHOLE_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)
_CLOCK_CHANGE = timedelta(hours=1)
"""The most that a local clock is set forward or back."""

CLOCK_TIME = r"([01]\d|2[0-3]):[0-5]\d"
ClockTime = Annotated[str, msgspec.Meta(pattern=f"^{CLOCK_TIME}$")]
"""A time on the wall, `"22:30"`."""


class RouteKind(StrEnum):
    """What a round is for."""

    SECURITY = "security"
    CLEANING = "cleaning"
    LIGHTING = "lighting"
    INSPECTION = "inspection"


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From a time to a time on the local clock; past midnight where `to` is not after `from`. Equal: the whole day."""

    begins: ClockTime = msgspec.field(default="00:00", name="from")
    ends: ClockTime = msgspec.field(default="00:00", name="to")

    @property
    def length(self) -> timedelta:
        """How long they last on the local clock."""
        day = datetime(2000, 1, 1)  # noqa: DTZ001 (any day: only the difference counts)
        span = (datetime.combine(day, _at(self.ends)) - datetime.combine(day, _at(self.begins))) % WHOLE_DAY
        return span or WHOLE_DAY


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many rounds between two times of the local clock, spread evenly: `{ from, to, times }`."""

    begins: ClockTime = msgspec.field(name="from")
    ends: ClockTime = msgspec.field(name="to")
    times: Annotated[int, msgspec.Meta(ge=1, le=288)]

    @property
    def hours(self) -> Hours:
        """Its hours."""
        return Hours(self.begins, self.ends)


class CheckItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to look at while at a checkpoint; a carried reader reports `{id}=ok`, or what is wrong."""

    checkpoint: str
    id: str
    label: Text


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checkpoints to pass, and when. `id` is unique within its site.

    `every`, or `bands`; neither means that rounds are walked when somebody likes and nothing is judged. `active` are
    the hours that `every` counts in. `random_start` moves each round later by a share of it that nobody can guess from
    the round before. `grace` is how much before its start a round may begin and how late it may begin and end;
    `within` how long it may take (None: what is left until the next one). `least_between` is the shortest plausible
    time between two points. `guards` are those whose tag is known; empty means that every tag is.
    `registered_at` is when the route took this form: rounds that had to begin before that are not judged; nor are those
    after `retired_at`, when the property's file had the route no more.
    """

    site: str
    id: str
    name: Text
    checkpoints: tuple[str, ...]
    kind: RouteKind = RouteKind.SECURITY
    team: str | None = None
    ordered: bool = False
    every: timedelta | None = None
    bands: tuple[Band, ...] = ()
    active: Hours = Hours()
    random_start: timedelta = _NOTHING
    grace: timedelta = timedelta(minutes=15)
    within: timedelta | None = None
    least_between: timedelta = _NOTHING
    guards: tuple[str, ...] = ()
    items: tuple[CheckItem, ...] = ()
    registered_at: datetime | None = None
    retired_at: datetime | None = None

    def judges(self, slot: Slot) -> bool:
        """Whether a round of it is judged: neither from before it was registered, nor from after it was retired."""
        if self.registered_at is not None and slot.begin_by <= self.registered_at:
            return False
        return self.retired_at is None or slot.begin_by <= self.retired_at

    def knows(self, guard: str) -> bool:
        """Whether the tag is one of this route's guards."""
        return not self.guards or guard in self.guards

    @property
    def longest_turn(self) -> timedelta:
        """From one round to the next on the local clock, where they come least often; nothing without a schedule."""
        turns = [band.hours.length / band.times for band in self.bands]
        return max([*turns, self.every or _NOTHING])


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """When one round of a route must happen. All instants aware UTC; `day` is the local date of its start.

    A visit from `opens_at` until before `closes_at` belongs to it. It must have begun by `begin_by` and be walked by
    `end_by`; at `closes_at` it is judged for good. Slots of one route never overlap.
    """

    day: date
    opens_at: datetime
    starts_at: datetime
    begin_by: datetime
    end_by: datetime
    closes_at: datetime


def slots_between(route: Route, time_zone: str, start: datetime, end: datetime) -> list[Slot]:
    """The slots that start at `start <= starts_at < end`, in order. `time_zone` is the site's, an IANA name."""
    zone = ZoneInfo(time_zone)
    # active hours can reach into the day after, and a random start beyond them
    first, last = start.astimezone(zone).date() - timedelta(days=2), end.astimezone(zone).date() + timedelta(days=1)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    found = (slot for day in days for slot in _slots_of(route, time_zone, day) if start <= slot.starts_at < end)
    return sorted(found, key=lambda slot: slot.starts_at)


def slot_at(route: Route, time_zone: str, at: datetime) -> Slot | None:
    """The slot that an instant falls into, if it falls into one."""
    reach = max(route.within or _NOTHING, route.longest_turn) + route.grace + _CLOCK_CHANGE
    near = slots_between(route, time_zone, at - reach, at + route.grace + _SECOND)
    return next((slot for slot in near if slot.opens_at <= at < slot.closes_at), None)


def slots_of_day(route: Route, time_zone: str, day: date) -> list[Slot]:
    """The slots whose start has this local date, in order."""
    zone = ZoneInfo(time_zone)
    noon = datetime.combine(day, time(12), tzinfo=zone).astimezone(UTC)
    return [slot for slot in slots_between(route, time_zone, noon - WHOLE_DAY, noon + WHOLE_DAY) if slot.day == day]


class _Turn(msgspec.Struct, frozen=True, order=True):
    """A round as the rota names it: when, how long until the next by the rota, and which day's rota names it."""

    at: datetime
    span: timedelta
    rota_day: date


@lru_cache(maxsize=4096)
def _slots_of(route: Route, time_zone: str, day: date) -> tuple[Slot, ...]:
    """The slots of the rota of one local day. Two days on either side are needed to see where each begins and ends:
    the rota of a day can be empty when its only time is skipped.
    """
    zone = ZoneInfo(time_zone)
    around = (day + timedelta(days=offset) for offset in (-2, -1, 0, 1, 2))
    turns = sorted({turn.at: turn for one in around for turn in _turns(route, zone, one)}.values())
    starts = [turn.at + _delay(route, turn.at, before=following.at) for turn, following in pairwise(turns)]
    return tuple(
        _slot(route, zone, turn, starts[number - 1 : number + 2])
        for number, turn in enumerate(turns[: len(starts) - 1])
        if turn.rota_day == day and number > 0
    )


def _turns(route: Route, zone: ZoneInfo, day: date) -> Iterator[_Turn]:
    for band in route.bands:
        begins = datetime.combine(day, _at(band.begins))
        start, end = _first_shown(begins, zone), _first_shown(begins + band.hours.length, zone)
        span = (end - start) / band.times
        yield from (_Turn(start + span * number, span, day) for number in range(band.times))
    if route.every is not None:
        begins, length = datetime.combine(day, _at(route.active.begins)), route.active.length
        count = -(-length // route.every)
        yield from _counted(
            [begins + route.every * number for number in range(count)], route.every, min(route.every, length), zone, day
        )


def _counted(local: list[datetime], every: timedelta, span: timedelta, zone: ZoneInfo, day: date) -> Iterator[_Turn]:
    """The instants at which the local clock shows these times."""
    shown = sorted((at, number > 0) for naive in local for number, at in enumerate(_shown(naive, zone)))
    before: datetime | None = None
    for at, again in shown:
        if again and before is not None and at - before < every:
            continue
        before = at
        yield _Turn(at, span, day)


def _shown(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the clock shows a local time: none in a gap, two where it is set back."""
    instants = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return sorted({at for at in instants if at.astimezone(zone).replace(tzinfo=None) == local})


def _first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock shows a local time, or has passed it."""
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _slot(route: Route, zone: ZoneInfo, turn: _Turn, starts: list[datetime]) -> Slot:
    """The slot of a turn, given the starts of the round before, of its own and of the next."""
    before, starts_at, following = starts
    closes_by = _opening(route, starts_at, following)
    end_by = min(starts_at + _within(route, turn.span), closes_by)
    return Slot(
        day=starts_at.astimezone(zone).date(),
        opens_at=_opening(route, before, starts_at),
        starts_at=starts_at,
        begin_by=min(starts_at + route.grace, end_by),
        end_by=end_by,
        closes_at=min(end_by + route.grace, closes_by),
    )


def _opening(route: Route, before: datetime, starts_at: datetime) -> datetime:
    """When a round may begin: by its grace, but not before half of the way from the start of the one before."""
    return max(starts_at - route.grace, before + (starts_at - before) / 2)


def _within(route: Route, span: timedelta) -> timedelta:
    if route.within is not None:
        return route.within
    return max(span - route.random_start - 2 * route.grace, span / 4)


def _delay(route: Route, turn: datetime, *, before: datetime) -> timedelta:
    """How much later than the rota says: random from round to round, the same whenever it is asked."""
    most = min(route.random_start, (before - turn) / 2)
    if not most:
        return _NOTHING
    digest = hashlib.sha256(f"{route.site}/{route.id}/{turn.isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:8]) / 2**64
    return _SECOND * int(most * share / _SECOND)


def _at(clock_time: str) -> time:
    return time.fromisoformat(clock_time)
