"""Blocking libraries off the event loop: a few threads for one channel alone.

Promises: a receiver that hangs takes threads of its own channel and no other's; what is asked for when all of them hang
fails at its time limit without having begun. Leaves to others: ending what hangs (each channel bounds its own socket).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from domain.errors import NotifierUnavailable

THREADS = 2
"""For one channel. Its lanes queue behind them."""


class ChannelThreads:
    """Two threads, and a time limit for everything that is done in them."""

    def __init__(self, name: str, limit: timedelta) -> None:
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix=f"notify-{name}")
        self._limit = limit

    async def run(self, work: Callable[[], None]) -> None:
        """Do `work` in a thread. Raises NotifierUnavailable when it is not done within the limit."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                await running
        except TimeoutError:
            raise NotifierUnavailable(f"no answer within {self._limit.total_seconds():g} s") from None

    def close(self) -> None:
        """Begin nothing more; what runs ends by its own time limit."""
        self._threads.shutdown(wait=False, cancel_futures=True)
