"""A fleet: many simulated devices on one schedule.

Promises: each device is stepped at its behaviour's interval, spread so that they do not all report at once; the same
seed, devices and instants give the same reports. Leaves to others: the clock and the wire (`simulators.loop`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device
from domain.errors import NotFound
from domain.kinds import Behaviour, Kind, Report


class Sent(msgspec.Struct, frozen=True):
    """One report of one device, at the instant it is sent."""

    device: Device
    report: Report
    at: datetime


class Fleet:
    """Simulated devices of one or more sites, by name."""

    def __init__(self, devices: Iterable[Device], kinds: Mapping[str, Kind], *, seed: int, start: datetime) -> None:
        self._devices: dict[str, Device] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._suffered: dict[str, set[str]] = {}
        self._kinds = kinds
        self._schedule: list[tuple[datetime, str]] = []
        for device in devices:
            # a device's own generator: adding another device does not change what this one does
            rng = Random(f"{seed}/{device.site}/{device.id}")
            behaviour = kinds[device.kind].behave(device, rng)
            self._devices[device.id] = device
            self._behaviours[device.id] = behaviour
            # the first report soon, the next ones spread over the interval
            first = start + min(behaviour.interval, timedelta(seconds=10)) * rng.random()
            heapq.heappush(self._schedule, (first, device.id))

    @property
    def devices(self) -> Sequence[Device]:
        """All devices of the fleet."""
        return tuple(self._devices.values())

    @property
    def next_at(self) -> datetime | None:
        """When the next device wants to be stepped; None for an empty fleet."""
        return self._schedule[0][0] if self._schedule else None

    def step(self, at: datetime) -> list[Sent]:
        """Step every device that is due at `at`, once each, and schedule it again."""
        sent: list[Sent] = []
        while self._schedule and self._schedule[0][0] <= at:
            due, name = heapq.heappop(self._schedule)
            behaviour = self._behaviours[name]
            sent += self._told(name, behaviour.step(at), at)
            # after a pause (a suspended laptop) go on from now instead of catching up step by step
            heapq.heappush(self._schedule, (max(due + behaviour.interval, at), name))
        return sent

    def inject(self, fault: str, device: str, at: datetime) -> list[Sent]:
        """Begin a fault. Raises NotFound, naming what there is, for an unknown device or fault."""
        behaviour = self._behaviour(device)
        faults = self._kinds[self._devices[device].kind].faults
        if fault not in faults:
            kind = self._devices[device].kind
            raise NotFound(
                f"{device} is of kind {kind}, which has no fault {fault!r}; it has {', '.join(sorted(faults))}"
            )
        self._suffered.setdefault(device, set()).add(fault)
        return self._told(device, behaviour.inject(fault, at), at)

    def repair(self, device: str, at: datetime) -> list[Sent]:
        """End every fault of a device. Raises NotFound for an unknown one."""
        behaviour = self._behaviour(device)
        self._suffered.pop(device, None)
        return self._told(device, behaviour.repair(at), at)

    def suffers(self, device: str, fault: str) -> bool:
        """Whether a device suffers a fault at the moment."""
        return fault in self._suffered.get(device, ())

    def faults_of(self, device: str) -> Sequence[str]:
        """The names of the faults that a device can suffer, sorted."""
        return sorted(self._kinds[self._devices[device].kind].faults)

    def _behaviour(self, device: str) -> Behaviour:
        if device not in self._behaviours:
            raise NotFound(f"there is no simulated device {device!r}")
        return self._behaviours[device]

    def _told(self, name: str, reports: Iterable[Report], at: datetime) -> list[Sent]:
        return [Sent(self._devices[name], report, at) for report in reports]
