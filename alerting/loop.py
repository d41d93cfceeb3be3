"""The alerting loop: take > turn > acknowledge, and a tick whenever something falls due.

Promises: a message is acknowledged only after the turn that judged it is in the ledger. It takes what has arrived and
waits for nothing more. All ledger work is done in one worker thread. While the ledger is away nothing is acknowledged,
the same turn is tried again, and no heartbeat is written: whoever watches us sees it.
Leaves to others: what a turn and a tick do (`alerting.turn`), connecting (the inbox), telling the broker about it
(`alerting.publish`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import structlog

from alerting import metrics
from alerting.desk import Desk
from alerting.turn import Turned, Watchroom
from domain.backoff import pause_after
from domain.errors import Fenced, Unavailable
from domain.instants import to_ms
from domain.kinds import Kind
from domain.ports.broker import Batch, Inbox
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger
from domain.rules import Rule

T = TypeVar("T")

MOST_MESSAGES = 1_000
"""Taken at once: under full load an alarm waits for one turn, about 50 ms, before its own."""

TICK_EVERY = timedelta(seconds=1)
TICK_LEAST = timedelta(milliseconds=10)
"""Between two ticks, whatever falls due."""

AT_ONCE = datetime.min.replace(tzinfo=UTC)

FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=5)

STOP_LIMIT_SECONDS = 2.0
"""How long a stop waits for the turn under way; what is left comes again from the broker."""

log = structlog.get_logger(__name__)


class AlertingLoop:
    """One consumer of readings that judges them. `run` it in a task; a stop is its cancellation.

    `on_told` is called after each commit that wrote events, in the event loop's thread.
    """

    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        desk: Desk,
        kinds: Mapping[str, Kind],
        rules: Sequence[Rule],
        clock: Clock,
        on_told: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox, self._clock, self._on_told = inbox, clock, on_told
        self._room = Watchroom(ledger, desk, kinds, rules)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="alerting")
        self._connected: bool | None = None
        self._ticked_at: datetime | None = None
        self.ledger_down_since: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled. A turn under way is then finished and acknowledged, within `STOP_LIMIT_SECONDS`.

        Raises Fenced when another process judges in our place: nothing more is acknowledged.
        """
        taking: asyncio.Task[Batch] | None = None
        try:
            await self._finish(self._insist(self._room.resume))
            while True:
                taking = taking or asyncio.create_task(self._inbox.take(MOST_MESSAGES), name="alerting take")
                await self._wait(taking)
                if taking.done():
                    batch, taking = taking.result(), None
                    await self._finish(self._judge(batch))
                if self._clock.now() >= self._tick_due():
                    await self._finish(self._tick())
        finally:
            if taking is not None:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)
            await self._close()

    async def _judge(self, batch: Batch) -> None:
        """Judge, enter, acknowledge: in as many turns as it takes, and acknowledged at the end."""
        left = batch.messages

        def judge(at: datetime) -> Turned:
            self._look(at)
            return self._room.turn(left, at)

        while left:
            began = self._clock.now()
            turned = await self._insist(judge)
            left = left[turned.judged :]
            ended = self._clock.now()
            metrics.TURN_SECONDS.observe((ended - began).total_seconds())
            if turned.oldest_ms is not None:
                metrics.RAISE_SECONDS.observe((to_ms(ended) - turned.oldest_ms) / 1000)
            if turned.told:
                self._on_told()
        batch.settle()

    async def _tick(self) -> None:
        """Do what time alone brings about."""

        def tick(at: datetime) -> Turned:
            self._look(at)
            return self._room.tick(at)

        turned = await self._insist(tick)
        self._ticked_at = self._clock.now()
        if turned.told:
            self._on_told()

    async def _wait(self, taking: asyncio.Task[Batch]) -> None:
        """Until messages are there or a tick is due."""
        await asyncio.sleep(0)  # what has arrived already needs no timer
        span = self._tick_due() - self._clock.now()
        if taking.done() or span <= timedelta(0):
            return
        sleeping = asyncio.ensure_future(self._clock.sleep(span))
        try:
            await asyncio.wait({taking, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()

    def _tick_due(self) -> datetime:
        if self._ticked_at is None:  # not *now*: however soon one asks, the clock has moved on since
            return AT_ONCE
        due, regular = self._room.next_due, self._ticked_at + TICK_EVERY
        return max(min(due or regular, regular), self._ticked_at + TICK_LEAST)

    def _look(self, at: datetime) -> None:
        """Tell the watchroom what we can see, in its own thread."""
        since_ms, backlog = self._inbox.connected_since_ms, self._inbox.backlog
        self._room.look(at, session_ms=since_ms, backlog=backlog)
        metrics.CONNECTED.set(self._room.sight.connected)
        metrics.CAUGHT_UP.set(self._room.sight.caught_up)
        metrics.BACKLOG.set(backlog)
        connected = since_ms is not None
        if connected != self._connected:
            if connected:
                log.info("broker session is up", since_ms=since_ms)
            else:
                log.warning("no broker session: nothing is heard, and silence does not count")
            self._connected = connected

    async def _insist(self, work: Callable[[datetime], T]) -> T:
        """Do `work` in the worker thread at the present instant, however often it must be tried."""
        failures = 0
        while True:
            try:
                done = await asyncio.get_running_loop().run_in_executor(self._worker, work, self._clock.now())
            except Fenced:
                raise  # somebody else does it now
            except Exception as error:  # to give up would lose what the broker was promised
                failures += 1
                self._ledger_went_away(error)
                await self._clock.sleep(pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE))
            else:
                self._ledger_came_back()
                return done

    def _ledger_went_away(self, error: Exception) -> None:
        metrics.LEDGER_FAILURES.inc()
        if self.ledger_down_since is None:
            self.ledger_down_since = self._clock.now()
            log.error(
                "the ledger cannot be written: nothing is acknowledged until it can",
                error=str(error),
                exc_info=None if isinstance(error, Unavailable) else error,
            )

    def _ledger_came_back(self) -> None:
        if self.ledger_down_since is not None:
            log.info("the ledger can be written again", away_since=self.ledger_down_since.isoformat())
            self.ledger_down_since = None

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`; when we are stopped meanwhile, let it come to its end first, for a while."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=STOP_LIMIT_SECONDS)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise

    async def _close(self) -> None:
        """Write memories that may follow later, and let the thread go: the ledger is closed after us."""
        closing = asyncio.get_running_loop().run_in_executor(self._worker, self._room.close, self._clock.now())
        with contextlib.suppress(Unavailable, Fenced, TimeoutError):
            await asyncio.wait_for(asyncio.shield(closing), STOP_LIMIT_SECONDS)
        await asyncio.to_thread(self._worker.shutdown)
