"""Simulated patrols: guards who walk their routes and check in.

Promises: each route is walked once in its period, point after point, by a guard of its shift; the same seed gives the
same walks. Leaves to others: judging rounds (`alerting`), the wire (`simulators.wire`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device
from domain.kinds import Report
from domain.readings import Channel
from simulators.fleet import Sent

FIRST_ROUND_AFTER = timedelta(seconds=20)
_FASTEST_WALK, _SLOWEST_WALK = timedelta(seconds=60), timedelta(seconds=150)


class Walk(msgspec.Struct, frozen=True):
    """A route to walk: its checkpoints in order, how often, and who takes turns."""

    route: str
    checkpoints: tuple[Device, ...]
    every: timedelta
    guards: tuple[str, ...]


class Patrols:
    """All walks of a property on one schedule."""

    def __init__(self, walks: Iterable[Walk], *, seed: int, start: datetime) -> None:
        self._rng = Random(f"{seed}/patrols")
        self._visits: list[tuple[datetime, int, Device, str]] = []
        self._rounds: list[tuple[datetime, int, Walk]] = []
        self._count = 0
        for number, walk in enumerate(walks):
            if walk.checkpoints:
                heapq.heappush(self._rounds, (start + FIRST_ROUND_AFTER * (number + 1), number, walk))

    @property
    def next_at(self) -> datetime | None:
        """When the next visit or round begins; None without routes."""
        return min((queue[0][0] for queue in (self._visits, self._rounds) if queue), default=None)

    def due(self, at: datetime) -> Sequence[Sent]:
        """The visits due at `at`."""
        while self._rounds and self._rounds[0][0] <= at:
            begins, number, walk = heapq.heappop(self._rounds)
            self._plan(walk, begins)
            heapq.heappush(self._rounds, (begins + walk.every, number, walk))
        sent: list[Sent] = []
        while self._visits and self._visits[0][0] <= at:
            when, _, checkpoint, guard = heapq.heappop(self._visits)
            sent.append(Sent(checkpoint, Report(Channel.EVENT, {"guard": guard}), when))
        return sent

    def _plan(self, walk: Walk, begins: datetime) -> None:
        guard = self._rng.choice(walk.guards)
        when = begins
        for checkpoint in walk.checkpoints:
            self._count += 1
            heapq.heappush(self._visits, (when, self._count, checkpoint, guard))
            when += _FASTEST_WALK + (_SLOWEST_WALK - _FASTEST_WALK) * self._rng.random()
