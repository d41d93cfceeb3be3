"""Simulated patrols: guards who walk the scheduled rounds of their routes and check in.

Promises: each round of the rota is walked once, point after point, within its own times; what stands in the middle of
its rota when the simulation starts is begun at once if it can still be in time. A checkpoint that suffers `silent` is
passed without a tag: the round misses that point. The same seed gives the same walks.
Leaves to others: the rota (`domain.routes`), judging rounds (`alerting`), the wire (`simulators.wire`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device
from domain.kinds import Report
from domain.readings import Channel
from domain.routes import Route, Slot, slots_between
from simulators.fleet import Sent

FIRST_ROUND_AFTER = timedelta(seconds=20)
_SLOWEST_LEG = timedelta(seconds=150)
_SHARE_WALKED = 0.8
"""Of the time that a round may take, so much at the most is walked."""

_ROTA_AHEAD = timedelta(days=2)
_GUARDS = ("guard-1", "guard-2", "guard-3")
"""Who walks a route that names nobody."""


class Walk(msgspec.Struct, frozen=True):
    """A route to walk, its site's time zone, and its checkpoints in order."""

    route: Route
    time_zone: str
    checkpoints: tuple[Device, ...]


class Patrols:
    """All walks of a property on one schedule. `silent(device)`: whether its tags are not heard at the moment."""

    def __init__(
        self,
        walks: Iterable[Walk],
        *,
        seed: int,
        start: datetime,
        silent: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._rng = Random(f"{seed}/patrols")
        self._silent = silent
        self._walks = [walk for walk in walks if walk.checkpoints]
        self._visits: list[tuple[datetime, int, Device, str]] = []
        self._rounds: list[tuple[datetime, int, Slot]] = []
        self._count = 0
        for number in range(len(self._walks)):
            self._schedule(number, start + FIRST_ROUND_AFTER * (number + 1))

    @property
    def next_at(self) -> datetime | None:
        """When the next visit or round begins; None without routes."""
        return min((queue[0][0] for queue in (self._visits, self._rounds) if queue), default=None)

    def due(self, at: datetime) -> Sequence[Sent]:
        """The visits due at `at`."""
        while self._rounds and self._rounds[0][0] <= at:
            begins, number, slot = heapq.heappop(self._rounds)
            if at < slot.begin_by:  # else we were stopped meanwhile: nobody walked
                self._plan(self._walks[number], slot, begins)
            self._schedule(number, max(slot.starts_at, at), after=slot)
        sent: list[Sent] = []
        while self._visits and self._visits[0][0] <= at:
            when, _, checkpoint, guard = heapq.heappop(self._visits)
            if not self._silent(checkpoint.id):
                sent.append(Sent(checkpoint, Report(Channel.EVENT, {"guard": guard}), when))
        return sent

    def _schedule(self, number: int, earliest: datetime, *, after: Slot | None = None) -> None:
        """Have the first round begin that still can from `earliest` on."""
        walk = self._walks[number]
        coming = slots_between(walk.route, walk.time_zone, earliest - _ROTA_AHEAD, earliest + _ROTA_AHEAD)
        for slot in coming:
            if slot.begin_by <= earliest or (after is not None and slot.starts_at <= after.starts_at):
                continue
            pause = (slot.begin_by - slot.starts_at) / 2 * self._rng.random()
            begins = max(slot.starts_at + pause, earliest)
            if slot.opens_at <= earliest and after is None:
                begins = earliest
            heapq.heappush(self._rounds, (min(begins, slot.begin_by), number, slot))
            return

    def _plan(self, walk: Walk, slot: Slot, begins: datetime) -> None:
        guard = self._rng.choice(walk.route.guards or _GUARDS)
        slowest = min(_SLOWEST_LEG, (slot.end_by - begins) * _SHARE_WALKED / len(walk.checkpoints))
        fastest = min(slowest, max(slowest / 2, walk.route.least_between * 1.1))
        when = begins
        for checkpoint in walk.checkpoints:
            self._count += 1
            heapq.heappush(self._visits, (when, self._count, checkpoint, guard))
            when += fastest + (slowest - fastest) * self._rng.random()
