"""Backups: everything that an installation is, copied while it runs.

A backup is a folder: `ledger/` and `history/`, `data/` with the other files of the data folder (key, anchors, the
broker's passwords, what waits in the spool), `config/`, and a manifest.

Promises: it is complete or absent: it gets its name when every file is on the disk. Each part is one instant, and the
order of the parts is the safety argument: the anchors first, because one that is ahead of its chain looks like a tail
that was cut off; the spool before the history, because what is drained in between is then in both, and is stored once;
the ledger before the files that it names. Nobody waits meanwhile, neither a device nor an alarm.
Leaves to others: an InfluxDB's backup (its own), what waits at the broker, taking it to another machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.ledger import copy_ledger
from domain.errors import Conflict, HistoryUnavailable, Refused
from watchkeeper import __version__
from watchkeeper.composition import open_history
from watchkeeper.history_owner import ask_owner
from watchkeeper.manifest import Manifest, seal, sync_folder
from watchkeeper.settings import HistoryChoice, Settings

if TYPE_CHECKING:
    from adapters.history.duckdb import DuckDBHistory
    from api.parts import HistoryCopy

LEDGER, HISTORY, DATA, CONFIG = "ledger", "history", "data", "config"
COPIES_FOLDER = "history-copy"
"""Below the data folder: where the owner of the history leaves a copy of it."""

_ANCHORS = "ledger-anchors.jsonl*"
_SPOOL = "spool"
_ELSEWHERE = frozenset({HISTORY, COPIES_FOLDER, _SPOOL, "broker"})  # the broker's files are made anew from passwords
_UNFINISHED = ".unfinished"


def back_up(settings: Settings, to: Path, at: datetime) -> Manifest:
    """Make the folder `to` a backup. Raises Conflict when it is there already, Unavailable, OSError."""
    if to.exists():
        raise Conflict(f"{to} is there already; name a folder for this backup alone")
    if to.is_relative_to(settings.data.absolute()):
        raise Conflict(f"{to} is inside the data folder; name one on another disk, or beside it")
    if not settings.data.is_dir():
        raise Refused(f"{settings.data} is not there: there is nothing to back up")
    to.parent.mkdir(parents=True, exist_ok=True)
    making = to.with_name(f".{to.name}{_UNFINISHED}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    try:
        history = _fill(settings, making, at)
        manifest = seal(making, version=__version__, made_at=at, history=history)
        making.rename(to)
        sync_folder(to.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return manifest


def copy_owned_history(history: DuckDBHistory, data: Path, at: datetime) -> HistoryCopy:
    """Copy the history that this process owns to below `history-copy`, in place of the copy before. One at a time."""
    from api.parts import HistoryCopy
    from watchkeeper.manifest import files_below

    folder = data / COPIES_FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    name = f"history-{at:%Y%m%dT%H%M%SZ}"
    making = folder / f"{name}{_UNFINISHED}"
    making.mkdir(parents=True, mode=0o700)
    history.copy_to(making)
    made = making.rename(folder / name)
    return HistoryCopy(name, sum(path.stat().st_size for path in files_below(made)))


def _fill(settings: Settings, making: Path, at: datetime) -> str:
    """Copy every part; what was done about the history."""
    data = making / DATA
    data.mkdir()
    for file in sorted(settings.data.glob(_ANCHORS), reverse=True):  # the older one first: it takes in the newer
        _copy(file, data / file.name)
    for file in _files(settings.data / _SPOOL):
        _copy(file, data / file.relative_to(settings.data))
    (making / LEDGER).mkdir()
    copy_ledger(settings.ledger_address, making / LEDGER)
    told = _add_history(settings, making / HISTORY, at)
    for file in _files(settings.data, without=_ELSEWHERE):
        if not file.name.startswith(("ledger.sqlite", "ledger-anchors.jsonl")):
            _copy(file, data / file.relative_to(settings.data))
    for file in _files(settings.config):
        _copy(file, making / CONFIG / file.relative_to(settings.config))
    return told


def _add_history(settings: Settings, to: Path, at: datetime) -> str:
    """Get a copy of the history from its owner; when nobody has it open, open it here."""
    if settings.history is HistoryChoice.INFLUXDB:
        return f"not in here: it is in InfluxDB ({settings.history_url}), which has a backup of its own"
    made = ask_owner(settings, at)
    if made is not None:
        shutil.move(settings.data / COPIES_FOLDER / made, to)  # a rename, where both are on one disk
        return "embedded, copied by the process that has it open"
    try:
        history = open_history(settings)
    except HistoryUnavailable as error:
        raise HistoryUnavailable(
            f"nobody answers at {settings.http_address}, and the history cannot be opened here: {error}. "
            "If it runs at another port, name that with --http-port"
        ) from error
    try:
        to.mkdir()
        history.copy_to(to)  # type: ignore[attr-defined]  # the embedded one
    finally:
        history.close()
    return "embedded, copied while nothing ran"


def _files(folder: Path, *, without: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Every file that matters below a folder, apart from folders `without` at its top."""
    for parent, folders, names in os.walk(folder):
        if Path(parent) == folder:
            folders[:] = [name for name in folders if name not in without]
        for name in names:
            path = Path(parent, name)
            if path.is_file() and name != "lock" and not name.endswith((".lock", ".tmp", _UNFINISHED)):
                yield path


def _copy(file: Path, to: Path) -> None:
    """Copy a file with its mode; one that is gone by now was drained or replaced."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.copy2(file, to)
