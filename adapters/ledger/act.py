"""A connection as the rows see it: to look, and to act.

Promises: after a failure that a savepoint did not contain, nothing more of a transaction can be done or committed;
savepoints cost nothing until something inside them reaches the database, and take the chains back with them.
Leaves to others: beginning, committing and locking (`ledger`), the statements (one file a noun).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, select, update

from adapters.ledger.chain import UNSOUND, Chains, Head, head_seal
from adapters.ledger.tables import chain_heads, events, insert_or
from domain.errors import Unavailable, WatchkeeperError
from domain.people import Actor

Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]

_HEAD_OF = select(chain_heads).with_for_update()
_NEW_HEAD = insert_or(chain_heads, "(site) DO NOTHING")  # somebody else may begin the same chain now


class Look:
    """Reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def placeholder(self) -> str:
        """How the driver marks a value's place in its own SQL."""
        return "?" if self._connection.dialect.paramstyle == "qmark" else "%s"

    def fetch(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Run a statement."""
        return self._run(lambda: self._connection.execute(statement, values))

    def stream(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Run a statement whose rows are too many to hold: they come a thousand at a time."""
        return self._run(lambda: self._connection.execute(statement, values, execution_options={"yield_per": 1000}))

    def _run(self, work: Callable[[], CursorResult[Any]]) -> CursorResult[Any]:
        return work()

    def moved(self) -> dict[str, Head]:
        """Heads of chains that this connection moved and has not written yet."""
        return {}

    def act(self) -> Act:
        """This connection for writing. Raises RuntimeError, a mistake of the caller, within `read()`."""
        raise RuntimeError("this is a look at the ledger: open write() to change something")


class _Savepoint:
    def __init__(self, name: str, act: Act) -> None:
        self.name, self.mark, self.set = name, act.chains.mark(), False


class Act(Look):
    """One transaction that writes."""

    def __init__(self, connection: Connection, *, at: datetime, actor: Actor, key: bytes, excerpts: Path) -> None:
        """`excerpts` is the folder for what is cut off the chains."""
        super().__init__(connection)
        self.excerpts = excerpts
        self.at, self.actor, self.chains = at, actor, Chains(key)
        self._savepoints: list[_Savepoint] = []
        self._failure: WatchkeeperError | None = None
        self._at_end: dict[str, Callable[[], None]] = {}

    def act(self) -> Act:
        """Itself."""
        return self

    def moved(self) -> dict[str, Head]:
        """They are written once, at the end."""
        return self.chains.moved()

    def drive(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run the driver's own SQL for many rows at once: a third of what Core takes a row."""
        self._run(lambda: self._connection.exec_driver_sql(statement, list(rows)))

    def at_end(self, name: str, work: Callable[[], None]) -> None:
        """Have `work` done once before the commit, however often it is asked for."""
        self._at_end[name] = work

    def take(self, site: str) -> None:
        """Lock the head of the site's chain and read it. Again is a no-op."""
        if self.chains.taken(site):
            return
        of_site = _HEAD_OF.where(chain_heads.c.site == site)
        row = self.fetch(of_site).one_or_none()
        if row is None:
            empty = {"site": site, "number": 0, "seal": "", "head_seal": head_seal(self.chains.key, site, 0, "")}
            self.fetch(_NEW_HEAD, empty)
            row = self.fetch(of_site).one()
        fits = row.head_seal == head_seal(self.chains.key, site, row.number, row.seal)
        self.chains.take(site, Head(row.number, row.seal) if fits and row.number else self._end_of(site))

    def _end_of(self, site: str) -> Head:
        """The end of the chain by its events, for a head that is new or was edited.

        An edited head must not stop alarms from being recorded: the chain goes on after the newest event, and
        verification tells of it for good.
        """
        newest = self.fetch(
            select(events.c.number, events.c.seal)
            .where(events.c.site == site)
            .order_by(events.c.number.desc())
            .limit(1)
        ).one_or_none()
        return Head(0, "") if newest is None else Head(newest.number, newest.seal, sound=False)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail by itself: an exception inside undoes the part, chains included, and passes on."""
        savepoint = _Savepoint(f"part_{len(self._savepoints)}", self)
        self._savepoints.append(savepoint)
        try:
            yield
            self._refuse_after_failure()  # one that the part swallowed
        except BaseException:
            self._savepoints.remove(savepoint)
            self._undo(savepoint)
            raise
        self._savepoints.remove(savepoint)
        if savepoint.set:
            self._run(lambda: self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {savepoint.name}"))

    def _undo(self, savepoint: _Savepoint) -> None:
        self.chains.back_to(savepoint.mark)
        if isinstance(self._failure, Unavailable):
            return  # the whole transaction is lost
        self._failure = None
        if savepoint.set:
            self._run(lambda: self._connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {savepoint.name}"))
            self._run(lambda: self._connection.exec_driver_sql(f"RELEASE SAVEPOINT {savepoint.name}"))

    def _run(self, work: Callable[[], CursorResult[Any]]) -> CursorResult[Any]:
        """Do it inside all savepoints. A failure closes the transaction unless a savepoint takes it back: SQLite may
        have rolled back by itself, and what came next would then be committed alone.
        """
        self._refuse_after_failure()
        try:
            for savepoint in self._savepoints:
                if not savepoint.set:
                    self._connection.exec_driver_sql(f"SAVEPOINT {savepoint.name}")
                    savepoint.set = True
            return work()
        except WatchkeeperError as error:
            self._failure = error
            raise

    def _refuse_after_failure(self) -> None:
        if isinstance(self._failure, Unavailable):
            raise self._failure
        if self._failure is not None:
            raise RuntimeError("this transaction failed outside a savepoint and cannot go on") from self._failure

    def finish(self) -> dict[str, Head]:
        """Do what must be done before the commit. Returns the heads of the chains that moved.

        Raises RuntimeError, a mistake of the caller, when a row was written that no event names.
        """
        for work in self._at_end.values():
            work()
        self._refuse_after_failure()
        self.chains.refuse_unpaid()
        moved = self.chains.moved()
        for site, head in moved.items():
            seal = head_seal(self.chains.key, site, head.number, head.seal) if head.sound else UNSOUND
            self.fetch(
                update(chain_heads).where(chain_heads.c.site == site),
                {"number": head.number, "seal": head.seal, "head_seal": seal},
            )
        return moved
