"""Ledgers of rehearsals: where a stage keeps its rows, and how they can be put out of its reach.

Promises: each keeps what the contract of ledgers says (`tests.contracts.ledger`), and the same seed plays the same day
over each. In memory a day costs a fraction; SQLite is what many properties run on. Leaves to others: when a ledger is
out of reach (`stage`).
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

from adapters.ledger import LOCK_WAIT, SqlLedger, ledger_key, open_ledger
from adapters.ledger_in_memory import MemoryLedger, Store
from domain.ports.ledger import Ledger

_NAME = "ledger.db"
_LOCK_WAIT = timedelta(milliseconds=2)
# each rehearsal makes a folder of its own there, for its owner only
_MEMORY_DISK = Path("/dev/shm")  # noqa: S108


class LedgerType(StrEnum):
    """What a rehearsal's ledger is."""

    MEMORY = "memory"
    SQLITE = "sqlite"


class LedgerPlace(Protocol):
    """An empty ledger of one rehearsal."""

    ledger: Ledger

    def lose(self) -> None:
        """Somebody else holds the ledger's lock for longer than a writer waits."""
        ...

    def find(self) -> None:
        """The ledger can be written again."""
        ...

    def close(self) -> None:
        """The end: nothing is left of it."""
        ...


class InMemory:
    """A ledger in this process."""

    def __init__(self) -> None:
        self._store = Store()
        self.ledger: Ledger = MemoryLedger(self._store, key=bytes(32), lock_wait=timedelta(0))

    def lose(self) -> None:
        """Be its one writer."""
        self._store.hold()

    def find(self) -> None:
        """Writers come in again."""
        self._store.let_go()

    def close(self) -> None:
        """It goes with its process."""
        self.ledger.close()


class InAFile:
    """A SQLite ledger in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wk-stage-", dir=_disk()))
        self._holder: sqlite3.Connection | None = None
        self.ledger: Ledger = sqlite_ledger_in(self.folder, lock_wait=_LOCK_WAIT)

    @property
    def file(self) -> Path:
        """Where it lies, for whoever wants to damage it."""
        return self.folder / _NAME

    def lose(self) -> None:
        """Hold the file's lock, as a backup or an editor can."""
        self._holder = sqlite3.connect(self.file, isolation_level=None)
        self._holder.execute("BEGIN IMMEDIATE")

    def find(self) -> None:
        """Let it go."""
        if self._holder is not None:
            self._holder.rollback()
            self._holder.close()
            self._holder = None

    def close(self) -> None:
        """Its folder goes."""
        self.ledger.close()
        shutil.rmtree(self.folder, ignore_errors=True)


PLACES: dict[LedgerType, Callable[[], LedgerPlace]] = {LedgerType.MEMORY: InMemory, LedgerType.SQLITE: InAFile}


def sqlite_ledger_in(folder: Path, *, lock_wait: timedelta = LOCK_WAIT) -> SqlLedger:
    """The SQLite ledger of a folder, a new one where there is none: without the migrations that each would run again,
    and with a key that is no secret. For rehearsals and tests.
    """
    if not (folder / _NAME).exists():
        for name, content in _empty_ledger().items():
            file = folder / name
            file.touch(mode=0o600)
            file.write_bytes(content)
    return _open(folder, lock_wait)


def _open(folder: Path, lock_wait: timedelta) -> SqlLedger:
    return open_ledger(
        f"sqlite:///{folder / _NAME}", key=ledger_key(folder), anchors=folder / "anchors", lock_wait=lock_wait
    )


@cache
def _empty_ledger() -> dict[str, bytes]:
    """The files of a ledger with its tables and nothing in them, made once a process."""
    with tempfile.TemporaryDirectory(prefix="wk-empty-", dir=_disk()) as folder:
        _open(Path(folder), _LOCK_WAIT).close()
        return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def _disk() -> Path | None:
    """Where a rehearsal's ledger lies: in memory where the system has such a place. What it proves is not the disk."""
    return _MEMORY_DISK if _MEMORY_DISK.is_dir() else None
