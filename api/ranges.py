"""Ranges of history: what to read for a request, as pure functions.

Promises: every answer is bounded, in spans or in points; a page of raw points ends between instants, so that the next
one neither skips nor repeats a point. Leaves to others: reading (`domain.ports.history`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from api.schemas.history import HistoryForm
from domain.errors import Invalid
from domain.ports.history import Point
from domain.readings import AHEAD_LIMIT_MS

LONGEST_RANGE = timedelta(days=3660)
RAW_RANGE = timedelta(days=1)
"""Without a number of points, a range up to this comes raw: 8,640 points of 10 s data."""

MOST_RAW = 10_000
"""Raw points a page."""

SPANS = 500
"""Spans of a longer range when no number is asked for: about what a chart can show."""

DEFAULT_RANGE = timedelta(days=1)
AHEAD = timedelta(milliseconds=AHEAD_LIMIT_MS)
"""How far a device's clock may be ahead and still be believed: a range that ends *now* shows those values as well."""


class Plan(msgspec.Struct, frozen=True):
    """What to read: `start <= at < end`, raw, or in at most `spans` spans of `span` each."""

    form: HistoryForm
    start: datetime
    end: datetime
    spans: int | None = None

    @property
    def span(self) -> timedelta | None:
        """The length of one span."""
        return (self.end - self.start) / self.spans if self.spans is not None else None


def plan_range(start: datetime | None, end: datetime | None, points: int | None, now: datetime) -> Plan:
    """What to read. Raises Invalid for a range that ends before it begins or is too long."""
    end = end or now + AHEAD
    start = start or end - DEFAULT_RANGE
    if start >= end:
        raise Invalid("start: it must be before end")
    if end - start > LONGEST_RANGE:
        raise Invalid(f"start: at most {LONGEST_RANGE.days} days before end")
    if points is None and end - start <= RAW_RANGE + AHEAD:
        return Plan(HistoryForm.RAW, start, end)
    return Plan(HistoryForm.DOWNSAMPLED, start, end, points or SPANS)


def cut_page(points: Sequence[Point], most: int) -> tuple[Sequence[Point], datetime | None]:
    """The page of up to `most` points and where the next begins. `points` holds one more when there are more.

    Points of one instant stay together. If a whole page is of one instant, it is shown and the next begins after it.
    """
    if len(points) <= most:
        return points, None
    following = points[most].at
    page = [point for point in points[:most] if point.at < following]
    if page:
        return page, following
    return points[:most], following + timedelta(milliseconds=1)
