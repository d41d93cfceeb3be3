"""Anchors: heads of the chains, written outside the database.

Promises: after commits the head of each site is appended to a file, about once a second a site and at the close; a
line that could not be written never fails what was committed. Leaves to others: copying the file to another machine,
which makes it proof against whoever can write here; comparing it with the chain (`verify`).
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import monotonic

import msgspec
import structlog

from adapters.ledger.chain import Head, anchor_seal

EVERY_S = 1.0
ROTATE_BYTES = 4 * 1024 * 1024
"""A larger file is put aside at the next start, in place of the one put aside before: about 16,000 lines each."""

_log = structlog.get_logger(__name__)


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the file: the chain of `site` ended with this event at that instant."""

    site: str
    number: int
    seal: str
    at: datetime
    hmac: str


class AnchorFile:
    """Appending. Several processes may have the same file open: each line is one write."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._lock = Lock()
        self._waiting: dict[str, tuple[Head, datetime]] = {}
        self._written_at: dict[str, float] = {}  # monotonic seconds
        self._failing = False

    def begin(self, ends: Mapping[str, tuple[Head, datetime]]) -> None:
        """Make the file fit to go on, without half a line after a power cut and not without bound, and anchor how
        every chain ends now: a crash may have come between a commit and its anchor.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists():
                _cut_half_line(self._path)
                if self._path.stat().st_size > ROTATE_BYTES:
                    os.replace(self._path, aside(self._path))
        except OSError as error:
            self._complain(error)
        with self._lock:
            self._waiting.update(ends)
            self._write(list(ends))

    def note(self, heads: Mapping[str, Head], at: datetime) -> None:
        """Chains moved in a commit. Writes what has not been written for a second."""
        with self._lock:
            self._waiting.update((site, (head, at)) for site, head in heads.items())
            now = monotonic()
            self._write([site for site in self._waiting if now - self._written_at.get(site, -EVERY_S) >= EVERY_S])

    def close(self) -> None:
        """Write what waits."""
        with self._lock:
            self._write(list(self._waiting))

    def _write(self, sites: list[str]) -> None:
        if not sites:
            return
        lines = b"".join(self._line(site, *self._waiting[site]) for site in sites)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                _append(descriptor, lines)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._complain(error)
            return
        self._failing = False
        for site in sites:
            del self._waiting[site]
            self._written_at[site] = monotonic()

    def _line(self, site: str, head: Head, at: datetime) -> bytes:
        seal = anchor_seal(self._key, site, head.number, head.seal, at)
        return msgspec.json.encode(Anchor(site, head.number, head.seal, at, seal)) + b"\n"

    def _complain(self, error: OSError) -> None:
        if not self._failing:
            _log.error("ledger.anchors_not_written", file=str(self._path), error=str(error))
        self._failing = True


def aside(path: Path) -> Path:
    """Where the file before this one is."""
    return path.with_name(f"{path.name}.1")


def read_anchors(path: Path, key: bytes) -> tuple[list[Anchor], list[str]]:
    """All anchors that are sealed with the key, and a sentence for each line that is not."""
    anchors: list[Anchor] = []
    damages: list[str] = []
    for file in (aside(path), path):
        for number, line in enumerate(_lines(file), 1):
            try:
                anchor = msgspec.json.decode(line, type=Anchor)
            except msgspec.MsgspecError:
                damages.append(f"Line {number} of {file.name} cannot be read: it was edited.")
                continue
            seal = anchor_seal(key, anchor.site, anchor.number, anchor.seal, anchor.at)
            if hmac.compare_digest(seal.encode(), anchor.hmac.encode()):
                anchors.append(anchor)
            else:
                damages.append(f"Line {number} of {file.name} does not fit its seal: it was edited.")
    if len(damages) > 1 and not anchors:
        damages = [f"No line of {path.name} fits the key: it is not the key that sealed them."]
    return anchors, damages


def _append(descriptor: int, lines: bytes) -> None:
    """Write all of it or nothing: a full disk takes a part."""
    written = os.write(descriptor, lines)
    if written < len(lines):
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - written)
        raise OSError("the disk is full")


def _lines(file: Path) -> Iterable[bytes]:
    """Whole lines: half of one at the end is what a power cut leaves."""
    try:
        *lines, _half = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return lines


def _cut_half_line(path: Path) -> None:
    with path.open("rb+") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)
