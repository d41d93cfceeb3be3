"""A handle on a ledger in memory.

Promises: `domain.ports.ledger.Ledger`, several handles over one store as several processes over one database.
Leaves to others: rows (one file a noun), who waits for whom (`store`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from threading import get_ident
from typing import TYPE_CHECKING

from adapters.ledger_in_memory.accounts import Accounts
from adapters.ledger_in_memory.act import Act, Look
from adapters.ledger_in_memory.alarms import Alarms
from adapters.ledger_in_memory.events import Events
from adapters.ledger_in_memory.notices import Notices
from adapters.ledger_in_memory.orders import Attachments, Orders
from adapters.ledger_in_memory.quarantine import Quarantine
from adapters.ledger_in_memory.registry import REGISTRY, Devices, Overrides, Routes
from adapters.ledger_in_memory.signs import Heartbeats, Leases, Marks, Memories
from adapters.ledger_in_memory.state import ALL, State
from adapters.ledger_in_memory.store import Store
from adapters.ledger_in_memory.verify import verify
from adapters.ledger_in_memory.watches import Duties, Floods, Measures, Rounds
from domain.errors import LedgerUnavailable
from domain.people import Actor
from domain.ports.ledger import CLOCK_CALLS, CURRENT_RULES, Agenda

if TYPE_CHECKING:
    from domain.ports.ledger import Ledger

LOCK_WAIT = timedelta(seconds=10)


_NOUNS: dict[str, Callable[[Look], object]] = {
    "alarms": Alarms,
    "orders": Orders,
    "attachments": Attachments,
    "notices": Notices,
    "devices": Devices,
    "overrides": Overrides,
    "routes": Routes,
    "rounds": Rounds,
    "duties": Duties,
    "floods": Floods,
    "measures": Measures,
    "memories": Memories,
    "events": Events,
    "quarantine": Quarantine,
    "accounts": Accounts,
    "heartbeats": Heartbeats,
    "marks": Marks,
    "leases": Leases,
}


class MemoryRows:
    """Implements `domain.ports.ledger.Rows`."""

    alarms: Alarms
    orders: Orders
    attachments: Attachments
    notices: Notices
    devices: Devices
    overrides: Overrides
    routes: Routes
    rounds: Rounds
    duties: Duties
    floods: Floods
    measures: Measures
    memories: Memories
    events: Events
    quarantine: Quarantine
    accounts: Accounts
    heartbeats: Heartbeats
    marks: Marks
    leases: Leases

    def __init__(self, look: Look) -> None:
        self._look, self._state = look, look.state

    def __getattr__(self, noun: str) -> object:
        """A noun's rows, made when somebody asks for them first: most transactions ask for three of them."""
        try:
            rows: object = _NOUNS[noun](self._look)
        except KeyError:
            raise AttributeError(noun) from None
        setattr(self, noun, rows)
        return rows

    def agenda(self) -> Agenda:
        """What waits for its time."""
        state = self._state
        return Agenda(
            orders_at=state.orders.deadlines.first,
            steps_at=state.alarms.steps.first,
            rounds_at=state.rounds.closing.first,
            floods_at=state.floods.ebbing.first,
            duties_at=state.duties.waiting.first,
            reviews=bool(state.measures.running.size(ALL) or state.alarms.aside.size(ALL)),
            clock_calls=sum(number for (_, series), number in state.series.rows.items() if series == CLOCK_CALLS),
            registry=state.counters.get(REGISTRY) or 0,
            rules=state.marks.get(CURRENT_RULES),
        )


class MemoryTransaction(MemoryRows):
    """Implements `domain.ports.ledger.Transaction`."""

    def __init__(self, act: Act) -> None:
        super().__init__(act)
        self.at = act.at
        self._act = act

    def take(self, site: str) -> None:
        """Begin with the head of the site's chain: every writing transaction is alone already."""
        self._act.take(site)

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that can fail by itself."""
        return self._act.savepoint()

    def next_number(self, site: str, series: str) -> int:
        """1, 2, 3 ... without gaps in each series of a site that was taken."""
        self._act.chains.head(site)
        number = (self._state.series.get((site, series)) or 0) + 1
        self._act.change(self._state.series, (site, series), number)
        return number


class MemoryLedger:
    """Implements `domain.ports.ledger.Ledger`."""

    def __init__(self, store: Store, *, key: bytes, lock_wait: timedelta = LOCK_WAIT) -> None:
        """`key` seals the chains. `lock_wait`: how long a writer waits for another one."""
        self._store, self._key, self._lock_wait = store, key, lock_wait
        self._writer_thread: int | None = None
        self._closed = False

    @contextmanager
    def write(self, *, at: datetime, actor: Actor) -> Iterator[MemoryTransaction]:
        """A transaction at that instant, by that actor. Raises LedgerUnavailable, and then it did not happen."""
        if at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        if self._writer_thread == get_ident():
            raise RuntimeError("a transaction within a transaction: use savepoint()")
        with self._store.writing(wait=self._lock_wait) as state:
            self._refuse_when_closed()
            self._writer_thread = get_ident()
            try:
                act = Act(self._store, state, at=at, actor=actor, key=self._key)
                yield MemoryTransaction(act)
                act.finish()
            finally:
                self._writer_thread = None

    @contextmanager
    def read(self) -> Iterator[MemoryRows]:
        """A consistent look."""
        with self._look() as state:
            yield MemoryRows(Look(state))

    @contextmanager
    def _look(self) -> Iterator[State]:
        self._refuse_when_closed()
        with self._store.looking() as state:
            yield state

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise LedgerUnavailable("the ledger is closed")

    def changed(self, since: int) -> int:
        """A number that differs from `since` when anybody committed since."""
        self._refuse_when_closed()
        return self._store.commits

    def check(self) -> None:
        """Raises LedgerUnavailable, saying why, when it could not be written now."""
        with self._store.writing(wait=self._lock_wait):
            self._refuse_when_closed()

    def verify(self) -> list[str]:
        """Replay every chain against the rows: one sentence for each damage."""
        with self._look() as state:
            return verify(state, self._key)

    def close(self) -> None:
        """Wait for the writer, let go. Again is a no-op."""
        if not self._closed:
            with self._store.writing(wait=self._lock_wait):
                self._closed = True


if TYPE_CHECKING:

    def _is_a_ledger(ledger: MemoryLedger) -> Ledger:
        return ledger
