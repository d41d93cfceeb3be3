"""What differs between the two databases: how to connect, begin, wait, tell that somebody committed, and complain.

Promises: a writer whose transaction holds what it will change before it reads, a reader that sees one instant and
waits for nobody, and errors of SQLAlchemy and the drivers as `domain.errors`. Leaves to others: every statement.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.engine import ExceptionContext

from domain.errors import ConfigError, Conflict, Invalid, LedgerDamaged, LedgerUnavailable

LEAST_FREE_BYTES = 32 * 1024 * 1024
"""With less room than this beside a SQLite file the ledger is not ready: a checkpoint needs some to work in."""

MOST_SILENT = timedelta(seconds=4)
"""A transaction in PostgreSQL that says nothing for so long ends, and its locks with it: its process is paused or cut
off. Work between two statements takes milliseconds. Less than a lease takes to go stale (`domain.lease`)."""

UNREACHED = timedelta(seconds=10)
"""A PostgreSQL that does not take what was sent for so long is away, though nobody closed the connection: its machine
or the network in between is gone. Left to itself, TCP goes on for a quarter of an hour, and looks after the network's
return only every two minutes."""

_WAL_BYTES = 64 * 1024 * 1024  # the journal is cut back to this after it grew under a long look
_LOOK_EVERY = timedelta(milliseconds=2)  # how often a waiting writer tries for the lock of a SQLite file
_READERS = 4  # connections that stay open for looks; more come and go


class Store(ABC):
    """One database: an engine that writes and one that only looks."""

    migrates_on_open: bool
    """Whether opening brings the tables up to date, or a person must."""

    def __init__(self, url: URL, writer: Engine, reader: Engine) -> None:
        self.url = url
        self._writer, self._reader = writer, reader
        for engine in (writer, reader):
            event.listen(engine, "handle_error", _translate)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end of the block, or goes back on an exception."""
        with _connect(self._writer) as connection, connection.begin():
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection that sees one instant of the database, whoever writes meanwhile."""
        with _connect(self._reader) as connection, connection.begin():
            yield connection

    @abstractmethod
    def change_number(self) -> int:
        """Differs after anybody's commit."""

    @abstractmethod
    def check(self) -> None:
        """Raises LedgerUnavailable when nothing could be written now. Writes nothing itself."""

    def dispose(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def _connect(engine: Engine) -> Iterator[Connection]:
    try:
        connection = engine.connect()
    except exc.TimeoutError as error:
        raise LedgerUnavailable("all connections to the ledger are in use") from error
    with connection:
        yield connection


class SqliteStore(Store):
    """One file, shared by several processes of one machine."""

    migrates_on_open = True

    def __init__(self, url: URL, *, lock_wait: timedelta) -> None:
        if not url.database or url.database == ":memory:":
            raise ConfigError(
                file="settings",
                place="ledger",
                problem="SQLite needs a file",
                remedy="Write sqlite:////absolute/path/ledger.db.",
            )
        self.path = Path(url.database)
        self._lock_wait = lock_wait
        self._make_file()
        writer = self._engine(url, begin=self._begin_writing, pragmas=("busy_timeout=0",), pool_size=1, max_overflow=0)
        reader = self._engine(
            url, begin=_begin_looking, pragmas=("query_only=ON",), pool_size=_READERS, max_overflow=-1
        )
        super().__init__(url, writer, reader)
        self._watch: sqlite3.Connection | None = None
        self._watch_lock = Lock()

    def _make_file(self) -> None:
        """The ledger holds hashes of passwords: its file is for its owner, and its journals are made after it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise LedgerUnavailable(f"the ledger's file cannot be opened: {error}") from error

    def _begin_writing(self, cursor: sqlite3.Cursor) -> None:
        """Have the write lock before anything is read: a transaction that turns to writing later fails at once.

        The waiting is ours. SQLite's own looks every 100 ms before long: beside a writer that hardly pauses, which is
        alerting in a flood, it finds a gap by luck, and the person who acknowledges waits for seconds.
        """
        deadline = monotonic() + self._lock_wait.total_seconds()
        while True:
            try:
                cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                    raise
                sleep(_LOOK_EVERY.total_seconds())
            else:
                return

    def _engine(
        self, url: URL, *, begin: Callable[[sqlite3.Cursor], object], pragmas: tuple[str, ...], **pool: int
    ) -> Engine:
        engine = create_engine(
            url,
            connect_args={
                "isolation_level": None,  # the driver begins nothing by itself
                "check_same_thread": False,
                "timeout": self._lock_wait.total_seconds(),
            },
            pool_timeout=self._lock_wait.total_seconds(),
            **pool,
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "trusted_schema=OFF",
                f"journal_size_limit={_WAL_BYTES}",
                *pragmas,
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            try:  # every look and act begins so, and through the engine it would cost ten times as much
                begin(cast(sqlite3.Cursor, connection.connection.cursor()))
            except sqlite3.Error as error:
                raise LedgerUnavailable(f"the ledger is not available: {error}") from error

        return engine

    def change_number(self) -> int:
        """SQLite counts other connections' commits for a connection; this one never commits. About 5 us."""
        with self._watch_lock:
            try:
                if self._watch is None:
                    self._watch = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
                (version,) = self._watch.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error as error:
                raise LedgerUnavailable(f"the ledger cannot be read: {error}") from error
        return int(version)

    def check(self) -> None:
        """The lock can be had, and there is room on the disk."""
        if not self.path.exists():
            raise LedgerUnavailable(f"the ledger's file {self.path} is gone")
        free = shutil.disk_usage(self.path.parent).free
        if free < LEAST_FREE_BYTES:
            raise LedgerUnavailable(f"only {free // 2**20} MiB are free where the ledger is")
        with self.writing():
            pass

    def dispose(self) -> None:
        """Close every connection; the last one in any process folds the journal into the file."""
        super().dispose()
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None


def _begin_looking(cursor: sqlite3.Cursor) -> None:
    cursor.execute("BEGIN")


class PostgresStore(Store):
    """A PostgreSQL database, through psycopg 3."""

    migrates_on_open = False

    def __init__(self, url: URL, *, lock_wait: timedelta) -> None:
        url = url.set(drivername="postgresql+psycopg")
        wait_ms = int(lock_wait.total_seconds() * 1000)
        options = f"-c lock_timeout={wait_ms} -c timezone=UTC"
        silent = f"-c idle_in_transaction_session_timeout={int(MOST_SILENT.total_seconds() * 1000)}"
        reached = _reached()
        common: dict[str, Any] = {"pool_timeout": lock_wait.total_seconds(), "pool_pre_ping": True}
        # a writer waits for a head's row and then must see what the one before it committed
        writer = create_engine(
            url,
            connect_args={**reached, "options": f"{options} {silent}"},
            isolation_level="READ COMMITTED",
            pool_size=1,
            max_overflow=0,
            **common,
        )
        reader = create_engine(
            url,
            connect_args={**reached, "options": options},
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
            pool_size=_READERS,
            **common,
        )
        super().__init__(url, writer, reader)

    def change_number(self) -> int:
        """A digest of which transactions are done. It may also change for a commit in another database."""
        with _connect(self._reader) as connection:
            plain = connection.execution_options(isolation_level="AUTOCOMMIT")
            snapshot = plain.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
        return int.from_bytes(hashlib.blake2b(str(snapshot).encode(), digest_size=7).digest(), "big")

    def check(self) -> None:
        """It answers and takes writes."""
        with self.writing() as connection:
            if connection.exec_driver_sql("SHOW transaction_read_only").scalar_one() == "on":
                raise LedgerUnavailable("the ledger's database takes no writes: it is a standby")


def _reached() -> dict[str, int]:
    """How libpq notices that a server cannot be reached: at once by what waits to be taken, else by asking."""
    seconds = int(UNREACHED.total_seconds())
    return {
        "connect_timeout": seconds,
        "tcp_user_timeout": seconds * 1000,
        "keepalives_idle": seconds // 2,
        "keepalives_interval": 2,
        "keepalives_count": 3,
    }


def store_of(url: str, *, lock_wait: timedelta) -> Store:
    """The store that a URL names. Raises ConfigError for one that is neither of the two."""
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        parsed = None  # its text may hold a password: it is not repeated
    if parsed is not None and parsed.get_backend_name() == "sqlite":
        return SqliteStore(parsed, lock_wait=lock_wait)
    if parsed is not None and parsed.get_backend_name() == "postgresql":
        return PostgresStore(parsed, lock_wait=lock_wait)
    raise ConfigError(
        file="settings",
        place="ledger",
        problem="not the address of a ledger",
        remedy="Write sqlite:////absolute/path/ledger.db or postgresql://user:password@host/database.",
    )


_READ_ONLY_SERVER = "25006"  # SQLSTATE of a write on a standby


def _translate(context: ExceptionContext) -> Exception | None:
    """The error of `domain.errors` for a database's; None leaves a mistake in a statement as it is."""
    if context.is_pre_ping:
        return None  # the pool is looking whether an idle connection still lives, and makes another
    error, cause = context.sqlalchemy_exception, context.original_exception
    if isinstance(error, exc.IntegrityError):
        return Conflict(f"the ledger has it already: {cause}")
    if isinstance(error, exc.DataError):
        return Invalid(f"the ledger cannot hold this value: {cause}")
    if getattr(cause, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LedgerDamaged(f"the ledger's file is damaged: {cause}")
    lost = isinstance(error, exc.OperationalError | exc.InterfaceError) or context.is_disconnect
    if lost or getattr(cause, "sqlstate", None) == _READ_ONLY_SERVER:
        return LedgerUnavailable(f"the ledger is not available: {cause}")
    return None
