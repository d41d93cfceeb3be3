"""The key file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.ledger import ledger_key
from domain.errors import ConfigError


def test_the_key_is_made_once_for_all_who_ask_and_is_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: ledger_key(folder), range(8)))
    assert keys == {ledger_key(folder)}
    assert len(keys.pop()) == 32
    assert [(file.name, file.stat().st_mode & 0o777) for file in folder.iterdir()] == [("ledger.key", 0o600)]


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert ledger_key(tmp_path / "one") != ledger_key(tmp_path / "two")


def test_a_file_that_is_no_key_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ledger.key").write_bytes(b"short")
    with pytest.raises(ConfigError, match="5 bytes"):
        ledger_key(tmp_path)
    assert (tmp_path / "ledger.key").read_bytes() == b"short"


def test_a_folder_that_cannot_hold_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        ledger_key(tmp_path / "file")
