"""Looking at our own machine: disks and clocks.

Promises: values for `domain.machine`; a folder that cannot be looked at is left out (its own part says why). Leaves to
others: what they mean.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from domain.machine import ClockLook, DiskUse, MachineLook

# counts on while the machine sleeps, where the system has such a clock (Linux)
_RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def look_at_machine(folders: Mapping[str, Path]) -> MachineLook:
    """Both clocks now, and the disks of these folders by name."""
    return MachineLook(ClockLook(datetime.now(UTC), time.clock_gettime(_RUNNING)), look_at_disks(folders))


def look_at_disks(folders: Mapping[str, Path]) -> tuple[DiskUse, ...]:
    """The disks of these folders; of two folders on one disk only the first."""
    found: dict[int, DiskUse] = {}
    for name, folder in folders.items():
        try:
            device, room = os.stat(folder).st_dev, os.statvfs(folder)
        except OSError:
            continue
        # blocks kept back for root are neither free for us nor used: they count as used
        use = DiskUse(name, str(folder), room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize)
        found.setdefault(device, use)
    return tuple(found.values())
