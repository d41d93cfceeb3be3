"""Lanes: slow work in threads of its own, a few at a time, with a bounded queue.

Promises: charts and password hashing never take the threads that answer an acknowledgement; when a lane's queue is
full the next one is refused at once rather than kept waiting. Leaves to others: what runs in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from domain.errors import Unavailable

T = TypeVar("T")


class Busy(Unavailable):
    """A lane is full now; trying again in a moment will work."""

    def __init__(self, part: str) -> None:
        super().__init__(f"too many wait for {part}")
        self.part = part


class Lane:
    """At most `at_once` calls run, at most `queue` more wait. `part` names it in refusals."""

    def __init__(self, part: str, *, at_once: int, queue: int) -> None:
        self._part, self._queue = part, queue
        self._limiter = anyio.CapacityLimiter(at_once)

    async def run(self, call: Callable[[], T]) -> T:
        """The call's result. Raises Busy when too many wait, and whatever the call raises."""
        if self._limiter.statistics().tasks_waiting >= self._queue:
            raise Busy(self._part)
        return await to_thread.run_sync(call, limiter=self._limiter)
