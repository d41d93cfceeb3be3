"""Files by digest: whole or absent, bounded, and found out when they were changed."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.files import FolderOfFiles
from domain.errors import FilesUnavailable, Invalid, NotFound

CONTENT = b"\x89PNG\r\n\x1a\n" + b"picture" * 1000


def keep(files: FolderOfFiles, content: bytes) -> str:
    with files.receive(1_000_000) as incoming:
        incoming.write(content[:10])
        incoming.write(content[10:])
        return incoming.keep().digest


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_content_is_found_by_its_digest_and_kept_once(tmp_path: Path) -> None:
    files = FolderOfFiles(tmp_path / "files")
    digest = keep(files, CONTENT)
    assert digest == hashlib.sha256(CONTENT).hexdigest() == keep(files, CONTENT)
    assert files.path(digest).read_bytes() == CONTENT
    assert everything(tmp_path) == [files.path(digest)]
    assert FolderOfFiles(tmp_path / "files").path(digest).read_bytes() == CONTENT


def test_what_was_not_kept_leaves_nothing(tmp_path: Path) -> None:
    files = FolderOfFiles(tmp_path)
    with files.receive(100) as incoming:
        incoming.write(b"half")
    with files.receive(100) as incoming:
        incoming.write(b"x" * 60)
        with pytest.raises(Invalid, match="at most 100 bytes"):
            incoming.write(b"x" * 60)
    assert everything(tmp_path) == []


def test_names_from_outside_reach_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    files = FolderOfFiles(tmp_path / "files")
    for name in ("../secret", "secret", "", "A" * 64, "0" * 63, "0" * 64):
        with pytest.raises(NotFound):
            files.path(name)


def test_what_a_killed_process_left_is_removed_later(tmp_path: Path) -> None:
    left, arriving = tmp_path / "old.tmp", tmp_path / "new.tmp"
    left.write_bytes(b"x")
    arriving.write_bytes(b"x")
    os.utime(left, (time.time() - 7200,) * 2)
    FolderOfFiles(tmp_path)
    assert everything(tmp_path) == [arriving]


def test_changed_and_missing_content_is_told(tmp_path: Path) -> None:
    files = FolderOfFiles(tmp_path)
    sound, changed = keep(files, CONTENT), keep(files, CONTENT + b"2")
    files.path(changed).write_bytes(b"other")
    assert files.damages({sound}) == []
    told = files.damages({sound, changed, "0" * 64})
    assert len(told) == 2
    assert any("was changed" in one and changed[:12] in one for one in told)
    assert any("is not here" in one for one in told)


def test_what_no_order_has_any_more_is_swept_after_a_while(tmp_path: Path) -> None:
    files = FolderOfFiles(tmp_path)
    had, gone, new = (keep(files, CONTENT + bytes([number])) for number in range(3))
    for digest in (had, gone):
        os.utime(files.path(digest), (time.time() - 7200,) * 2)
    assert files.sweep({had}, datetime.now(UTC) - timedelta(hours=1)) == 1
    assert {path.name for path in everything(tmp_path)} == {had, new}


def test_a_folder_that_cannot_be_written_is_a_part_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("no folder")
    with pytest.raises(FilesUnavailable), FolderOfFiles(tmp_path / "files").receive(100):
        pass
