"""Kinds: what a type of device measures, how it is judged by default and how it behaves when simulated.

Promises: a kind is declared whole in one value; everything that differs between kinds is data here, so that a new
kind is one new file under `devices/`. Leaves to others: finding the files (`devices.registry`), decoding
(`devices.decode`), judging (`alerting.judge`), running a fleet (`simulators`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Protocol

import msgspec

from domain.assets import Device
from domain.readings import Channel, Value
from domain.rules import Equals, Rule
from domain.texts import Text


class MetricType(StrEnum):
    """How a metric's value is typed on the wire and in history."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One named value. `low` and `high` are physical limits, inclusive, in `unit`: outside them a value is bad.

    `choices` closes a text metric to these words. `max_length` bounds an open one, in characters.
    """

    name: str
    type: MetricType
    label: Text
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: Mapping[str, Text] | None = None
    max_length: int = 256


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A level that a device's type may change, with its default and unit (the * of the design, section 4)."""

    name: str
    default: float
    unit: str
    label: Text


class Report(msgspec.Struct, frozen=True):
    """What a simulated device sends at one step."""

    channel: Channel
    values: dict[str, Value]


class Behaviour(Protocol):
    """A simulated device. It owns no clock: the fleet steps it at its `interval`."""

    interval: timedelta

    def step(self, at: datetime) -> Sequence[Report]:
        """What the device reports at `at`; its state moves on to that instant. `at` never goes back."""
        ...

    def inject(self, fault: str, at: datetime) -> Sequence[Report]:
        """Begin the named fault (one of the kind's `faults`) and report at once what the real thing would.

        Raises KeyError for a fault that the kind does not have.
        """
        ...

    def repair(self, at: datetime) -> Sequence[Report]:
        """End every fault and report the return to normal."""
        ...


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A type of device, declared whole.

    `interval` is how often such a device reports by default; `samples` are payloads for documents and tests, each
    valid; `behave(device, rng)` makes a simulated one; `faults` names what it can be told to suffer.
    `derive` computes further metrics (a share out of two counts) from values that were found good; it is total, adds
    only metrics that the kind declares, and leaves out what it cannot tell. `explains_silence` names those of its
    rules whose alarm explains why the devices behind it are silent. `inspection` is what it says while a mechanic
    works on it.
    """

    name: str
    label: Text
    metrics: tuple[Metric, ...]
    rules: tuple[Rule, ...]
    interval: timedelta
    samples: tuple[dict[str, Value], ...]
    behave: Callable[[Device, Random], Behaviour]
    faults: Mapping[str, Text]
    limits: tuple[Limit, ...] = ()
    derive: Callable[[Mapping[str, Value]], dict[str, Value]] | None = None
    explains_silence: frozenset[str] = frozenset()
    inspection: Equals | None = None

    @property
    def tells_position(self) -> bool:
        """Whether it says where on earth somebody is: `lat` and `lon`. Personal data, kept for a shorter time."""
        return {"lat", "lon"} <= {metric.name for metric in self.metrics}

    def metric(self, name: str) -> Metric | None:
        """The metric of that name, or None."""
        return next((metric for metric in self.metrics if metric.name == name), None)
