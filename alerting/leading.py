"""Leading: of several alerting processes one works, the others wait.

    win      look once a second; take the lease when it is free, its holder ended, or it went stale
    keep     renew it once a second, beside the loops
    hand     give it back when everything else has stopped

Promises: `FencedLedger` writes only while the lease is held, checked within each transaction and held until its commit:
a process that was paused and wakes commits nothing. `win` and `keep` go on while the ledger is away; a look that failed
counts for nobody. Leaves to others: the decisions (`domain.lease`), what is done with the lease (`watchkeeper.roles`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime

import structlog

from alerting import metrics
from domain.errors import Conflict, Fenced, Unavailable
from domain.events import EventType
from domain.lease import ALERTING, LOOK_EVERY, Company, Finding, Lease, Outlook, company_of, gives_way, look
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger, Rows, Transaction

LEADER = Actor(ActorType.TIMER, "lease")

log = structlog.get_logger(__name__)


class FencedLedger:
    """A ledger for the holder of a lease: implements `domain.ports.ledger.Ledger`. Looks are anybody's."""

    def __init__(self, ledger: Ledger, lease: Lease) -> None:
        self._ledger, self._lease = ledger, lease

    @contextmanager
    def write(self, *, at: datetime, actor: Actor) -> Iterator[Transaction]:
        """A transaction under the lease. Raises Fenced, and then it did not happen."""
        with self._ledger.write(at=at, actor=actor) as tx:
            tx.leases.hold(self._lease)
            yield tx

    def read(self) -> AbstractContextManager[Rows]:
        """A consistent look."""
        return self._ledger.read()

    def changed(self, since: int) -> int:
        """A number that differs from `since` when anybody committed since."""
        return self._ledger.changed(since)

    def check(self) -> None:
        """Raises LedgerUnavailable when it could not be written now."""
        self._ledger.check()

    def verify(self) -> list[str]:
        """One sentence for each damage."""
        return self._ledger.verify()

    def close(self) -> None:
        """Close what is below."""
        self._ledger.close()


class Leadership:
    """One process's way to the lease and with it. `place` holds the proof that this process lives, if it can."""

    def __init__(self, ledger: Ledger, clock: Clock, holder: str, place: Callable[[], str | None]) -> None:
        self._ledger, self._clock, self._holder, self._place = ledger, clock, holder, place
        self._outlook, self._company = Outlook(), Company()
        self._lease: Lease | None = None
        self._away = self._waiting = False

    async def win(self) -> Lease:
        """Wait until the lease is ours."""
        metrics.LEADING.set(0)
        while True:
            try:
                self._lease = await asyncio.to_thread(self._look, self._clock.now())
            except Unavailable as error:
                self._went_away(error)
            else:
                self._away = False
            if self._lease is not None:
                metrics.LEADING.set(1)
                metrics.LEASE_EPOCH.set(self._lease.epoch)
                return self._lease
            await self._clock.sleep(LOOK_EVERY)

    async def keep(self) -> None:
        """Renew until cancelled. Raises Fenced when another has it, or when we cannot renew and somebody waits."""
        assert self._lease is not None, "win() comes first"
        missed = 0
        renewing: asyncio.Task[None] | None = None
        while True:
            sleeping = asyncio.ensure_future(self._clock.sleep(LOOK_EVERY))
            renewing = renewing or asyncio.create_task(asyncio.to_thread(self._renew, self._clock.now()))
            try:
                await asyncio.wait({sleeping, renewing}, return_when=asyncio.FIRST_COMPLETED)
                missed += 1
                if renewing.done():
                    renewed, renewing = renewing, None
                    with self._told():
                        await renewed
                        missed = 0
                if gives_way(missed, self._company):
                    raise Fenced(f"the lease could not be renewed for {missed} looks, and {self._company.name} waits")
                await sleeping
            finally:
                sleeping.cancel()

    async def hand_over(self) -> None:
        """Give the lease back. When the ledger is away it goes stale instead."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        metrics.LEADING.set(0)
        with suppress(Unavailable):
            await asyncio.to_thread(self._release, lease, self._clock.now())

    def _look(self, at: datetime) -> Lease | None:
        """Take the lease if it is to be had; else say that we wait."""
        place = self._place()
        try:
            with self._ledger.write(at=at, actor=LEADER) as tx:
                seen = tx.leases.get(ALERTING)
                outlook, found = look(self._outlook, seen, place=place)
                if found is Finding.HELD:
                    tx.leases.wait(ALERTING, self._holder)
                    lease = None
                else:
                    lease = tx.leases.take(ALERTING, self._holder, place=place, seen=seen)
                    self._record(tx, lease, found, seen)
        except Conflict:
            self._outlook = Outlook()
            return None
        self._outlook = outlook
        self._tell(seen, lease, found)
        return lease

    def _record(self, tx: Transaction, lease: Lease, found: Finding, before: Lease | None) -> None:
        data = {"role": ALERTING, "holder": lease.holder, "epoch": lease.epoch, "lease_was": found.value}
        if before is not None and before.holder is not None:
            data["before"] = before.holder
        for site in sorted(site.id for site in tx.devices.sites()):
            tx.take(site)
            tx.events.record(EventType.PROCESS_STARTED, site, data=data)

    def _tell(self, seen: Lease | None, lease: Lease | None, found: Finding) -> None:
        if lease is not None:
            metrics.TAKEOVERS.labels(found.value).inc()
            before = seen.holder if seen is not None else None
            log.info("alerting is ours", holder=lease.holder, epoch=lease.epoch, lease_was=found.value, before=before)
        elif not self._waiting and seen is not None:
            log.info("standing by", holder=self._holder, leader=seen.holder, epoch=seen.epoch)
            self._waiting = True

    def _renew(self, at: datetime) -> None:
        assert self._lease is not None
        with self._ledger.write(at=at, actor=LEADER) as tx:
            alone_at = self._company.looks if self._company.name is None else None
            lease = tx.leases.renew(self._lease, alone_at=alone_at)
        self._company = company_of(self._company, lease)
        metrics.STANDBY.set(self._company.name is not None)

    def _release(self, lease: Lease, at: datetime) -> None:
        with self._ledger.write(at=at, actor=LEADER) as tx:
            tx.leases.release(lease)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            self._went_away(error)
        else:
            self._away = False

    def _went_away(self, error: Unavailable) -> None:
        if not self._away:
            log.warning("the lease can be neither looked at nor renewed", error=str(error))
        self._away = True
