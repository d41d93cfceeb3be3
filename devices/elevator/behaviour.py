"""How a simulated elevator runs: trips between floors by the hour of day, doors, load, warmth, and faults.

Promises: plausible values that raise no alarm by themselves; one fault for each rule of `devices.elevator.rules`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Effect, SimulatedDevice, local_hour
from devices.elevator.metrics import LIMITS, MOTOR_LIMIT, RATED_SPEED
from domain.assets import Device
from domain.kinds import Report
from domain.readings import Channel, Value
from domain.texts import text

INTERVAL = timedelta(seconds=5)
TEST_CALL_EVERY = timedelta(hours=24)

STOPPING_CODE = "30"
MINOR_CODE = "71"
"""Fault codes that simulated elevators report: one that stops the car (the code map's group `stops`), one that does
not."""

FAULTS = {
    "entrapment": text("Passenger trapped between floors", "乘客被困（停在层间）", "乘客受困（停在樓層之間）"),
    "moving_door_open": text("Moves with its door open", "开门走梯", "開門走梯"),
    "overspeed": text("Overspeed", "超速", "超速"),
    "stopped": text("Stopped by a fault", "故障停梯", "故障停梯"),
    "fault": text("Minor fault", "一般故障", "一般故障"),
    "overheat": text("Motor overheats", "曳引机过热", "曳引機過熱"),
    "door_held": text("Door held open", "门被阻挡", "門被阻擋"),
    "test_call": text("Test calls fail", "自检呼叫失败", "自檢呼叫失敗"),
    SILENT: SILENT_FAULT,
}

_HALTING = frozenset({"entrapment", "stopped", "door_held"})
_DEFAULTS = {limit.name: limit.default for limit in LIMITS}

_FLOOR_HEIGHT_M = 3.0
_SIMULATED_SPEED_MPS = 1.75
_BUSY_TRIPS_PER_HOUR, _NIGHT_TRIPS_PER_HOUR = 40.0, 3.0
_MOTOR_WARMS_IN_S = 900.0


class _Phase(Enum):
    """What the car is doing. Each step passes through one at the most, so it holds at any interval."""

    IDLE = auto()
    TRAVELLING = auto()
    OPENING = auto()
    OPEN = auto()
    CLOSING = auto()


_DOORS = {_Phase.OPENING: "opening", _Phase.OPEN: "open", _Phase.CLOSING: "closing"}


class Car:
    """A car in its shaft: where it is, what its door does, who is in it, how warm it runs."""

    def __init__(self, rng: Random, *, floors: int, speed_mps: float, hottest_c: float) -> None:
        self._rng, self._floors, self._speed_mps, self._hottest_c = rng, floors, speed_mps, hottest_c
        self._phase = _Phase.IDLE
        self._position = float(rng.randint(1, floors))
        self._target = self._position
        self._open_for_s = 0.0
        self._load_pct = 0
        self._motor_c = 34.0

    def run(self, elapsed_s: float, hour: float) -> None:
        """Live on for so many seconds at that hour of the day."""
        match self._phase:
            case _Phase.IDLE:
                if self._rng.random() < _trips_per_hour(hour) * elapsed_s / 3600:
                    self._depart()
            case _Phase.TRAVELLING:
                self._travel(self._speed_mps * elapsed_s / _FLOOR_HEIGHT_M)
            case _Phase.OPENING:
                self._phase, self._open_for_s = _Phase.OPEN, self._rng.uniform(4, 15)
            case _Phase.OPEN:
                self._open_for_s -= elapsed_s
                if self._open_for_s <= 0:
                    self._phase = _Phase.CLOSING
            case _Phase.CLOSING:
                self._phase, self._load_pct = _Phase.IDLE, 0
        goal = self._hottest_c if self._phase is _Phase.TRAVELLING else 34.0
        self._motor_c += (goal - self._motor_c) * min(1.0, elapsed_s / _MOTOR_WARMS_IN_S)

    def halt(self) -> None:
        """Stand at the nearest floor, door closed and empty: where a car begins again after a fault."""
        self._phase, self._load_pct = _Phase.IDLE, 0
        self._position = self._target = float(round(self._position))

    def values(self) -> dict[str, Value]:
        """What its controller reports."""
        travelling = self._phase is _Phase.TRAVELLING
        heading = "up" if self._target > self._position else "down"
        return {
            "floor": round(self._position),
            "direction": heading if travelling else "idle",
            "door": _DOORS.get(self._phase, "closed"),
            "door_zone": not travelling,
            "speed_mps": self._speed_mps if travelling else 0.0,
            "load_pct": self._load_pct,
            "motor_temp_c": round(self._motor_c, 1),
            "passenger": self._load_pct > 0,
        }

    def _depart(self) -> None:
        here = int(self._position)
        self._target = float(self._rng.choice([floor for floor in range(1, self._floors + 1) if floor != here]))
        self._load_pct = self._rng.choice((0, 8, 8, 15, 22, 30, 45))
        self._phase = _Phase.TRAVELLING

    def _travel(self, floors: float) -> None:
        ahead = self._target - self._position
        if abs(ahead) <= floors:
            self._position, self._phase = self._target, _Phase.OPENING
        else:
            self._position += math.copysign(floors, ahead)


class SimulatedElevator(SimulatedDevice):
    """One elevator with its faults. Cars of one building serve the same floors."""

    def __init__(self, device: Device, rng: Random) -> None:
        limits = {**_DEFAULTS, **device.limits}
        speed_mps = min(_SIMULATED_SPEED_MPS, limits[RATED_SPEED])
        building = Random(f"{device.site}/{device.building}")
        self._car = Car(
            rng,
            floors=building.randint(9, 28),
            speed_mps=speed_mps,
            hottest_c=min(60.0, limits[MOTOR_LIMIT] * 0.75),
        )
        self._lived_until: datetime | None = None
        self._test_call_due: datetime | None = None
        super().__init__(device, rng, interval=INTERVAL, normal=self._live, effects=_effects(limits))

    def step(self, at: datetime) -> Sequence[Report]:
        """The periodic report, and once a day the test call."""
        reports = super().step(at)
        if self._test_call_due is None:
            self._test_call_due = at + TEST_CALL_EVERY * self.rng.random()
        if at < self._test_call_due:
            return reports
        self._test_call_due = at + TEST_CALL_EVERY
        if self.faults & {"test_call", SILENT}:
            return reports
        return (*reports, Report(Channel.EVENT, {"test_call": True}))

    def repair(self, at: datetime) -> Sequence[Report]:
        """End every fault; the car begins again from where it stands."""
        if self.faults & _HALTING:
            self._car.halt()
        return super().repair(at)

    def _live(self, at: datetime) -> dict[str, Value]:
        elapsed_s = 0.0 if self._lived_until is None else (at - self._lived_until).total_seconds()
        self._lived_until = at
        hour = local_hour(at)
        if not self.faults & _HALTING:
            self._car.run(elapsed_s, hour)
        return {
            **self._car.values(),
            "machine_room_c": round(27.0 + 4.0 * math.sin((hour - 9) / 24 * math.tau) + self.rng.uniform(-0.2, 0.2), 1),
            "mode": "normal",
            "alarm_button": False,
            "power": True,
            "fault_code": "0",
            "test_call": False,
        }


def _trips_per_hour(hour: float) -> float:
    """Few at night, most when people leave and come home."""
    if hour < 6 or hour >= 23:
        return _NIGHT_TRIPS_PER_HOUR
    rush = max(math.exp(-((hour - 8.0) ** 2)), math.exp(-((hour - 18.5) ** 2) / 2))
    return _BUSY_TRIPS_PER_HOUR * (0.4 + 0.6 * rush)


def _effects(limits: dict[str, float]) -> dict[str, Effect]:
    standing: dict[str, Value] = {"speed_mps": 0.0, "direction": "idle"}
    rated_mps = limits[RATED_SPEED]
    return {
        "entrapment": Effect(
            forces={**standing, "door": "closed", "door_zone": False, "passenger": True, "load_pct": 8},
            once={"alarm_button": True},
        ),
        "moving_door_open": Effect(
            forces={"speed_mps": 0.4, "direction": "down", "door": "open", "door_zone": False, "passenger": False}
        ),
        "overspeed": Effect(
            forces={
                "speed_mps": round(rated_mps * 1.3, 2),
                "direction": "down",
                "door": "closed",
                "door_zone": False,
            }
        ),
        "stopped": Effect(
            forces={
                **standing,
                "door": "closed",
                "door_zone": True,
                "passenger": False,
                "load_pct": 0,
                "mode": "out_of_service",
                "fault_code": STOPPING_CODE,
            }
        ),
        "fault": Effect(forces={"fault_code": MINOR_CODE}),
        "overheat": Effect(forces={"motor_temp_c": limits[MOTOR_LIMIT] + 12.0}),
        "door_held": Effect(forces={**standing, "door": "open", "door_zone": True, "passenger": False, "load_pct": 0}),
        "test_call": Effect(),
    }
