"""Elevators: what they measure (`metrics`), how they are judged (`rules`), how a simulated one runs (`behaviour`).

Promises: the kind `elevator`, declared whole. Leaves to others: which fault codes stop a car (config, by vendor).
"""

from __future__ import annotations

from datetime import timedelta

from devices.elevator.behaviour import FAULTS, SimulatedElevator
from devices.elevator.metrics import LABEL, LIMITS, METRICS, NAME, SAMPLES
from devices.elevator.rules import RULES
from domain.kinds import Kind
from domain.rules import Equals

KINDS = (
    Kind(
        name=NAME,
        label=LABEL,
        metrics=METRICS,
        rules=RULES,
        interval=timedelta(seconds=10),
        samples=SAMPLES,
        behave=SimulatedElevator,
        faults=FAULTS,
        limits=LIMITS,
        inspection=Equals(metric="mode", value="inspection"),
    ),
)
