"""All tables over one connection, to look at or to change.

Promises: the shape of `domain.ports.ledger.Rows` and `Transaction`. Leaves to others: when the transaction begins
and commits (`ledger`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from adapters.ledger.accounts import AccountTable
from adapters.ledger.act import Act, Look
from adapters.ledger.agenda import read_agenda
from adapters.ledger.alarms import AlarmTable
from adapters.ledger.attachments import AttachmentTable
from adapters.ledger.counters import next_number
from adapters.ledger.devices import DeviceTable
from adapters.ledger.duties import DutyTable
from adapters.ledger.events import EventTable
from adapters.ledger.floods import FloodTable
from adapters.ledger.heartbeats import HeartbeatTable
from adapters.ledger.leases import LeaseTable
from adapters.ledger.marks import MarkTable
from adapters.ledger.measures import MeasureTable
from adapters.ledger.memories import MemoryTable
from adapters.ledger.notices import NoticeTable
from adapters.ledger.orders import OrderTable
from adapters.ledger.overrides import OverrideTable
from adapters.ledger.quarantine import QuarantineTable
from adapters.ledger.rounds import RoundTable
from adapters.ledger.routes import RouteTable
from domain.ports.ledger import Agenda


class SqlRows:
    """Implements `domain.ports.ledger.Rows`."""

    def __init__(self, look: Look) -> None:
        self.alarms = AlarmTable(look)
        self.orders = OrderTable(look)
        self.attachments = AttachmentTable(look)
        self.notices = NoticeTable(look)
        self.devices = DeviceTable(look)
        self.overrides = OverrideTable(look)
        self.routes = RouteTable(look)
        self.rounds = RoundTable(look)
        self.duties = DutyTable(look)
        self.floods = FloodTable(look)
        self.measures = MeasureTable(look)
        self.memories = MemoryTable(look)
        self.events = EventTable(look)
        self.quarantine = QuarantineTable(look)
        self.accounts = AccountTable(look)
        self.heartbeats = HeartbeatTable(look)
        self.marks = MarkTable(look)
        self.leases = LeaseTable(look)
        self._look = look

    def agenda(self) -> Agenda:
        """What waits for its time."""
        return read_agenda(self._look)


class SqlTransaction(SqlRows):
    """Implements `domain.ports.ledger.Transaction`."""

    def __init__(self, act: Act) -> None:
        super().__init__(act)
        self.at = act.at
        self._act = act

    def take(self, site: str) -> None:
        """Lock the head of the site's chain until the end, or until a savepoint that it was taken in goes back."""
        self._act.take(site)

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that can fail by itself."""
        return self._act.savepoint()

    def next_number(self, site: str, series: str) -> int:
        """1, 2, 3 ... without gaps in each series of a site that was taken."""
        return next_number(self._act, site, series)
