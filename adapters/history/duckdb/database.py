"""The database file: opening, owning, losing and finding it again.

Promises: one owner process a folder; DuckDB's errors leave as `HistoryUnavailable` that says what to do; a fatal
error closes the database and the next call opens it anew; a write is never counted as stored when the file that took
it is no longer the one in the folder. Readers work on connections of their own, each within one snapshot.
Leaves to others: what is in the tables (`catalogue`, `writing`, `sealing`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from adapters.history.duckdb.catalogue import Catalogue, create_layout, load_catalogue
from domain.errors import HistoryUnavailable

THREADS = 2
"""Threads of DuckDB: a query may use a second core, and an idle store has next to nothing to park."""

FREE_FLOOR_MIB = 64
"""Less free disk than this refuses writes: a disk that fills up in a checkpoint would invalidate the database."""

DATABASE = "history.duckdb"
"""The database's file in the folder."""

# Files open in this process: DuckDB would let a second owner in here, and both would trust their own memory.
_owned: set[tuple[int, int]] = set()

_SPILL = "spill"
_MIB = 1024 * 1024
_DRAIN_S = 10.0

# After these nothing more can be expected of the open database; after others only the statement failed.
_FATAL = (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)


class Reader:
    """One reading connection within one snapshot of the database and its catalogue."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
        self._cursor = cursor
        self.catalogue = catalogue

    def rows(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Every row of a query. `parameters` are bound by name."""
        return self._cursor.execute(sql, parameters).fetchall()


class Opened:
    """An open database with what is known about it in memory. Dropped as a whole when it fails."""

    def __init__(self, folder: Path, memory_limit_mib: int) -> None:
        """Open or create the file. Raises duckdb.Error, OSError."""
        self._path = folder / DATABASE
        # Cursors are made from a connection of its own: one that runs a statement cannot do anything else meanwhile.
        self._root = duckdb.connect(
            str(self._path),
            config={
                "threads": THREADS,
                "memory_limit": f"{memory_limit_mib}MiB",
                "temp_directory": str(folder / _SPILL),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            self.connection = self._root.cursor()
            # A lost file must not be tidied up on the way out; `close` makes its own checkpoint.
            self.connection.execute("PRAGMA disable_checkpoint_on_shutdown")
            create_layout(self.connection)
            self._catalogue = load_catalogue(self.connection, folder)
            self._file = _claim(self._path)
        except BaseException:
            self._root.close()
            raise
        self._turn = threading.Condition()
        self._reading: set[duckdb.DuckDBPyConnection] = set()

    @property
    def catalogue(self) -> Catalogue:
        """What there is to read, as of the last commit."""
        return self._catalogue

    def in_place(self) -> bool:
        """Whether the folder still holds the file that is open. Raises FileNotFoundError when it holds none."""
        return _file_identity(self._path) == self._file

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction of the writing connection. The caller holds the store's writing lock."""
        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except BaseException:
            with suppress(duckdb.Error):  # the commit itself may have ended it
                self.connection.rollback()
            raise

    def publish(self, catalogue: Catalogue) -> None:
        """Let readers see what was added and committed."""
        self._catalogue = catalogue

    @contextmanager
    def switching(self, catalogue: Catalogue) -> Iterator[None]:
        """A transaction that also takes something away: no reader gets the old catalogue with the new snapshot."""
        with self._turn:
            with self.transaction():
                yield
            self._catalogue = catalogue

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader of what is committed now."""
        with self._turn:
            cursor = self._root.cursor()
        try:
            with self._turn:
                cursor.begin()
                cursor.execute("FROM layout LIMIT 0").fetchall()  # the snapshot is taken at the first touch
                catalogue = self._catalogue
                self._reading.add(cursor)
            yield Reader(cursor, catalogue)
        finally:
            with self._turn:
                self._reading.discard(cursor)
                self._turn.notify_all()
            cursor.close()

    @contextmanager
    def attached(self, path: Path, name: str) -> Iterator[None]:
        """A second, new database within reach of every connection, for the length of a block."""
        with self._turn:
            cursor = self._root.cursor()
        try:
            literal = str(path).replace("'", "''")
            cursor.execute(f"ATTACH '{literal}' AS {name}")
            try:
                yield
            finally:
                cursor.execute(f"DETACH {name}")
        finally:
            cursor.close()

    def drain(self) -> bool:
        """Wait for the readers of now to finish. False when one takes too long."""
        with self._turn:
            present = set(self._reading)
            return self._turn.wait_for(lambda: present.isdisjoint(self._reading), _DRAIN_S)

    def abandon(self) -> None:
        """Close after a failure: readers are interrupted, since their connections would keep the file open."""
        with self._turn:
            for cursor in self._reading:
                cursor.interrupt()
        self.drain()
        for connection in (self.connection, self._root):
            with suppress(duckdb.Error):
                connection.close()
        _owned.discard(self._file)

    def close(self) -> None:
        """Close in good order. A checkpoint now makes the next start quick."""
        self.drain()
        with suppress(duckdb.Error, OSError):
            if self.in_place():
                self.connection.execute("CHECKPOINT")
        self.abandon()


class Database:
    """The folder's database, opened when it is needed and can be."""

    def __init__(self, folder: Path, memory_limit_mib: int, free_floor_mib: int) -> None:
        """Tries to open; only a folder that another process owns is an error now, others may pass."""
        self.folder = folder
        self._memory_limit_mib = memory_limit_mib
        self._free_floor_mib = free_floor_mib
        self._may_create = True
        self._closed = False
        self._opened: Opened | None = None
        self._opening = threading.Lock()
        try:
            self.opened()
        except InUse:
            raise
        except HistoryUnavailable:
            pass  # the call that needs it tries again, and says why

    def opened(self) -> Opened:
        """The open database. Raises HistoryUnavailable with the reason when it cannot be opened."""
        with self._opening:
            if self._closed:
                raise HistoryUnavailable(f"{self.folder}: the history is closed")
            current = self._opened
            if current is not None and self._still_in_place(current):
                return current
            if current is not None:
                current.abandon()
                self._opened = None
            self._opened = self._open()
            return self._opened

    @contextmanager
    def guarded(self, *, writing: bool = False) -> Iterator[Opened]:
        """The open database for one call: errors are translated, and after a fatal one it is closed.

        A failure to read or write a file is fatal when `writing`: it may have been the database's own.
        """
        opened = self.opened()
        try:
            yield opened
        except (*_FATAL, duckdb.IOException) as error:
            if writing or isinstance(error, _FATAL):
                self._lose(opened)
            raise HistoryUnavailable(f"{self.folder}: {_said(error)}") from error
        except (duckdb.Error, OSError) as error:
            raise HistoryUnavailable(f"{self.folder}: {_said(error)}") from error

    def require_room(self, more_bytes: int = 0) -> None:
        """Raises HistoryUnavailable when the disk is nearly full, or would be with `more_bytes` on it."""
        try:
            room = os.statvfs(self.folder)
        except OSError as error:
            raise HistoryUnavailable(f"{self.folder}: {_said(error)}") from error
        free_mib = (room.f_bavail * room.f_frsize - more_bytes) // _MIB
        if more_bytes and free_mib < self._free_floor_mib:
            raise HistoryUnavailable(f"{self.folder}: {more_bytes // _MIB} MiB more do not fit on its disk; free some")
        if free_mib < self._free_floor_mib:
            raise HistoryUnavailable(
                f"{self.folder}: {free_mib} MiB are free on its disk, fewer than {self._free_floor_mib}; "
                "free some, or keep history for less long"
            )

    def require_in_place(self, opened: Opened) -> None:
        """Raises HistoryUnavailable when what was just written went to a file that is no longer in the folder."""
        if not self._still_in_place(opened):
            raise HistoryUnavailable(f"{self.folder}: its database was replaced while it was open")

    def close(self) -> None:
        """Close for good."""
        with self._opening:
            self._closed = True
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _still_in_place(self, opened: Opened) -> bool:
        try:
            return opened.in_place()
        except OSError as error:
            if isinstance(error, FileNotFoundError) and self.folder.is_dir():
                return False  # the file is lost, the folder is there to start in again
            raise HistoryUnavailable(
                f"{self.folder} is gone or cannot be read ({_said(error)}); bring it back or mount its disk"
            ) from error

    def _open(self) -> Opened:
        try:
            self._require_folder()
            return Opened(self.folder, self._memory_limit_mib)
        except duckdb.IOException as error:
            if "lock" in str(error):
                raise InUse(
                    f"{self.folder} is in use by another process, and one process owns it; stop that one, "
                    f"or give this one another data folder ({_said(error)})"
                ) from error
            raise HistoryUnavailable(f"{self.folder}: {_said(error)}") from error
        except (duckdb.Error, OSError) as error:
            raise HistoryUnavailable(f"{self.folder}: {_said(error)}") from error

    def _require_folder(self) -> None:
        """The folder is there, made by us the first time. Raises HistoryUnavailable, OSError."""
        if self.folder.exists() and not self.folder.is_dir():
            self._may_create = False
            raise HistoryUnavailable(f"{self.folder} is not a folder; move away what stands in its place")
        if self._may_create:
            self.folder.mkdir(parents=True, exist_ok=True)
        # A folder that was there and went away is somebody's to bring back, not ours to begin anew.
        self._may_create = False
        if not self.folder.is_dir():
            raise HistoryUnavailable(f"{self.folder} is not there; bring it back, mount its disk or create it")

    def _lose(self, opened: Opened) -> None:
        with self._opening:
            opened.abandon()
            if self._opened is opened:
                self._opened = None


class InUse(HistoryUnavailable):
    """Another process owns the folder."""


def _claim(path: Path) -> tuple[int, int]:
    """Note a file as open in this process. Raises InUse when it is already."""
    identity = _file_identity(path)
    if identity in _owned:
        raise InUse(f"{path.parent} is open in this process already")
    _owned.add(identity)
    return identity


def _file_identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _said(error: BaseException) -> str:
    """The first line of a library's error, without its kind in front."""
    lines: Sequence[str] = str(error).splitlines() or [type(error).__name__]
    return lines[0].strip()
