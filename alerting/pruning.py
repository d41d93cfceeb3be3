"""Letting go of what is old in the ledger: events and the rows that ended with them, and sign-ins that ran out.

Promises: a little at a time, each step one short transaction with a rest after it, so that an alarm never waits for it;
nothing without a retention. Needs nobody: what fails is tried again an hour later. Leaves to others: cutting the chain
so that it stays proof (the ledger), readings (history's own retention).
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from alerting import metrics
from domain.errors import Fenced, LedgerDamaged, Unavailable
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger

LOOK_EVERY = timedelta(hours=1)
STEP_EVENTS = 500
"""Cut off in one transaction."""
REST = timedelta(seconds=1)
"""Between two steps: a day's 10,000 events are gone within half a minute."""

_ACTOR = Actor(ActorType.TIMER, "retention")

log = structlog.get_logger(__name__)


class Pruning:
    """One loop beside the others of whoever alerts."""

    def __init__(self, ledger: Ledger, clock: Clock, retention: timedelta | None) -> None:
        """`retention` is how long events are kept; None for ever."""
        self._ledger, self._clock, self._retention = ledger, clock, retention

    async def run(self) -> None:
        """Look once an hour, until cancelled. Raises Fenced."""
        while True:
            try:
                await self.look()
            except Fenced:
                raise
            except Unavailable as error:
                log.info("nothing pruned, trying again later", error=str(error))
            except LedgerDamaged:
                log.exception("nothing pruned: run `watchkeeper ledger verify`")
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Let go of all that is old now."""
        await asyncio.to_thread(self._drop_sessions, self._clock.now())
        if self._retention is None:
            return
        for site in await asyncio.to_thread(self._sites):
            while await asyncio.to_thread(self._step, site, self._clock.now()):
                await self._clock.sleep(REST)

    def _drop_sessions(self, at: datetime) -> None:
        with self._ledger.write(at=at, actor=_ACTOR) as tx:
            tx.accounts.drop_expired_sessions()

    def _sites(self) -> list[str]:
        with self._ledger.read() as rows:
            return sorted(rows.events.head().seen)

    def _step(self, site: str, at: datetime) -> bool:
        assert self._retention is not None
        with self._ledger.write(at=at, actor=_ACTOR) as tx:
            tx.take(site)
            event = tx.events.prune(site, before=at - self._retention, most=STEP_EVENTS)
        if event is not None:
            metrics.PRUNED.inc()
            log.info("old events left the ledger", site=site, up_to=event.data["last"], excerpt=event.data["excerpt"])
        return event is not None
