"""What several handles of one ledger share, as several processes share a database.

Promises: one writer at a time over all handles; a look sees one instant. Rows are changed in place, with the means to
take a change back; only when somebody looks while somebody writes are they copied, which a rehearsal never does.
Leaves to others: what a transaction is (`act`, `ledger`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any

from adapters.ledger_in_memory.state import State
from adapters.ledger_in_memory.tables import Table
from domain.errors import LedgerUnavailable

Change = tuple[Table[Any, Any], Any, Any]
"""A table, a key in it, and the row that was there before (None where there was none)."""


class Store:
    """One ledger's rows and the right to change them."""

    def __init__(self) -> None:
        self.commits = 0
        self._state = State()
        self._changes: list[Change] = []  # of the transaction at hand, oldest first
        self._looks = 0  # at `_state`, now
        self._writing = False
        self._writer = Lock()
        self._mutex = Lock()

    @contextmanager
    def writing(self, *, wait: timedelta) -> Iterator[State]:
        """The rows to be changed (`change`), for one writer; as they were when the block ends with an exception.

        Raises LedgerUnavailable when another writer is at it for longer than `wait`.
        """
        self.hold(wait=wait)
        try:
            with self._mutex:
                if self._looks:
                    self._state, self._looks = self._state.copy(), 0
                self._writing = True
            try:
                yield self._state
            except BaseException:
                self.back_to(0)
                raise
            finally:
                with self._mutex:
                    self.commits += bool(self._changes)
                    self._changes, self._writing = [], False
        finally:
            self.let_go()

    @contextmanager
    def looking(self) -> Iterator[State]:
        """The rows as they were committed last."""
        with self._mutex:
            state = self._state
            if self._writing:
                state = state.copy()
                _take_back(state, self._state, self._changes)
            else:
                self._looks += 1
        try:
            yield state
        finally:
            with self._mutex:
                if state is self._state:
                    self._looks -= 1

    def hold(self, *, wait: timedelta = timedelta(0)) -> None:
        """Be the writer until `let_go`. Raises LedgerUnavailable when another is it for longer than `wait`."""
        wait_s = wait.total_seconds()
        if not (self._writer.acquire(timeout=wait_s) if wait_s > 0 else self._writer.acquire(blocking=False)):
            raise LedgerUnavailable(f"another transaction has held the ledger for {wait_s:g} s")

    def let_go(self) -> None:
        """The end of `hold`."""
        self._writer.release()

    def change(self, table: Table[Any, Any], key: Any, row: Any) -> None:
        """Put a row, or take it out with None, for the one writer."""
        with self._mutex:
            self._changes.append((table, key, table.set(key, row)))

    @property
    def changed(self) -> int:
        """How much the writer changed so far: what `back_to` goes back to."""
        return len(self._changes)

    def back_to(self, mark: int) -> None:
        """Take back what was changed since then."""
        with self._mutex:
            while len(self._changes) > mark:
                table, key, before = self._changes.pop()
                table.set(key, before)


def _take_back(copy: State, original: State, changes: list[Change]) -> None:
    """Undo, in a copy, what was changed in the original."""
    twins: dict[int, Table[Any, Any]] = {id(table): getattr(copy, name) for name, table in vars(original).items()}
    for table, key, before in reversed(changes):
        twins[id(table)].set(key, before)
