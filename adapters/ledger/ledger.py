"""The ledger over one database.

Promises: `domain.ports.ledger.Ledger`: one writer at a time in a process, whole transactions, looks that wait for
nobody. Leaves to others: statements (one file a noun), seals (`chain`), the databases' ways (`dialects`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING

from adapters.ledger.act import Act, Look
from adapters.ledger.anchors import AnchorFile, read_anchors
from adapters.ledger.dialects import Store, store_of
from adapters.ledger.pruning import excerpt_damages
from adapters.ledger.schema import bring_up_to_date
from adapters.ledger.transaction import SqlRows, SqlTransaction
from adapters.ledger.verify import sound_ends, verify
from domain.errors import LedgerDamaged, LedgerUnavailable
from domain.people import Actor

if TYPE_CHECKING:
    from domain.ports.ledger import Ledger

EXCERPTS = "ledger-excerpts"
"""The folder beside the anchors for what is cut off the chains."""

LOCK_WAIT = timedelta(seconds=10)
"""How long a writer waits for another one, in this process or another, before it says that the ledger is away."""


class SqlLedger:
    """Implements `domain.ports.ledger.Ledger`. Made by `open_ledger`."""

    def __init__(self, store: Store, *, key: bytes, anchors: Path, lock_wait: timedelta) -> None:
        self._store, self._key = store, key
        self._anchors_path, self._excerpts = anchors, anchors.parent / EXCERPTS
        self._anchors = AnchorFile(anchors, key)
        self._lock_wait_s = lock_wait.total_seconds()
        self._writer_lock = Lock()
        self._writer_thread: int | None = None
        self._closed = False
        with self._look() as look:
            self._anchors.begin(sound_ends(look, key))

    @contextmanager
    def write(self, *, at: datetime, actor: Actor) -> Iterator[SqlTransaction]:
        """A transaction at that instant, by that actor. Raises LedgerUnavailable, and then it did not happen."""
        if at.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        with self._sole_writer():
            with self._store.writing() as connection:
                act = Act(connection, at=at, actor=actor, key=self._key, excerpts=self._excerpts)
                yield SqlTransaction(act)
                moved = act.finish()
            self._anchors.note(moved, at)

    @contextmanager
    def read(self) -> Iterator[SqlRows]:
        """A consistent look."""
        with self._look() as look:
            yield SqlRows(look)

    @contextmanager
    def _look(self) -> Iterator[Look]:
        self._refuse_when_closed()
        with self._store.looking() as connection:
            yield Look(connection)

    @contextmanager
    def _sole_writer(self) -> Iterator[None]:
        if self._writer_thread == get_ident():
            raise RuntimeError("a transaction within a transaction: use savepoint()")
        if not self._writer_lock.acquire(timeout=self._lock_wait_s):
            raise LedgerUnavailable(f"another transaction has held the ledger for {self._lock_wait_s:g} s")
        try:
            self._refuse_when_closed()
            self._writer_thread = get_ident()
            yield
        finally:
            self._writer_thread = None
            self._writer_lock.release()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise LedgerUnavailable("the ledger is closed")

    def changed(self, since: int) -> int:
        """A number that differs from `since` when anybody committed since."""
        self._refuse_when_closed()
        return self._store.change_number()

    def check(self) -> None:
        """Raises LedgerUnavailable, saying why, when it could not be written now."""
        with self._sole_writer():
            self._store.check()

    def verify(self) -> list[str]:
        """Replay every chain against the rows and the anchors: one sentence for each damage."""
        anchors, damages = read_anchors(self._anchors_path, self._key)
        try:
            with self._look() as look:
                return damages + verify(look, self._key, anchors) + list(excerpt_damages(look, self._excerpts))
        except LedgerDamaged as error:
            return [*damages, f"{error}."]

    def close(self) -> None:
        """Wait for the writer, anchor what is not anchored yet, let go. Again is a no-op."""
        if self._closed:
            return
        with self._sole_writer():
            self._closed = True
            self._anchors.close()
        self._store.dispose()


def open_ledger(url: str, *, key: bytes, anchors: Path, lock_wait: timedelta = LOCK_WAIT) -> SqlLedger:
    """The ledger at `sqlite:////path/ledger.db` or `postgresql://user:password@host/database`.

    `key` seals its chains (`ledger_key`), `anchors` is the file for their heads. A SQLite file is made and migrated
    when needed; for PostgreSQL ConfigError says how to (`migrate`). Raises LedgerUnavailable when it is away.
    """
    store = store_of(url, lock_wait=lock_wait)
    try:
        bring_up_to_date(store)
        return SqlLedger(store, key=key, anchors=anchors, lock_wait=lock_wait)
    except BaseException:
        store.dispose()
        raise


if TYPE_CHECKING:

    def _is_a_ledger(ledger: SqlLedger) -> Ledger:
        return ledger
