"""The history port: the time series. Synchronous: callers run it off their event loop.

Promises made by an adapter, and checked by one suite over all: a written batch is durable and stored once however
often it is written; values of one identity are merged; a late reading is found at its own time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from domain.readings import Channel, Reading, Value


class Point(msgspec.Struct, frozen=True):
    """One stored value."""

    at: datetime
    value: Value


class Bucket(msgspec.Struct, frozen=True):
    """Values of one span of a downsampled range. For text only `last` and `count` say something."""

    start: datetime
    count: int
    low: float | None
    mean: float | None
    high: float | None
    last: Value


class Latest(msgspec.Struct, frozen=True):
    """The newest value of one metric."""

    metric: str
    at: datetime
    value: Value


class Stored(msgspec.Struct, frozen=True):
    """One whole reading as it was stored: what judging it once more needs. `bad` as in `domain.readings.Reading`."""

    at: datetime
    channel: Channel
    values: dict[str, Value]
    bad: tuple[str, ...] = ()


class History(Protocol):
    """The time series of all devices."""

    def write(self, readings: Sequence[Reading]) -> None:
        """Store a batch, durable on return. Writing it again changes nothing.

        Raises HistoryUnavailable when the store cannot take it now, ValueError when a reading holds what it can never
        take; then none of it counts as stored.
        """
        ...

    def raw(self, site: str, device: str, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
        """Points of `start <= at < end`, oldest first, `most` at the most. Unknown names give an empty list."""
        ...

    def downsampled(
        self, site: str, device: str, metric: str, start: datetime, end: datetime, buckets: int
    ) -> list[Bucket]:
        """The range in at most `buckets` equal spans aligned to `start`; empty spans are left out."""
        ...

    def latest(self, site: str, device: str) -> list[Latest]:
        """The newest value of each metric of a device."""
        ...

    def export(
        self, site: str, device: str, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, dict[str, Value]]]:
        """The values of `readings`, for a table."""
        ...

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        """Whole readings of `start <= at < end`, oldest first, without holding them all in memory."""
        ...

    def maintain(self, now: datetime) -> None:
        """Housekeeping that is due (seal finished days, merge late rows, drop what retention ends)."""
        ...

    def check(self) -> None:
        """Raises HistoryUnavailable, saying why, when the store could not take a batch now."""
        ...

    def close(self) -> None:
        """Release the store; everything written stays."""
        ...
