"""The manifest of a backup: what it holds, and how to tell that it is whole.

Promises: a backup with a manifest was complete when it was made; `check` finds every file that is missing, changed or
foreign. Leaves to others: making it (`watchkeeper.backup`), taking it back (`watchkeeper.restore`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from domain.errors import Invalid

FILE = "manifest.json"


class FileSum(msgspec.Struct, frozen=True):
    """One file's content."""

    sha256: str
    size_bytes: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup. `history` says what the copy of the history is of, or why there is none; `files` are by their path."""

    format: int = 1
    version: str
    made_at: datetime
    history: str
    files: dict[str, FileSum]

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(each.size_bytes for each in self.files.values())


def seal(folder: Path, *, version: str, made_at: datetime, history: str) -> Manifest:
    """Bring every file below `folder` to the disk and write the manifest beside them. Raises OSError."""
    files = {str(path.relative_to(folder)): _sum_of(path, sync=True) for path in files_below(folder)}
    manifest = Manifest(version=version, made_at=made_at, history=history, files=files)
    path = folder / FILE
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
    _sum_of(path, sync=True)
    for parent, _, _ in os.walk(folder):
        sync_folder(Path(parent))
    return manifest


def check(folder: Path) -> Manifest:
    """The manifest of a backup that is as it was made. Raises Invalid, saying what is not."""
    try:
        manifest = msgspec.json.decode((folder / FILE).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise Invalid(f"{folder} is no backup: it has no {FILE}") from None
    except msgspec.MsgspecError as error:
        raise Invalid(f"{folder / FILE} cannot be read: {error}") from error
    if manifest.format != 1:
        raise Invalid(f"{folder} was made by a newer version ({manifest.version}); restore it with that one")
    found = {str(path.relative_to(folder)) for path in files_below(folder)} - {FILE}
    wrong = [f"{name} is missing" for name in sorted(manifest.files.keys() - found)]
    wrong += [f"{name} does not belong to it" for name in sorted(found - manifest.files.keys())]
    for name in sorted(found & manifest.files.keys()):
        if _sum_of(folder / name, sync=False) != manifest.files[name]:
            wrong.append(f"{name} was changed")
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Invalid(f"{folder} is not as it was made: {wrong[0]}{more}")
    return manifest


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sum_of(path: Path, *, sync: bool) -> FileSum:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if sync:
            os.fsync(file.fileno())
        return FileSum(digest, file.tell())
