"""Random faults from a seed: what breaks when, and when it is mended.

Promises: a repeatable plan; the first fault comes soon, so that a newcomer sees an alarm; no device is broken twice at
once. Leaves to others: carrying the plan out (`simulators.loop`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device

FIRST_FAULT_AFTER = timedelta(seconds=4)
MEAN_BETWEEN_FAULTS = timedelta(minutes=3)
SHORTEST_FAULT, LONGEST_FAULT = timedelta(minutes=2), timedelta(minutes=8)

FIRST_FAULT = "fault"
"""A fault that is an alarm at once, for the first one."""


class Act(msgspec.Struct, frozen=True):
    """Break (`fault` set) or mend (`fault` None) a device."""

    device: str
    fault: str | None


class RandomFaults:
    """A plan that unfolds from its seed."""

    def __init__(
        self, devices: Sequence[Device], faults_of: Callable[[str], Sequence[str]], *, seed: int, start: datetime
    ) -> None:
        self._rng = Random(f"{seed}/faults")
        self._faults_of = faults_of
        self._kinds = {device.id: device.kind for device in devices}
        self._names = sorted(device.id for device in devices if faults_of(device.id))
        self._prone = [device.id for device in devices if FIRST_FAULT in faults_of(device.id)]
        self._broken: list[tuple[datetime, str]] = []
        self._next_fault_at = start + FIRST_FAULT_AFTER

    @property
    def next_at(self) -> datetime:
        """When the next act is due."""
        return min(self._next_fault_at, self._broken[0][0]) if self._broken else self._next_fault_at

    def due(self, at: datetime) -> list[Act]:
        """The acts due at `at`."""
        acts: list[Act] = []
        while self._broken and self._broken[0][0] <= at:
            acts.append(Act(heapq.heappop(self._broken)[1], None))
        if self._next_fault_at <= at:
            acts += self._break_one(at)
            self._next_fault_at = at + MEAN_BETWEEN_FAULTS * self._rng.expovariate(1.0)
        return acts

    def _break_one(self, at: datetime) -> list[Act]:
        broken = {name for _, name in self._broken}
        first, self._prone = self._prone, []
        sound = [name for name in (first or self._names) if name not in broken]
        if not sound:
            return []
        # the kind first: 60 detectors shall not leave the 8 elevators without a turn
        kind = self._rng.choice(sorted({self._kinds[name] for name in sound}))
        name = self._rng.choice([name for name in sound if self._kinds[name] == kind])
        fault = FIRST_FAULT if first else self._rng.choice(list(self._faults_of(name)))
        lasts = SHORTEST_FAULT + (LONGEST_FAULT - SHORTEST_FAULT) * self._rng.random()
        heapq.heappush(self._broken, (at + lasts, name))
        return [Act(name, fault)]
