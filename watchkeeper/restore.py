"""Taking a backup back.

Promises: nothing is overwritten; a data folder holds a restored installation or nothing of it, and the ledger's chains
and the history were found sound before it does. Leaves to others: stopping what ran before, the broker's messages of
the time since.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from adapters.ledger import restore_ledger
from domain.errors import Conflict, LedgerDamaged
from watchkeeper.backup import CONFIG, DATA, HISTORY, LEDGER
from watchkeeper.composition import check_files, open_history, opened_ledger
from watchkeeper.manifest import Manifest, check
from watchkeeper.settings import HistoryChoice, Settings

_RESTORING = ".restoring"


def restore(settings: Settings, backup: Path, tell: Callable[[str], None]) -> Manifest:
    """Make the data folder, and the ledger, that the settings name from a backup; `tell` is told each step.

    Raises Conflict when there is something already, Invalid when the backup is not whole, LedgerDamaged and
    Unavailable when what was restored is not sound; then the data folder is left empty.
    """
    data = settings.data
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise Conflict(f"{data} is not empty; name another folder with --data, or move this one away")
    manifest = check(backup)
    tell(f"{len(manifest.files)} files are as they were made")
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = settings.model_copy(update={"data": data / _RESTORING})  # within the folder: it may be a mounted disk
    try:
        shutil.copytree(backup / DATA, staged.data)
        staged.data.chmod(0o700)
        if (backup / CONFIG).is_dir():
            shutil.copytree(backup / CONFIG, staged.data / CONFIG, dirs_exist_ok=True)
        restore_ledger(staged.ledger_address, backup / LEDGER)
        _require_sound_ledger(staged, tell)
        if (backup / HISTORY).is_dir() and settings.history is HistoryChoice.DUCKDB:
            shutil.copytree(backup / HISTORY, staged.history_folder)
            _require_sound_history(staged, tell)
        for entry in sorted(staged.data.iterdir(), key=lambda path: path.name.startswith("ledger")):
            entry.rename(data / entry.name)  # the ledger last: without it nothing can start on a half
        staged.data.rmdir()
    except BaseException:
        shutil.rmtree(staged.data, ignore_errors=True)
        raise
    return manifest


def _require_sound_ledger(settings: Settings, tell: Callable[[str], None]) -> None:
    with opened_ledger(settings) as ledger:
        damages = ledger.verify()
        of_files, looked_at = check_files(settings, ledger)
        damages += of_files
    tell(looked_at)
    for damage in damages:
        tell(damage)
    if damages:
        raise LedgerDamaged(f"the backup's ledger has {len(damages)} damages; nothing was restored from it")
    tell("ledger is sound")


def _require_sound_history(settings: Settings, tell: Callable[[str], None]) -> None:
    history = open_history(settings)
    try:
        history.check()
    finally:
        history.close()
    tell("history opens and takes writes")
