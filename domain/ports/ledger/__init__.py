"""The ledger port: registry, alarms, work orders, accounts and the chain of events. Synchronous: call it off the loop.

Promises made by an adapter, and checked by one suite over all: a transaction happens whole or not at all; within one
that took a site (`take`) nobody else changes that site until it ends; events are numbered without gaps and sealed.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from domain.people import Actor
from domain.ports.ledger.installation_rows import (
    AccountRows,
    EventRows,
    HeartbeatRows,
    LeaseRows,
    MarkRows,
    MemoryRows,
    QuarantineRows,
)
from domain.ports.ledger.property_rows import (
    AlarmRows,
    AttachmentRows,
    DeviceRows,
    DutyRows,
    FloodRows,
    MeasureRows,
    NoticeRows,
    OrderRows,
    OverrideRows,
    RoundRows,
    RouteRows,
)
from domain.ports.ledger.values import (
    CLOCK_CALLS,
    CURRENT_RULES,
    WHOLE_INSTALLATION,
    Agenda,
    AlarmFilter,
    DeviceFilter,
    EventFilter,
    Heartbeat,
    NoticeFilter,
    OrderFilter,
    Page,
    ProcessBeat,
    QuarantineEntry,
    RaisedBy,
    Raises,
    RoundFilter,
)

__all__ = [
    "CLOCK_CALLS",
    "CURRENT_RULES",
    "WHOLE_INSTALLATION",
    "AccountRows",
    "Agenda",
    "AlarmFilter",
    "AlarmRows",
    "AttachmentRows",
    "DeviceFilter",
    "DeviceRows",
    "DutyRows",
    "EventFilter",
    "EventRows",
    "FloodRows",
    "Heartbeat",
    "HeartbeatRows",
    "LeaseRows",
    "Ledger",
    "MarkRows",
    "MeasureRows",
    "MemoryRows",
    "NoticeFilter",
    "NoticeRows",
    "OrderFilter",
    "OrderRows",
    "OverrideRows",
    "Page",
    "ProcessBeat",
    "QuarantineEntry",
    "QuarantineRows",
    "RaisedBy",
    "Raises",
    "RoundFilter",
    "RoundRows",
    "RouteRows",
    "Rows",
    "Transaction",
]


class Rows(Protocol):
    """All tables, as one transaction sees them."""

    @property
    def alarms(self) -> AlarmRows: ...

    @property
    def orders(self) -> OrderRows: ...

    @property
    def attachments(self) -> AttachmentRows: ...

    @property
    def notices(self) -> NoticeRows: ...

    @property
    def devices(self) -> DeviceRows: ...

    @property
    def overrides(self) -> OverrideRows: ...

    @property
    def routes(self) -> RouteRows: ...

    @property
    def rounds(self) -> RoundRows: ...

    @property
    def duties(self) -> DutyRows: ...

    @property
    def floods(self) -> FloodRows: ...

    @property
    def measures(self) -> MeasureRows: ...

    @property
    def memories(self) -> MemoryRows: ...

    @property
    def events(self) -> EventRows: ...

    @property
    def quarantine(self) -> QuarantineRows: ...

    @property
    def accounts(self) -> AccountRows: ...

    @property
    def heartbeats(self) -> HeartbeatRows: ...

    @property
    def marks(self) -> MarkRows: ...

    @property
    def leases(self) -> LeaseRows: ...

    def agenda(self) -> Agenda:
        """What waits for its time, as one cheap question: the timers ask it every second."""
        ...


class Transaction(Rows, Protocol):
    """One act, or one batch of them."""

    at: datetime

    def take(self, site: str) -> None:
        """Lock the head of the site's chain until the end: whoever reads after this decides alone. Again is a no-op."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that can fail by itself: an exception inside undoes the part and passes on."""
        ...

    def next_number(self, site: str, series: str) -> int:
        """1, 2, 3 ... without gaps in each series of a site. `take` the site first."""
        ...


class Ledger(Protocol):
    """The operational record."""

    def write(self, *, at: datetime, actor: Actor) -> AbstractContextManager[Transaction]:
        """A transaction that commits at the end of the block and rolls back on an exception.

        One writer at a time in a process. Raises LedgerUnavailable when the store is away or locked for too long.
        """
        ...

    def read(self) -> AbstractContextManager[Rows]:
        """A consistent look. Does not wait for writers."""
        ...

    def changed(self, since: int) -> int:
        """A number that differs from `since` when anybody committed since; cheap enough to ask 20 times a second."""
        ...

    def check(self) -> None:
        """Raises LedgerUnavailable, saying why, when it could not be written now."""
        ...

    def verify(self) -> list[str]:
        """Replay every chain against the rows and the anchors: one sentence for each damage found, none when sound."""
        ...

    def close(self) -> None: ...
