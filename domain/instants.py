"""Instants and spans.

Promises: an instant is an aware UTC `datetime` (or, on the ingest path, whole epoch milliseconds in a name that
ends in `_ms`); a span is a `timedelta`, written `"90s"`, `"30m"`, `"2h"`, `"15d"` in config.
Leaves to others: reading the clock (`domain.ports.clock`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)
_SECOND = timedelta(seconds=1)
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def from_ms(epoch_ms: int) -> datetime:
    """The aware UTC instant of whole epoch milliseconds. Raises OverflowError outside years 1 to 9999."""
    return _EPOCH + epoch_ms * _MILLISECOND


def to_ms(at: datetime) -> int:
    """Whole epoch milliseconds of an aware instant, rounded down. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (at - _EPOCH) // _MILLISECOND


def to_us(at: datetime) -> int:
    """Whole epoch microseconds of an aware instant: all that it says. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (at - _EPOCH) // _MICROSECOND


def span_ms(span: timedelta) -> int:
    """A span in whole milliseconds."""
    return span // _MILLISECOND


def parse_span(text: str) -> timedelta:
    """`"1h30m"` as a span. Raises ValueError for anything else, naming the form."""
    match = _SPAN.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a span; write it like 90s, 30m, 2h, 15d or 1h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def write_span(span: timedelta) -> str:
    """The shortest text that `parse_span` reads back. Whole seconds only."""
    rest = int(span.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def on_the_wall(at: datetime, time_zone: str | None) -> datetime:
    """The instant as clocks show it in an IANA time zone; in UTC for None, or for a zone that nobody knows.

    Alarms are raised and people are called whatever somebody wrote into the registry.
    """
    return at.astimezone(zone_of(time_zone))


def zone_of(time_zone: str | None) -> tzinfo:
    """The IANA time zone; UTC for None, or for one that nobody knows."""
    try:
        return UTC if time_zone is None else ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        return UTC


def first_shown(local: datetime, zone: tzinfo) -> datetime:
    """The first instant at which the clock on the wall shows a local time (a naive `datetime`), or has passed it.

    A time that the clock skips in spring is the instant of the change; of one that it shows twice it is the first.
    """
    at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    after = at.astimezone(zone).utcoffset()
    low, high = local.replace(tzinfo=zone, fold=1).astimezone(UTC), at  # the change lies between these
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high.replace(microsecond=0)
