"""The clock port. Only loops hold one; decisions take `at`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where loops read the time and wait. System, scaled and manual ones are in `adapters.clock`."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    async def sleep(self, span: timedelta) -> None:
        """Return after `span` on this clock. A span of zero or less gives other tasks a turn."""
        ...
