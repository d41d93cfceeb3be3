"""Behaviour: what all simulated devices have in common.

Promises: a device that reports its normal values at its interval, and what a fault forces while it lasts. `silent` is
a fault that every kind has: nothing is reported until repair. A seeded generator makes all of it repeatable.
Leaves to others: what is normal and what a fault does (each family's file), clocks and the wire (`simulators`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from domain.assets import Device
from domain.kinds import Report
from domain.readings import Channel, Value
from domain.texts import text

SILENT = "silent"
SILENT_FAULT = text("Reports nothing", "停止上报", "停止回報")
"""The fault that every kind has, and its label."""

_LOCAL = ZoneInfo("Asia/Shanghai")
"""Simulated days and nights follow a site's default time zone (`domain.assets.Site`)."""


class Effect(msgspec.Struct, frozen=True):
    """What a fault does: values it forces while it lasts, and values reported only at its beginning (a press)."""

    forces: Mapping[str, Value] = {}
    once: Mapping[str, Value] = {}


class SimulatedDevice:
    """A device whose faults force values over its normal ones.

    `normal(at)` gives all values of a sound device at that instant. With `periodic` False nothing is sent but faults
    and repairs: a device that speaks only when something happens. `faults` holds the names of those that last.
    """

    def __init__(
        self,
        device: Device,
        rng: Random,
        *,
        interval: timedelta,
        normal: Callable[[datetime], dict[str, Value]],
        effects: Mapping[str, Effect],
        periodic: bool = True,
    ) -> None:
        # a device that promises to report more often does
        self.interval = interval if device.interval is None else min(interval, device.interval)
        self.rng = rng
        self.faults: set[str] = set()
        self._normal, self._effects, self._periodic = normal, effects, periodic

    def step(self, at: datetime) -> Sequence[Report]:
        """The periodic report, unless the device is silent."""
        if not self._periodic:
            return ()
        values = self._normal(at)  # a silent device goes on living
        if not self.faults:
            return (Report(Channel.TELEMETRY, values),)
        if SILENT in self.faults:
            return ()
        return (Report(Channel.TELEMETRY, {**values, **self._forced()}),)

    def inject(self, fault: str, at: datetime) -> Sequence[Report]:
        """Begin a fault and report it as an event. Raises KeyError for one that this device does not have."""
        effect = Effect() if fault == SILENT else self._effects[fault]
        self.faults.add(fault)
        values = {**effect.forces, **effect.once}
        return (Report(Channel.EVENT, values),) if values and SILENT not in self.faults else ()

    def repair(self, at: datetime) -> Sequence[Report]:
        """End every fault and report the values that they had forced, normal again."""
        touched = {name for fault in self.faults if fault != SILENT for name in self._touched(fault)}
        self.faults.clear()
        values = self._normal(at)
        back = {name: values[name] for name in values if name in touched}
        return (Report(Channel.EVENT, back),) if back else ()

    def _forced(self) -> dict[str, Value]:
        forced: dict[str, Value] = {}
        for fault in sorted(self.faults - {SILENT}):
            forced.update(self._effects[fault].forces)
        return forced

    def _touched(self, fault: str) -> set[str]:
        effect = self._effects[fault]
        return {*effect.forces, *effect.once}


def local_hour(at: datetime) -> float:
    """The hour of the day, 0 to 24, where simulated devices stand."""
    local = at.astimezone(_LOCAL)
    return local.hour + local.minute / 60 + local.second / 3600


class Drift:
    """A value that wanders slowly between two levels, as a sensor's does: never more than `pace` a step."""

    def __init__(self, rng: Random, low: float, high: float, pace: float, decimals: int = 2) -> None:
        self._rng, self._low, self._high, self._pace, self._decimals = rng, low, high, pace, decimals
        self._value = rng.uniform(low, high)

    def next(self) -> float:
        """The value after one more step, rounded as a device rounds."""
        moved = self._value + self._rng.uniform(-self._pace, self._pace)
        self._value = min(self._high, max(self._low, moved))
        return round(self._value, self._decimals)
