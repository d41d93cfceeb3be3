"""The rows as one transaction sees them: to look, and to act.

Promises: what SQL promises (`adapters.ledger.act`): a part that failed takes back its rows, numbers and chains; after
a failure that no savepoint contained nothing more can be done or committed; no row is written that no event names.
Leaves to others: beginning and committing (`ledger`), the questions (one file a noun).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol, TypeVar

from adapters.ledger.chain import Chains, Head
from adapters.ledger_in_memory.state import State
from adapters.ledger_in_memory.store import Store
from adapters.ledger_in_memory.tables import Table
from domain.errors import Conflict, WatchkeeperError
from domain.people import Actor

K = TypeVar("K")
V = TypeVar("V")


class OfASite(Protocol):
    """A row that belongs to a site."""

    @property
    def site(self) -> str: ...


def refuse_a_move(known: OfASite | None, site: str, what: str) -> None:
    """Raises Conflict when a row that is there belongs to another site."""
    if known is not None and known.site != site:
        raise Conflict(f"{what} belongs to another site than {site}")


class Look:
    """Reading."""

    def __init__(self, state: State) -> None:
        self.state = state

    def act(self) -> Act:
        """For writing. Raises RuntimeError, a mistake of the caller, within `read()`."""
        raise RuntimeError("this is a look at the ledger: open write() to change something")


class Act(Look):
    """Writing."""

    def __init__(self, store: Store, state: State, *, at: datetime, actor: Actor, key: bytes) -> None:
        super().__init__(state)
        self.at, self.actor = at, actor
        self.chains = Chains(key)
        self._store = store
        self._failure: WatchkeeperError | None = None
        self._at_end: dict[str, Callable[[], None]] = {}

    def act(self) -> Act:
        """Itself."""
        return self

    def change(self, table: Table[K, V], key: K, row: V | None) -> None:
        """Put a row, or take it out with None."""
        if self._failure is not None:
            self._refuse_after_failure()
        self._store.change(table, key, row)

    def failed(self, error: WatchkeeperError) -> WatchkeeperError:
        """The error, with which the transaction fails unless a savepoint takes it back, as in a database."""
        self._failure = error
        return error

    def at_end(self, name: str, work: Callable[[], None]) -> None:
        """Have `work` done once before the commit, however often it is asked for."""
        self._at_end[name] = work

    def take(self, site: str) -> None:
        """Begin with the head of the site's chain. Again is a no-op."""
        if self.chains.taken(site):
            return
        number = self.state.events.on.size(site)
        newest = self.state.events.get((site, number))
        self.chains.take(site, Head(number, "" if newest is None else newest.seal))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail by itself: an exception inside undoes the part, chains included, and passes on."""
        changed, chains = self._store.changed, self.chains.mark()
        try:
            yield
            self._refuse_after_failure()  # one that the part swallowed
        except BaseException:
            self._failure = None
            self._store.back_to(changed)
            self.chains.back_to(chains)
            raise

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise RuntimeError("this transaction failed outside a savepoint and cannot go on") from self._failure

    def finish(self) -> None:
        """What must hold before the commit. Raises RuntimeError, a mistake of the caller, where it does not."""
        for work in self._at_end.values():
            work()
        self._refuse_after_failure()
        self.chains.refuse_unpaid()
