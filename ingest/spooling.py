"""Using the spool: when messages go there, and their way out.

Promises: nothing goes there in the usual case. Once history is away for `SPOOL_AFTER`, messages do, and so does all
that comes while something waits there: what comes out is in the order of receipt. A spool that is full or whose disk
fails takes nothing, and says so; then nothing is acknowledged and the broker keeps the rest.
Leaves to others: files (`ingest.spool`), storing (`ingest.loop`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from domain.errors import SpoolUnavailable
from domain.ports.clock import Clock
from domain.readings import Message
from ingest import metrics
from ingest.spool import FRAME_BYTES, Segment, Spool, read_frame

log = structlog.get_logger()

SPOOL_AFTER = timedelta(seconds=60)
"""A restart of the store is over by then; the broker bears the wait."""
PAUSE = timedelta(seconds=5)
"""After the spool could not be read."""

DRAINED_TOGETHER = 2000
"""Messages of small frames that are given out together, of the same segment. What trickles in goes to the disk in small
turns; stored one by one they would come out hardly faster than new ones come in."""

_MIB = 1024 * 1024
_T = TypeVar("_T")


class Spooling:
    """One spool, or none. What is done with its files is done in a thread of its own."""

    def __init__(self, spool: Spool | None, clock: Clock) -> None:
        self._spool, self._clock = spool, clock
        self.error = ""
        self._began: datetime | None = None
        self._appended_bytes = 0
        self._came = asyncio.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
        metrics.SPOOL_LIMIT_BYTES.set(0 if spool is None else spool.limit_bytes)
        self._measure()

    @property
    def empty(self) -> bool:
        """Whether nothing waits there."""
        return self._spool is None or self._spool.empty

    def wanted(self, store_down_since: datetime | None) -> bool:
        """Whether messages should go to the spool, not to history."""
        if self._spool is None:
            return False
        down = store_down_since is not None and self._clock.now() - store_down_since >= SPOOL_AFTER
        return down or not self._spool.empty

    async def keep(self, messages: Sequence[Message]) -> bool:
        """Put messages behind what waits; whether they are on the disk."""
        assert self._spool is not None
        before = self._spool.size_bytes
        try:
            await self._do(self._spool.append, messages)
        except SpoolUnavailable as error:
            self._failed(error)
            return False
        if self.error or self._began is None:
            log.warning("readings go to the spool", folder=str(self._spool.folder))
        self._began = self._began or self._clock.now()
        self._appended_bytes += max(0, self._spool.size_bytes - before)
        metrics.SPOOLED.inc(len(messages))
        self.forget_failure()
        self._measure()
        self._came.set()
        return True

    def forget_failure(self) -> None:
        """It takes messages again, or none have to go there any more."""
        self.error = ""
        metrics.SPOOL_DOWN.set(0)

    async def waiting(self) -> AsyncIterator[list[Message]]:
        """What waits, oldest first, without end. A segment is forgotten when more is asked for after its last part."""
        while True:
            self._came.clear()
            try:
                number = None if self._spool is None else await self._do(self._spool.oldest)
                if self._spool is None or number is None:
                    self._drained()
                    await self._came.wait()
                    continue
                for part in self._parts(number, await self._do(self._spool.read, number)):
                    yield part
                await self._do(self._spool.remove, number)
                self._measure()
            except SpoolUnavailable as error:
                self._failed(error)
                await self._clock.sleep(PAUSE)

    def told(self, *, filling: bool) -> str:
        """One phrase for `/readyz`: how full it is, how long it lasts, what it suffers. Empty while it is not used."""
        if self._spool is None or (self._spool.empty and not (filling and self.error)):
            return ""
        told = f"spool holds {self._spool.size_bytes / _MIB:.1f} of {self._spool.limit_bytes // _MIB} MiB"
        left = self._left()
        if self.error:
            return f"{told}: {self.error}"
        if not filling:
            return f"{told} and drains"
        return told if left is None else f"{told}, full in about {_roughly(left)} at this pace"

    async def close(self) -> None:
        """Wait for what is under way; what waits stays."""
        await asyncio.to_thread(self._worker.shutdown)
        if self._spool is not None:
            self._spool.close()

    async def _do(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, partial(work, *arguments))

    def _parts(self, number: int, segment: Segment) -> Iterator[list[Message]]:
        """The messages of a segment, some frames together; what the disk lost is told."""
        decayed, part, size_bytes = segment.decayed, list[Message](), 0
        for frame in segment.frames:
            try:
                messages = read_frame(frame)
            except ValueError:
                decayed += 1
                continue
            part += messages
            size_bytes += sum([len(message.payload) for message in messages])
            if len(part) >= DRAINED_TOGETHER or size_bytes >= FRAME_BYTES:
                yield part
                part, size_bytes = [], 0
        if part:
            yield part
        if decayed:
            metrics.SPOOL_DECAYED.inc(decayed)
            log.error("the disk lost what was in the spool", segment=number, frames=decayed)
        if segment.rest_bytes:  # of a frame that nobody was told to be kept
            log.info("spool ends in a torn frame", segment=number, bytes=segment.rest_bytes)

    def _failed(self, error: SpoolUnavailable) -> None:
        if not self.error:
            log.error("spool away", error=str(error))
        self.error = str(error)
        metrics.SPOOL_DOWN.set(1)

    def _drained(self) -> None:
        if self._began is not None:
            log.info("spool drained", since=self._began.isoformat())
        self._began, self._appended_bytes = None, 0
        self._measure()

    def _left(self) -> timedelta | None:
        """Until it is full, at the pace of this outage; None while nothing goes there."""
        if self._spool is None or self._began is None or not self._appended_bytes:
            return None
        span = max(self._clock.now() - self._began, timedelta(seconds=1))
        return (self._spool.limit_bytes - self._spool.size_bytes) / self._appended_bytes * span

    def _measure(self) -> None:
        if self._spool is not None:
            metrics.SPOOL_BYTES.set(self._spool.size_bytes)
            left = self._left()
            metrics.SPOOL_SECONDS_LEFT.set(-1 if left is None else left.total_seconds())


def _roughly(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
