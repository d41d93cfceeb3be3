"""Memory: what judging remembers of one device between two readings, and its form in the ledger.

Promises: immutable values without cycles, so that thousands a second cost the garbage collector nothing; what was
written by another version, or was damaged, is read as *nothing remembered* and logged, so that a start never fails
over it (open alarms are then taken up from the ledger by `alerting.resume`).
Leaves to others: changing it (`alerting.facts`, `alerting.settle`), when it is written (`alerting.turn`).
"""

from __future__ import annotations

from enum import IntEnum

import msgspec
import structlog

from alerting.facts import NOTHING_KNOWN, Facts
from domain.readings import Value

FORMAT = 1
"""Grows with every change of the shape below."""

Remembered = int | tuple[Value, ...] | None
"""What one leaf of a condition remembers: a number, or what it has seen in its window (see `alerting.judge`)."""

log = structlog.get_logger(__name__)


class Phase(IntEnum):
    """Where a rule stands on a device."""

    QUIET = 0
    HOLDING = 1  # the condition is true, its on-delay runs
    ACTIVE = 2
    CLEARING = 3  # the condition is false, its off-delay runs


class LateRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Late readings that said true about the same time, by the device's clock."""

    from_ms: int
    to_ms: int


class ConditionMemory(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One rule on one device.

    `when`: whether the condition itself was true when last judged, whatever its filter said. `since_ms`: begin of
    the running hold. `leaves`: what each leaf remembers (see `alerting.judge`). `due_ms`: when to look again without
    a reading. `told`: spans of the device's clock in which telemetry is known to have said true (life safety only).
    `raises`: our own clock at its newest raises, and `chattering` whether they were too many (`alerting.chatter`).
    """

    phase: Phase = Phase.QUIET
    when: bool = False
    since_ms: int | None = None
    leaves: tuple[Remembered, ...] = ()
    due_ms: int | None = None
    told: tuple[tuple[int, int], ...] = ()
    late: LateRun | None = None
    raises: tuple[int, ...] = ()
    chattering: bool = False

    @property
    def engaged(self) -> bool:
        """Whether every message of the device concerns this rule, not only one that changes its metrics."""
        return self.when or self.phase is not Phase.QUIET


QUIET = ConditionMemory()


class DeviceMemory(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Facts, and the rules that have something to remember, by name."""

    facts: Facts = NOTHING_KNOWN
    conditions: dict[str, ConditionMemory] = {}

    @property
    def due_ms(self) -> int | None:
        """The first instant at which a rule must be looked at without a reading."""
        return min((c.due_ms for c in self.conditions.values() if c.due_ms is not None), default=None)


NO_MEMORY = DeviceMemory()

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[int, DeviceMemory])


def encode(memory: DeviceMemory) -> bytes:
    """The memory for `Transaction.memories`."""
    return _encoder.encode((FORMAT, memory))


def decode(site: str, device: str, stored: bytes) -> DeviceMemory:
    """The opposite of `encode`; an empty memory for what cannot be read."""
    try:
        version, memory = _decoder.decode(stored)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        log.warning("memory_unreadable", site=site, device=device, error=str(error))
        return NO_MEMORY
    if version != FORMAT:
        log.warning("memory_of_another_version", site=site, device=device, version=version)
        return NO_MEMORY
    return memory
