"""Our own machine: whether its disks fill up, and whether its clock can be believed.

Promises: pure decisions on what was looked at; nothing here reads a disk or a clock. A clock that was set is told by
comparing it with one that only counts up, and that also counts while the machine sleeps: a machine that slept did not
change its clock. What cannot be told from one machine alone: that both were wrong from the start.
Leaves to others: looking (`adapters.machine`), alarms (`alerting.own_machine`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

NEARLY_FULL_PCT = 85.0
ROOMY_AGAIN_PCT = 82.0
"""Below this a disk that was nearly full counts as roomy again."""

JUMP_S = 2.0
"""So much between two looks is no correction: time services correct smaller differences slowly, at 0.5 ms a second."""

DRIFT_S = 5.0
DRIFT_WITHIN = timedelta(hours=1)
"""So much within this, in steps too small to be jumps: the machine's own clock is broken, or is being pulled about."""

STEADY_AFTER = timedelta(minutes=10)
"""A clock that moved is believed again after this long without another move."""


class DiskUse(msgspec.Struct, frozen=True):
    """The disk that holds a folder of ours. `free_bytes` is what we may still write."""

    name: str
    folder: str
    total_bytes: int
    free_bytes: int

    @property
    def used_pct(self) -> float:
        """How full it is for us, in percent."""
        return 100.0 * (1 - self.free_bytes / self.total_bytes) if self.total_bytes else 0.0

    def told(self) -> str:
        """One sentence for a person."""
        return f"{self.folder}: its disk is {self.used_pct:.0f} % full, {self.free_bytes // 2**20} MiB are free"


def nearly_full(use: DiskUse, *, was: bool = False) -> bool:
    """Whether a disk is nearly full, given whether it was."""
    return use.used_pct >= (ROOMY_AGAIN_PCT if was else NEARLY_FULL_PCT)


class ClockLook(msgspec.Struct, frozen=True):
    """Both clocks at one moment: the one that can be set, and the seconds of one that only counts up."""

    wall: datetime
    running_s: float


class ClockMove(msgspec.Struct, frozen=True):
    """The clock was set or drifted by `seconds` (negative: back). `at_running_s` is when that was seen."""

    seconds: float
    jumped: bool
    at_running_s: float


class ClockMemory(msgspec.Struct, frozen=True):
    """What watching the clock remembers: the last look, what drift is measured from, and the last move."""

    last: ClockLook
    reference: ClockLook
    move: ClockMove | None = None


def begin_clock(look: ClockLook) -> ClockMemory:
    """The memory of a process that just started."""
    return ClockMemory(look, look)


def look_at_clock(memory: ClockMemory, look: ClockLook) -> ClockMemory:
    """The memory after another look. A `move` that is not the one before was seen just now."""
    step_s, since_reference_s = _ahead_s(memory.last, look), _ahead_s(memory.reference, look)
    if abs(step_s) >= JUMP_S:
        return ClockMemory(look, look, ClockMove(step_s, jumped=True, at_running_s=look.running_s))
    if abs(since_reference_s) >= DRIFT_S:
        return ClockMemory(look, look, ClockMove(since_reference_s, jumped=False, at_running_s=look.running_s))
    aged = look.running_s - memory.reference.running_s >= DRIFT_WITHIN.total_seconds()
    move = memory.move
    if move is not None and look.running_s - move.at_running_s >= STEADY_AFTER.total_seconds():
        move = None
    return ClockMemory(look, look if aged else memory.reference, move)


def _ahead_s(earlier: ClockLook, later: ClockLook) -> float:
    """By how much the clock that can be set went faster than the other between two looks."""
    return (later.wall - earlier.wall).total_seconds() - (later.running_s - earlier.running_s)


class MachineLook(msgspec.Struct, frozen=True):
    """Everything that was looked at at one moment."""

    clock: ClockLook
    disks: tuple[DiskUse, ...]
