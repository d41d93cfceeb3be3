"""The ingest loop: receive > decode > store > quarantine > settle.

Promises: a message is acknowledged only after its readings are durable, in history or raw in the spool, in the broker's
order. The three stages work at the same time, each on a turn of its own: the next is decoded while one is stored and
the one before waits for quarantine. What is in memory is bounded by the session's receive maximum and byte limit, also
while the store is away: then nothing is acknowledged and the same turn is tried again. When it stays away, turns go to
the spool and are acknowledged; without one, or while that is full, the broker keeps the rest.
Leaves to others: connecting (the inbox), housekeeping of the store, judging.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from domain.backoff import pause_after
from domain.instants import to_ms
from domain.kinds import Kind
from domain.ports.broker import Batch, Inbox
from domain.ports.clock import Clock
from domain.ports.history import History
from domain.ports.ledger import Ledger
from domain.readings import Message, Reading
from ingest import metrics
from ingest.quarantine import Quarantine
from ingest.spool import Spool
from ingest.spooling import Spooling
from ingest.storing import store
from ingest.turn import LONE, Replica, SetAside, Turn, TurnReader

log = structlog.get_logger()

MOST_MESSAGES = 2000
"""Taken in one turn. Decoding them holds the event loop, and so the API beside it, for about 10 ms."""
FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=5)
STOP_LIMIT_SECONDS = 2.0
"""How long a stop waits for the turns that are under way; what is left comes again from the broker."""


class IngestStatus(NamedTuple):
    """For `/readyz`: whether everything received can be stored, and if not, what is away, since when and why."""

    ready: bool
    detail: str


class IngestLoop:
    """One consumer of readings. `run` it in a task; a stop is its cancellation."""

    def __init__(
        self,
        inbox: Inbox,
        history: History,
        ledger: Ledger,
        kinds: Mapping[str, Kind],
        clock: Clock,
        spool: Spool | None = None,
        replica: Replica = LONE,
    ) -> None:
        """Without `spool`, messages wait at the broker however long history is away. It is closed with the loop."""
        self._inbox, self._history, self._clock = inbox, history, clock
        self.store_down_since: datetime | None = None
        self._store_error = ""
        self._reader, self._spool_reader = TurnReader(kinds, replica), TurnReader(kinds, replica)
        self._spooling = Spooling(spool, clock)
        self._quarantine = Quarantine(ledger, clock)
        self._unsettled: deque[int] = deque()  # receipt of the oldest message of each turn under way
        metrics.OLDEST_SECONDS.set_function(self._oldest_seconds)
        self._to_store: asyncio.Queue[tuple[Batch, Turn] | None] = asyncio.Queue(maxsize=1)
        self._to_settle: asyncio.Queue[tuple[Batch, asyncio.Future[None]] | None] = asyncio.Queue()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="history")

    # The order.

    async def _receive(self) -> None:
        """Take what has arrived and decode it."""
        while True:
            batch = await self._inbox.take(MOST_MESSAGES)
            self._unsettled.append(batch.messages[0].received_ms)
            turn = self._reader.read(batch.messages)
            self._count(batch, turn)
            await self._to_store.put((batch, turn))

    async def _store(self) -> None:
        """Make its readings durable; hand over to quarantine what is bad."""
        while (work := await self._to_store.get()) is not None:
            batch, turn = work
            refused = await self._make_durable(batch.messages, turn.readings)
            kept = self._quarantine.keep([*turn.set_aside, *refused])
            self._to_settle.put_nowait((batch, kept))
        self._to_settle.put_nowait(None)

    async def _settle(self) -> None:
        """Acknowledge, in the order of receipt."""
        while (work := await self._to_settle.get()) is not None:
            batch, kept = work
            await kept
            batch.settle()
            self._unsettled.popleft()
            metrics.LAG_SECONDS.observe((to_ms(self._clock.now()) - batch.messages[0].received_ms) / 1000)

    async def _drain(self) -> None:
        """Store what waits in the spool, oldest first. What is bad of it was handed over when it came."""
        async for messages in self._spooling.waiting():
            readings, failures = self._spool_reader.read(messages).readings, 0
            while (refused := await self._try_to_store(readings)) is None:
                failures += 1
                await self._pause(failures)
            await self._quarantine.keep(refused)

    # Running and telling.

    async def run(self) -> None:
        """Work until cancelled. Turns under way are then finished and acknowledged, within `STOP_LIMIT_SECONDS`.

        Raises what a stage raised: that is a fault of ours, and the process should be started anew.
        """
        receiving = asyncio.create_task(self._receive(), name="ingest receive")
        finishing = (
            asyncio.create_task(self._store(), name="ingest store"),
            asyncio.create_task(self._settle(), name="ingest settle"),
        )
        beside = (
            asyncio.create_task(self._quarantine.run(), name="ingest quarantine"),
            asyncio.create_task(self._drain(), name="ingest drain"),
        )
        stages = (receiving, *finishing, *beside)
        try:
            done, _ = await asyncio.wait(stages, return_when=asyncio.FIRST_COMPLETED)
            for stage in done:
                stage.result()
        except asyncio.CancelledError:
            receiving.cancel()
            if self.store_down_since is None or not self._spooling.empty:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STOP_LIMIT_SECONDS):
                        await self._to_store.put(None)
                        await asyncio.wait(finishing)
            raise
        finally:
            for stage in stages:
                stage.cancel()
            await asyncio.gather(*stages, return_exceptions=True)
            await asyncio.to_thread(self._worker.shutdown)  # history may be closed after us: not under a write
            await self._quarantine.close()
            await self._spooling.close()

    def status(self) -> IngestStatus:
        """Whether it can do its work now."""
        told = []
        if self.store_down_since is not None:
            told.append(f"history is away since {self.store_down_since.isoformat()}: {self._store_error}")
        if self._quarantine.away_since is not None:
            told.append(f"quarantine is away since {self._quarantine.away_since.isoformat()}: {self._quarantine.error}")
        ready, spooled = not told, self._spooling.told(filling=self.store_down_since is not None)
        return IngestStatus(ready, "; ".join([*told, spooled] if spooled else told))

    @property
    def idle(self) -> bool:
        """Whether all that was taken is in history or in quarantine, and acknowledged."""
        return not self._unsettled and self._spooling.empty and self._quarantine.empty

    # Inside.

    async def _make_durable(self, messages: Sequence[Message], readings: Sequence[Reading]) -> list[SetAside]:
        """In history, or in the spool; however often it must be tried. Return what history refuses for good."""
        if not readings:
            return []
        began, failures = time.perf_counter(), 0
        while True:
            if self._spooling.wanted(self.store_down_since) and await self._spooling.keep(messages):
                return []
            if self._spooling.empty:
                refused = await self._try_to_store(readings)
                if refused is not None:
                    metrics.STORE_SECONDS.observe(time.perf_counter() - began)
                    return refused
            failures += 1
            await self._pause(failures)

    async def _try_to_store(self, readings: Sequence[Reading]) -> list[SetAside] | None:
        """What history refuses for good of what it took; None while it takes nothing."""
        try:
            refused = await asyncio.get_running_loop().run_in_executor(self._worker, store, self._history, readings)
        except Exception as error:  # whatever it is: to give up would lose what the broker was promised
            self._store_went_away(error)
            return None
        self._store_came_back()
        metrics.READINGS.inc(len(readings) - len(refused))
        return refused

    def _oldest_seconds(self) -> float:
        oldest_ms = next(iter(self._unsettled), None)
        return 0.0 if oldest_ms is None else (to_ms(self._clock.now()) - oldest_ms) / 1000

    async def _pause(self, failures: int) -> None:
        await self._clock.sleep(pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE))

    def _store_went_away(self, error: Exception) -> None:
        if self.store_down_since is None:
            self.store_down_since = self._clock.now()
            log.error("history away", error=str(error))
        self._store_error = str(error)
        metrics.STORE_DOWN.set(1)

    def _store_came_back(self) -> None:
        if self.store_down_since is not None:
            log.info("history back", away_since=self.store_down_since.isoformat())
            self.store_down_since, self._store_error = None, ""
            metrics.STORE_DOWN.set(0)
            self._spooling.forget_failure()

    def _count(self, batch: Batch, turn: Turn) -> None:
        metrics.MESSAGES.inc(len(batch.messages))
        metrics.BATCH.observe(len(batch.messages))
        metrics.BACKLOG.set(self._inbox.backlog)
        for reason, count in Counter(each.reject.reason for each in turn.set_aside).items():
            metrics.REJECTS.labels(reason.value).inc(count)
