"""Files in a folder, each named by the SHA-256 of its content.

Promises: a file gets its name when all of it is on the disk, so that a crash leaves either the whole of it or a
`.tmp`, which a later start removes. Names never come from outside. Leaves to others: whose files they are.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from domain.errors import FilesUnavailable, Invalid, NotFound
from domain.ports.files import Incoming, Kept

_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".tmp"
_ABANDONED_S = 3600


class FolderOfFiles:
    """Implements `domain.ports.files.Files` over a folder, which it makes when the first file comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for left in folder.glob(f"*{_UNFINISHED}"):
            with suppress(OSError):  # of a process that was killed; another process may be at a younger one
                if time.time() - left.stat().st_mtime > _ABANDONED_S:
                    left.unlink()

    @contextmanager
    def receive(self, most_bytes: int) -> Iterator[Incoming]:
        """A place for a file. Raises FilesUnavailable."""
        with _told():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(suffix=_UNFINISHED, dir=self._folder)
        arriving = _Arriving(self._folder, descriptor, Path(name), most_bytes)
        try:
            yield arriving
        finally:
            arriving.close()

    def path(self, digest: str) -> Path:
        """Where the content is. Raises NotFound."""
        path = _place(self._folder, digest)
        if not path.is_file():
            raise NotFound(f"the content of the file {digest[:12]} is not here")
        return path

    def sweep(self, known: set[str], before: datetime) -> int:
        """Remove contents kept before an instant whose digest is none of `known`; returns how many."""
        removed = 0
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # kept anew meanwhile, or gone already
                if path.name not in known and path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    removed += 1
        return removed

    def damages(self, digests: set[str]) -> list[str]:
        """One sentence for each content of these that is missing or changed."""
        told: list[str] = []
        for digest in sorted(digests):
            try:
                with self.path(digest).open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
            except (NotFound, OSError) as error:
                told.append(f"A file cannot be read: {error}.")
                continue
            if found != digest:
                told.append(f"The content of the file {digest[:12]} was changed.")
        return told


class _Arriving:
    """A file while it arrives."""

    def __init__(self, folder: Path, descriptor: int, path: Path, most_bytes: int) -> None:
        self._folder, self._descriptor, self._path, self._most_bytes = folder, descriptor, path, most_bytes
        self._sum, self._size, self._open = hashlib.sha256(), 0, True

    def write(self, part: bytes) -> None:
        """Take the next part. Raises Invalid as soon as it is too large."""
        self._size += len(part)
        if self._size > self._most_bytes:
            raise Invalid(f"file: at most {self._most_bytes} bytes")
        self._sum.update(part)
        with _told():
            left = memoryview(part)
            while left:
                left = left[os.write(self._descriptor, left) :]

    def keep(self) -> Kept:
        """Keep what arrived, for good."""
        digest = self._sum.hexdigest()
        place = _place(self._folder, digest)
        with _told():
            place.parent.mkdir(exist_ok=True, mode=0o700)
            os.fsync(self._descriptor)
            self._path.replace(place)
            for folder in (place.parent, self._folder):
                _sync(folder)
        return Kept(digest, self._size)

    def close(self) -> None:
        """Give up what was not kept."""
        os.close(self._descriptor)
        self._path.unlink(missing_ok=True)


def _place(folder: Path, digest: str) -> Path:
    if _DIGEST.fullmatch(digest) is None:
        raise NotFound("a file is named by its digest")
    return folder / digest[:2] / digest


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told() -> Iterator[None]:
    """What the disk refuses, as an error of ours."""
    try:
        yield
    except OSError as error:
        raise FilesUnavailable(f"files cannot be kept: {error.strerror}") from error
