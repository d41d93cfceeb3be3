"""What the app is made of: handed in by the composition, so that nothing here opens a store or reads a setting.

Promises: `Parts` names everything that the API uses; `Wake` lets any thread of the process say that there is news.
Leaves to others: building them (`watchkeeper.roles`).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from alerting.desk import Desk
from domain.kinds import Kind
from domain.ports.clock import Clock
from domain.ports.files import Files
from domain.ports.history import History
from domain.ports.ledger import Ledger
from domain.revisions import Arrangements
from domain.rules import Rule


class PartStatus(msgspec.Struct, frozen=True):
    """Whether one part of Watchkeeper can do its work now. `detail` is one sentence, empty when there is no more."""

    part: str
    ready: bool
    detail: str = ""


class HistoryCopy(msgspec.Struct, frozen=True):
    """A finished copy of the history: its name below `history-copy` in the data folder, and how large it is."""

    name: str
    size_bytes: int


class FilesSay(msgspec.Struct, frozen=True):
    """The config files as they are now, whole and checked. `arrangements` None: nothing of them is to change."""

    rules: Sequence[Rule]
    arrangements: Arrangements | None = None


class Wake:
    """A bell: `ring` from any thread wakes whoever waits on the event loop. A ring while nobody waits is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung: asyncio.Event | None = None

    def ring(self) -> None:
        """Say that there may be news. Never blocks, never fails."""
        with self._lock:
            loop, rung = self._loop, self._rung
        if loop is not None and rung is not None:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to wake
                loop.call_soon_threadsafe(rung.set)

    async def wait(self, span: timedelta) -> None:
        """Return when it rings, or after `span` of real time. One waiter at a time."""
        loop = asyncio.get_running_loop()
        if self._rung is None or self._loop is not loop:
            with self._lock:
                self._loop, self._rung = loop, asyncio.Event()
        rung = self._rung
        with suppress(TimeoutError):
            async with asyncio.timeout(span.total_seconds()):
                await rung.wait()
        rung.clear()


@dataclass(frozen=True, kw_only=True)
class ApiSettings:
    """What an installation may choose. `secure_cookies`: set it where people come by HTTPS only.

    `session_idle` ends a session that nobody used; `session_longest` ends any. `body_limit_bytes` bounds a request;
    `streams_limit` bounds open event streams, `exports_limit` bounds CSV exports at the same time, `files_limit_bytes`
    the files of all work orders together.
    """

    secure_cookies: bool = False
    session_idle: timedelta = timedelta(hours=12)
    session_longest: timedelta = timedelta(days=7)
    body_limit_bytes: int = 64 * 1024
    streams_limit: int = 200
    exports_limit: int = 4
    files_limit_bytes: int = 4 * 1024**3


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything that the API uses. `history` None means that this installation keeps no history here.

    `copy_history` makes a copy of an embedded history at that instant; None where there is none to copy.
    `rules` are in force until the ledger has a revision. `read_config` reads the config files and raises ConfigError;
    None where there are none to read.
    `readiness` are further parts to ask (broker, ingest); each call must be quick and must not raise.
    """

    ledger: Ledger
    desk: Desk
    history: History | None
    kinds: Mapping[str, Kind]
    rules: Sequence[Rule]
    clock: Clock
    files: Files | None = None
    console_folder: Path | None = None
    copy_history: Callable[[datetime], HistoryCopy] | None = None
    readiness: Sequence[Callable[[], Sequence[PartStatus]]] = ()
    read_config: Callable[[], FilesSay] | None = None
    wake: Wake = field(default_factory=Wake)
    settings: ApiSettings = field(default_factory=ApiSettings)
