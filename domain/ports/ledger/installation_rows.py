"""Rows of the installation, one protocol a noun: the memory of judging, chains of events, accounts, signs of life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from domain.events import Cursor, Event, EventType
from domain.lease import Lease
from domain.people import Actor, Person, Session, Token
from domain.ports.ledger.values import (
    EventFilter,
    Heartbeat,
    Page,
    ProcessBeat,
    QuarantineEntry,
)
from domain.readings import Reject


class MemoryRows(Protocol):
    """What judging remembers of each device, as opaque bytes: it survives a restart."""

    def load(self, site: str | None = None) -> Iterable[tuple[str, str, bytes]]:
        """(site, device, memory) of all devices."""
        ...

    def get(self, site: str, device: str) -> bytes | None: ...

    def put_many(self, rows: Sequence[tuple[str, str, bytes]]) -> None: ...


class EventRows(Protocol):
    """The chains."""

    def record(
        self,
        type: EventType,
        site: str,
        *,
        alarm: str | None = None,
        work_order: str | None = None,
        device: str | None = None,
        data: Mapping[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> Event:
        """Append to the site's chain (`take` it first), at the transaction's instant and by its actor unless another
        is given. The digests of alarms and orders that the transaction put since the last event are added to it.
        """
        ...

    def after(
        self, cursor: Cursor, *, sites: frozenset[str] | None, most: int, types: frozenset[EventType] | None = None
    ) -> list[Event]:
        """Events beyond the cursor, oldest first within each site; `types` None gives all."""
        ...

    def head(self, sites: frozenset[str] | None = None) -> Cursor:
        """The newest number of each site."""
        ...

    def of_alarm(self, alarm_id: str) -> list[Event]: ...

    def of_order(self, order_id: str) -> list[Event]: ...

    def page(self, which: EventFilter, *, after: str | None, most: int) -> Page[Event]:
        """Newest first. A page may be shorter than `most`, or empty, and still have a `next`."""
        ...

    def prune(self, site: str, *, before: datetime, most: int) -> Event | None:
        """Cut the site's chain (`take` it first) at its beginning: up to `most` events from before an instant.

        They and the rows that ended with them go to an excerpt; what is left verifies. The event that says so; None
        when there was nothing to cut. Raises LedgerDamaged where they do not fit their seals.
        """
        ...


class QuarantineRows(Protocol):
    """What could not be read. Written by ingest alone."""

    def put(self, topic: str, payload: bytes, reject: Reject) -> None:
        """Add one, or count it when the same is there. The oldest entries make room beyond the cap of 10,000."""
        ...

    def page(self, *, after: str | None, most: int) -> Page[QuarantineEntry]: ...

    def total(self) -> int:
        """The sum of all counts since the ledger began."""
        ...


class AccountRows(Protocol):
    """People, tokens and sessions."""

    def person(self, name: str) -> Person | None: ...

    def people(self) -> list[Person]: ...

    def put_person(self, person: Person) -> None: ...

    def token(self, digest: str) -> Token | None: ...

    def tokens(self) -> list[Token]: ...

    def put_token(self, token: Token) -> None: ...

    def session(self, digest: str) -> Session | None: ...

    def put_session(self, session: Session) -> None: ...

    def end_session(self, digest: str) -> None: ...

    def end_sessions_of(self, person: str) -> None: ...

    def drop_expired_sessions(self) -> int:
        """Sign-ins that ended by themselves before the transaction's instant go; how many there were."""
        ...


class HeartbeatRows(Protocol):
    """Proofs of life: of alerting by site, and of processes by role and ordinal."""

    def beat(self, *heartbeats: Heartbeat) -> None: ...

    def all(self) -> list[Heartbeat]:
        """Those by site."""
        ...

    def beat_process(self, beat: ProcessBeat) -> None: ...

    def processes(self, role: str) -> list[ProcessBeat]:
        """The newest of each ordinal, in their order."""
        ...

    def forget_process(self, role: str, ordinal: int) -> None:
        """It is gone for good, and nobody misses it. Again is a no-op."""
        ...


class MarkRows(Protocol):
    """Small named texts that must survive a restart: how far a publisher came, which rules are current."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...


class LeaseRows(Protocol):
    """Leases (`domain.lease`). Acts that change a lease are conditional: of two processes one succeeds."""

    def get(self, name: str) -> Lease | None:
        """As it was committed last; None when nobody ever took it."""
        ...

    def take(self, name: str, holder: str, *, place: str | None, seen: Lease | None) -> Lease:
        """Hold it under a new epoch, if it still is as it was `seen`. Raises Conflict when it is not.

        Waits for transactions that hold it (`hold`): none of theirs commits after this one.
        """
        ...

    def renew(self, lease: Lease, *, alone_at: int | None) -> Lease:
        """Say that its holder lives; the lease as it is now. Raises Fenced.

        Who waited is forgotten if `standby_looks` still is `alone_at`: None forgets nobody.
        """
        ...

    def wait(self, name: str, standby: str) -> None:
        """Say that somebody waits for it."""
        ...

    def hold(self, lease: Lease) -> None:
        """Hold it until the end of this transaction: nobody takes it meanwhile. Raises Fenced when somebody has."""
        ...

    def release(self, lease: Lease) -> None:
        """Hand it over: the next look takes it. Does nothing when another has it already."""
        ...
