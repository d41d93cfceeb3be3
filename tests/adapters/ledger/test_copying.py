"""A copy of a ledger, taken while others write to it, makes a sound ledger."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.ledger import SqlLedger, copy_ledger, migrate, restore_ledger
from domain.errors import ConfigError, Conflict
from domain.ports.ledger import AlarmFilter
from domain.readings import Reject, RejectReason
from tests.adapters.ledger.conftest import Place
from tests.contracts.ledger_values import RULE, START, after, alarm, put_alarm

REJECT = Reject(RejectReason.NOT_JSON, "")


@pytest.fixture
def empty_url(place: Place, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Where a ledger of the same kind can be made."""
    if place.url.startswith("sqlite"):
        return f"sqlite:///{tmp_path}/restored/ledger.sqlite"
    new_database: Callable[[str], str] = request.getfixturevalue("new_database")
    return new_database(f"restored_{abs(hash(tmp_path))}")


def alarms_of(ledger: SqlLedger) -> list[str]:
    with ledger.read() as rows:
        return [each.id for each in rows.alarms.page(AlarmFilter(), after=None, most=1000).items]


def test_a_copy_taken_under_writing_is_one_instant_and_sound(
    place: Place, ledger: SqlLedger, other: SqlLedger, empty_url: str, tmp_path: Path
) -> None:
    with other.write(at=START, actor=RULE) as tx:
        tx.quarantine.put("wk/v1/a", b"x", REJECT)
    written = threading.Event()

    def write_on() -> None:
        for number in range(1, 120):
            with other.write(at=after(seconds=number), actor=RULE) as tx:
                put_alarm(tx, alarm(number))
            if number == 40:
                written.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    assert written.wait(30)
    restored_folder, copied = tmp_path / "restored", tmp_path / "copied"
    restored_folder.mkdir()
    copied.mkdir()
    anchors = restored_folder / "anchors"
    shutil.copyfile(place.anchors, anchors)  # first: an anchor ahead of its chain looks like a cut
    copy_ledger(place.url, copied)
    writer.join()

    restore_ledger(empty_url, copied)
    restored = Place(empty_url, restored_folder)
    restored.key, restored.anchors = place.key, anchors
    again = restored.open()
    try:
        assert again.verify() == []
        found = alarms_of(again)
        assert len(found) >= 40
        assert set(found) <= set(alarms_of(ledger))
        with again.write(at=after(minutes=10), actor=RULE) as tx:  # it goes on where it was
            put_alarm(tx, alarm(500))
            tx.quarantine.put("wk/v1/b", b"y", REJECT)  # rows that are numbered by the database
        assert again.verify() == []
        with again.read() as rows:
            assert [entry.topic for entry in rows.quarantine.page(after=None, most=9).items] == ["wk/v1/b", "wk/v1/a"]
    finally:
        restored.close()


def test_a_copy_of_an_older_version_is_migrated(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/old.sqlite", revision="0003")
    _restores_to_this_version(f"sqlite:///{tmp_path}/old.sqlite", f"sqlite:///{tmp_path}/new.sqlite", tmp_path)


def test_a_copy_of_an_older_version_is_migrated_in_postgres(new_database: Callable[[str], str], tmp_path: Path) -> None:
    old = new_database("older_version")
    migrate(old, revision="0003")
    _restores_to_this_version(old, new_database("this_version"), tmp_path)


def _restores_to_this_version(old: str, new: str, folder: Path) -> None:
    (folder / "copied").mkdir()
    copy_ledger(old, folder / "copied")
    restore_ledger(new, folder / "copied")
    restored = Place(new, folder)
    assert restored.open().verify() == []
    restored.close()


def test_a_ledger_that_holds_something_is_not_overwritten(place: Place, ledger: SqlLedger, tmp_path: Path) -> None:
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
    copied = tmp_path / "copied"
    copied.mkdir()
    copy_ledger(place.url, copied)
    with pytest.raises(Conflict, match="not empty"):
        restore_ledger(place.url, copied)
    assert alarms_of(ledger) == ["main-A1"]


def test_a_copy_of_one_database_is_refused_by_the_other(
    sqlite: Place, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    sqlite.open()
    copied = tmp_path / "copied"
    copied.mkdir()
    copy_ledger(sqlite.url, copied)
    with pytest.raises(ConfigError, match="SQLite"):
        restore_ledger(new_database("not_sqlite"), copied)
