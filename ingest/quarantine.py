"""Keeping what was set aside, in the ledger, without holding up what is good.

Promises: a message with something bad is acknowledged after the ledger has it, while the ledger can be reached. Good
readings do not wait for that: turns are stored ahead of it, as many as the broker's receive maximum allows.

The one hard choice is a ledger that stays away. Not to acknowledge keeps bad messages safe at the broker, but once
the receive maximum is full of unacknowledged turns the good ones stop too: storing would depend on the ledger, and a
single bad message would be enough. To acknowledge at once loses bad messages whenever we are killed in that moment.
So: for `PATIENCE` acknowledgement waits (a locked database, a restart of its server); after that, and until the
ledger is back, it does not, and what is set aside waits here in memory, bounded, the oldest making room. Bad messages
may then be lost, and are counted; good readings never are.

A flood of bad messages is treated likewise: more than `MOST_HELD_UP` of them do not hold up acknowledgement, for the
ledger takes some thousands a second and good readings come faster. And because alerting writes to the same ledger,
the writer rests after each transaction as long as that took: alarms find it free at least half of the time.

Leaves to others: the cap and the counting of equal entries (the ledger).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import inf

import structlog

from domain.backoff import pause_after
from domain.errors import LedgerUnavailable
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger
from ingest import metrics
from ingest.turn import SetAside

log = structlog.get_logger()

PATIENCE = timedelta(seconds=10)
"""How long acknowledgement waits for a ledger that is away."""
MOST_WAITING = 10_000
"""The ledger keeps no more entries either."""
MOST_WAITING_BYTES = 32 * 1024 * 1024
"""Of what was acknowledged and waits here. What was not is bounded by the broker's session."""
MOST_HELD_UP = 2000
"""So many wait for the ledger before their messages are acknowledged."""
MOST_AT_ONCE = 250
"""Written in one transaction, 25 to 40 ms with SQLite: an alarm's own transaction waits no longer for it."""
FIRST_PAUSE = timedelta(milliseconds=100)
LONGEST_PAUSE = timedelta(seconds=2)

_ACTOR = Actor(ActorType.PROGRAM, "ingest")


def _place(each: SetAside) -> tuple[str, bytes, str, str]:
    """Where something stands in every replica's transactions: rows locked in two orders would be a deadlock."""
    return each.topic, each.payload, each.reject.reason, each.reject.metric or ""


class Quarantine:
    """One writer, fed by turns. `run` does the writing."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self.away_since: datetime | None = None
        self.error = ""
        self._patient = True
        self._waiting: deque[SetAside] = deque()
        self._waiting_bytes = 0
        self._accepted = 0
        self._done = 0
        self._promised: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._work = asyncio.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="quarantine")

    @property
    def empty(self) -> bool:
        """Whether nothing waits for the ledger, nor is on its way there."""
        return self._done == self._accepted

    def keep(self, set_aside: Sequence[SetAside]) -> asyncio.Future[None]:
        """Take these over. The future is done as soon as their messages may be acknowledged."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.extend(set_aside)
        self._waiting_bytes += sum(len(each.payload) for each in set_aside)
        self._accepted += len(set_aside)
        if set_aside:
            self._promised.append((self._accepted, kept))
            self._work.set()
        else:
            kept.set_result(None)
        if not self._patient or len(self._waiting) > MOST_HELD_UP:
            self._hold_up_no_longer()
        return kept

    async def run(self) -> None:
        """Write what waits, until cancelled."""
        failures = 0
        while True:
            while not self._waiting:
                self._work.clear()
                await self._work.wait()
            began = time.perf_counter()
            part = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            try:
                await asyncio.get_running_loop().run_in_executor(self._worker, self._write, part)
            except LedgerUnavailable as error:
                failures += 1
                self._waiting.extendleft(reversed(part))
                self._went_away(str(error))
                await self._clock.sleep(pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE))
            else:
                failures = 0
                self._came_back()
                self._waiting_bytes -= sum(len(each.payload) for each in part)
                self._finished(len(part))
                await asyncio.sleep(time.perf_counter() - began)  # the machine's time: it is about the ledger's load

    async def close(self) -> None:
        """Wait for a write under way; say what is given up. Unacknowledged ones of it come again."""
        await asyncio.to_thread(self._worker.shutdown)
        if self._waiting:
            log.warning("stopped before everything was quarantined", waiting=len(self._waiting))

    def _write(self, part: Sequence[SetAside]) -> None:
        """In one transaction; one by one where the ledger refuses something for good. In the worker thread."""
        try:
            self._put(part)
        except LedgerUnavailable:
            raise
        except Exception:
            refused = [each for each in part if not self._write_alone(each)]
            if refused:  # nothing is left to be done with them, and behind them others wait
                metrics.REJECTS_LOST.inc(len(refused))
                first = refused[0]
                log.exception("not quarantined", count=len(refused), topic=first.topic, reason=first.reject.reason)

    def _write_alone(self, each: SetAside) -> bool:
        try:
            self._put((each,))
        except LedgerUnavailable:
            raise
        except Exception:  # told once for the whole part by the caller
            return False
        return True

    def _put(self, part: Sequence[SetAside]) -> None:
        with self._ledger.write(at=self._clock.now(), actor=_ACTOR) as transaction:
            for each in sorted(
                part, key=_place
            ):  # replicas that took the same bad messages wait for each other in order
                transaction.quarantine.put(each.topic, each.payload, each.reject)

    def _hold_up_no_longer(self) -> None:
        """Let everything be acknowledged. From here on only we have it, so here the bounds begin."""
        self._keep_promises()
        lost = 0
        while self._waiting and (len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES):
            self._waiting_bytes -= len(self._waiting.popleft().payload)
            lost += 1
        self._done += lost
        metrics.REJECTS_LOST.inc(lost)

    def _finished(self, count: int) -> None:
        self._done += count
        self._keep_promises(up_to=self._done)

    def _keep_promises(self, up_to: float = inf) -> None:
        while self._promised and self._promised[0][0] <= up_to:
            _, kept = self._promised.popleft()
            if not kept.done():  # a stop has cancelled it
                kept.set_result(None)

    def _went_away(self, error: str) -> None:
        now = self._clock.now()
        if self.away_since is None:
            self.away_since = now
            log.warning("quarantine away", error=error)
        self.error = error
        metrics.QUARANTINE_DOWN.set(1)
        if now - self.away_since >= PATIENCE:
            if self._patient:
                log.error("bad messages wait in memory", waiting=len(self._waiting), error=error)
            self._patient = False
            self._hold_up_no_longer()

    def _came_back(self) -> None:
        if self.away_since is not None:
            log.info("quarantine back", waiting=len(self._waiting))
        self.away_since, self.error, self._patient = None, "", True
        metrics.QUARANTINE_DOWN.set(0)
