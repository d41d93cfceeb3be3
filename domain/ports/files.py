"""The port of files: content kept by its digest, outside the ledger's rows. Synchronous: call it off the loop.

Promises made by an adapter: what `keep` returned is on the disk, whatever crashes next; the same content twice is kept
once; nothing that was not kept whole is ever found. Leaves to others: what files are called and whose they are
(`domain.ports.ledger.AttachmentRows`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """Content that is kept: its SHA-256 (hex) and its bytes."""

    digest: str
    size_bytes: int


class Incoming(Protocol):
    """A file while it arrives."""

    def write(self, part: bytes) -> None:
        """Take the next part. Raises FilesUnavailable, and Invalid as soon as it is too large."""
        ...

    def keep(self) -> Kept:
        """Keep what arrived, for good. Raises FilesUnavailable."""
        ...


class Files(Protocol):
    """Where files are kept."""

    def receive(self, most_bytes: int) -> AbstractContextManager[Incoming]:
        """A place for a file of `most_bytes` at the most. What was not kept is gone at the end of the block."""
        ...

    def path(self, digest: str) -> Path:
        """Where the content is. Raises NotFound."""
        ...

    def sweep(self, known: set[str], before: datetime) -> int:
        """Remove contents kept before an instant whose digest is none of `known`; returns how many."""
        ...

    def damages(self, digests: set[str]) -> list[str]:
        """One sentence for each content of these that is missing or is not what its digest says."""
        ...
