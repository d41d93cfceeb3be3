"""Clocks: the system's, one that runs faster, and one that tests move by hand.

Promises: the port of `domain.ports.clock`. `ManualClock` wakes sleepers in the order of their instants and lets them
run before time moves on, so simulated time is repeatable. Leaves to others: watching the system clock for jumps.
"""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, span: timedelta) -> None:
        """Sleep on the event loop's monotonic clock."""
        await asyncio.sleep(max(0.0, span.total_seconds()))


class ScaledClock:
    """A clock that shows `start` when the machine's shows `origin` (now), and runs `factor` times as fast."""

    def __init__(self, start: datetime, factor: float, *, origin: datetime | None = None) -> None:
        self._start, self._factor = start, factor
        self._origin = origin or datetime.now(UTC)

    def now(self) -> datetime:
        """The scaled instant, aware UTC."""
        return self._start + (datetime.now(UTC) - self._origin) * self._factor

    async def sleep(self, span: timedelta) -> None:
        """Sleep `span` of scaled time."""
        await asyncio.sleep(max(0.0, span.total_seconds() / self._factor))


class ManualClock:
    """A clock that moves only by `advance`."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """The instant it was last moved to."""
        return self._now

    async def sleep(self, span: timedelta) -> None:
        """Wait until `advance` passes the instant."""
        if span <= timedelta(0):
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + span, next(self._order), future))
        await future

    async def advance(self, span: timedelta) -> None:
        """Move on by `span`, stopping at every sleeper's instant and giving it a turn there."""
        end = self._now + span
        while self._sleepers and self._sleepers[0][0] <= end:
            instant, _, future = heapq.heappop(self._sleepers)
            self._now = instant
            if not future.done():
                future.set_result(None)
                for _ in range(3):  # a sleeper that wakes another task needs more than one turn
                    await asyncio.sleep(0)
        self._now = end
        await asyncio.sleep(0)
