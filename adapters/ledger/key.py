"""The key that seals the chains.

Promises: 32 random bytes, made once, in a file that only its owner reads. Leaves to others: keeping a copy of it
somewhere else, without which the chain cannot be verified after the loss of the data folder.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import structlog

from domain.errors import ConfigError

KEY_BYTES = 32
KEY_FILE = "ledger.key"

_log = structlog.get_logger(__name__)


def ledger_key(folder: Path) -> bytes:
    """The key kept in `folder`, made if there is none. Several processes may ask at once and get the same.

    Raises ConfigError when the file is there but is not a key, or cannot be read or made.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
        open_to_others = bool(path.stat().st_mode & 0o077)
    except OSError as error:
        raise ConfigError(
            file=str(path), place="the file", problem=f"cannot be used: {error}", remedy="Check the folder's owner."
        ) from error
    if len(key) != KEY_BYTES:
        raise ConfigError(
            file=str(path),
            place="the file",
            problem=f"holds {len(key)} bytes, not the {KEY_BYTES} of a key",
            remedy="Restore it from a backup; a new key cannot verify what the old one sealed.",
        )
    if open_to_others:
        _log.warning("ledger.key_open_to_others", file=str(path), remedy=f"chmod 600 {path}")
    return key


def _make(path: Path) -> None:
    """Write a new key beside `path` and link it in place: whoever comes second finds the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
    finally:
        fresh.unlink()
