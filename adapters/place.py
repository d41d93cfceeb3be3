"""A place that one process at a time holds, by a lock that the operating system lets go when the process ends.

Promises: `hold` answers with the place's name while this process has it. Whoever gets it after another knows that the
other's process has ended, however it ended; one that is only paused keeps it. The name belongs to this very file: a
copy of the folder is another place.
Leaves to others: what it proves (`domain.lease`). Folders on a network may have no such locks; then nobody holds one.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path


class Place:
    """One file that is locked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._name: str | None = None

    def hold(self) -> str | None:
        """The place's name, or None while another process has it or this system cannot lock it. Never waits."""
        if self._name is None:
            try:
                self._name = self._lock()
            except OSError:
                self.leave()
        return self._name

    def leave(self) -> None:
        """Let it go."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self._name = None

    def _lock(self) -> str:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        token = os.pread(self._descriptor, 64, 0)
        if not token:
            token = secrets.token_hex(8).encode()
            os.pwrite(self._descriptor, token, 0)
        return f"{token.decode(errors='replace')}-{os.fstat(self._descriptor).st_ino}"
