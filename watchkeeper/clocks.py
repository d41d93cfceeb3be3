"""The clock of a process: the machine's, or for a rehearsal one that runs faster.

Promises: all processes of an installation that were told the same see the same time. Leaves to others: what the time is
used for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.clock import ScaledClock, SystemClock
from domain.errors import ConfigError

if TYPE_CHECKING:
    from domain.ports.clock import Clock
    from watchkeeper.settings import Settings


def open_clock(settings: Settings) -> Clock:
    """The clock that the settings ask for. Raises ConfigError."""
    if settings.clock_speed == 1:
        return SystemClock()
    if settings.clock_from is None or settings.clock_from.tzinfo is None:
        raise ConfigError(
            file="settings",
            place="clock_from",
            problem="a clock that does not run as the machine's must say since when",
            remedy="Give every process the same instant, like 2026-03-02T08:00:00Z; `run` does so by itself.",
        )
    return ScaledClock(settings.clock_from, settings.clock_speed, origin=settings.clock_from)
