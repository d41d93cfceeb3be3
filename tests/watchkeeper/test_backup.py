"""Backup and restore without a running installation: complete or absent, and nothing is overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.desk import Desk, KeptFile, OrderDraft
from devices.registry import kinds
from domain.errors import Conflict, Invalid, LedgerDamaged, WatchkeeperError
from domain.papers import FileType
from domain.ports.files import Kept
from domain.readings import Channel, Reading
from domain.rules import Severity
from domain.texts import text
from tests.services import REPOSITORY, free_port
from watchkeeper.backup import back_up
from watchkeeper.composition import IMPORTER, import_into_registry, open_files, open_history, opened_ledger
from watchkeeper.config_files import load_config
from watchkeeper.manifest import FILE
from watchkeeper.restore import restore
from watchkeeper.settings import Settings, load_settings

PHOTO = b"\xff\xd8\xff\xe0 a lamp"
AT = datetime(2026, 3, 14, 8, 0, tzinfo=UTC)
PORT = free_port()
"""Nobody listens there: the history is opened by the command itself."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with the demo's registry, one reading, and a file that we know nothing about."""
    settings = load_settings(data=tmp_path / "data", http_port=PORT)
    import_into_registry(settings, REPOSITORY / "config" / "property" / "demo.toml")
    history = open_history(settings)
    history.write([a_reading()])
    history.close()
    (settings.data / "attachments" / "a").mkdir(parents=True)
    (settings.data / "attachments" / "a" / "photo.jpg").write_bytes(b"jpg")
    segment = settings.data / "spool" / "ingest" / "00000001.spool"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(b"waits")
    return settings


def a_reading() -> Reading:
    at_ms = int(AT.timestamp() * 1000)
    return Reading(
        site="demo",
        kind=next(iter(kinds())),
        device="E-03",
        channel=Channel.TELEMETRY,
        at_ms=at_ms,
        received_ms=at_ms,
        values={"x": 1.0},
        sent_ms=at_ms,
    )


def test_everything_of_an_installation_comes_back(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backup", AT)
    told: list[str] = []
    restored = load_settings(data=tmp_path / "restored")
    restore(restored, tmp_path / "backup", told.append)
    assert "ledger is sound" in told
    for name in ("attachments/a/photo.jpg", "spool/ingest/00000001.spool", "ledger.key"):
        assert (restored.data / name).read_bytes() == (settings.data / name).read_bytes()
    assert (restored.data / "config" / "rules.toml").read_bytes() == (settings.config / "rules.toml").read_bytes()
    assert restored.data.stat().st_mode & 0o077 == 0
    with opened_ledger(restored) as ledger, ledger.read() as rows:
        assert [site.id for site in rows.devices.sites()] == ["demo"]
    history = open_history(restored)
    assert [point.value for point in history.latest("demo", "E-03")] == [1.0]
    history.close()


def test_files_of_work_orders_come_back_and_a_changed_one_is_found(settings: Settings, tmp_path: Path) -> None:
    kept = attach_a_photo(settings)
    told: list[str] = []
    back_up(settings, tmp_path / "backup", AT)
    restored = load_settings(data=tmp_path / "restored")
    restore(restored, tmp_path / "backup", told.append)
    assert "files of work orders: 1, sound: 1" in told
    assert open_files(restored).path(kept.digest).read_bytes() == PHOTO
    open_files(settings).path(kept.digest).write_bytes(b"another photo")
    back_up(settings, tmp_path / "changed", AT)
    with pytest.raises(LedgerDamaged):
        restore(load_settings(data=tmp_path / "no"), tmp_path / "changed", told.append)
    assert f"The content of the file {kept.digest[:12]} was changed." in told


def attach_a_photo(settings: Settings) -> Kept:
    """A work order with a file."""
    with open_files(settings).receive(1000) as incoming:
        incoming.write(PHOTO)
        kept = incoming.keep()
    desk = Desk(load_config(settings.config, kinds()).templates)
    draft = OrderDraft(site="demo", title=text("Lamp", "灯", "燈"), severity=Severity.GENERAL)
    photo = KeptFile(name="lamp", type=FileType.JPEG, size_bytes=kept.size_bytes, digest=kept.digest)
    with opened_ledger(settings) as ledger, ledger.write(at=AT, actor=IMPORTER) as tx:
        order = desk.open_order_by_hand(tx, draft, template="general", note="seen", actor=IMPORTER)
        desk.attach_file(tx, order.id, photo, most_bytes=10_000, actor=IMPORTER)
    return kept


def test_a_restored_installation_can_be_backed_up_with_its_own_config(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "first", AT)
    again = load_settings(data=tmp_path / "restored", http_port=PORT)
    restore(again, tmp_path / "first", lambda _: None)
    own = load_settings(data=again.data, config=again.data / "config", http_port=PORT)
    back_up(own, tmp_path / "second", AT)
    restore(load_settings(data=tmp_path / "third"), tmp_path / "second", lambda _: None)


def test_a_backup_is_nowhere_until_it_is_complete(settings: Settings, tmp_path: Path) -> None:
    shutil.rmtree(settings.history_folder)
    settings.history_folder.write_text("not a folder")
    with pytest.raises(WatchkeeperError):
        back_up(settings, tmp_path / "to" / "backup", AT)
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("name", ["data/inside", "taken"])
def test_a_backup_takes_no_place_that_is_taken_or_inside_the_data(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(Conflict):
        back_up(settings, tmp_path / name, AT)


def test_a_data_folder_with_something_in_it_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    back_up(settings, tmp_path / "backup", AT)
    before = sorted(settings.data.rglob("*"))
    with pytest.raises(Conflict, match="not empty"):
        restore(settings, tmp_path / "backup", lambda _: None)
    assert sorted(settings.data.rglob("*")) == before


def change(backup: Path) -> None:
    (backup / "data" / "ledger.key").write_bytes(b"k" * 32)


def remove(backup: Path) -> None:
    (backup / "ledger" / "ledger.sqlite").unlink()


def add(backup: Path) -> None:
    (backup / "data" / "more").write_text("more")


def unsign(backup: Path) -> None:
    (backup / FILE).unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [(change, "was changed"), (remove, "is missing"), (add, "does not belong"), (unsign, "is no backup")],
)
def test_a_backup_that_is_not_as_it_was_made_restores_nothing(
    settings: Settings, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    back_up(settings, tmp_path / "backup", AT)
    damage(tmp_path / "backup")
    with pytest.raises(Invalid, match=said):
        restore(load_settings(data=tmp_path / "restored"), tmp_path / "backup", lambda _: None)
    assert not (tmp_path / "restored").exists()


def test_a_ledger_that_was_edited_before_the_backup_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    with (settings.data / "ledger-anchors.jsonl").open("a") as file:
        file.write('{"site":"demo","number":1,"seal":"forged","at":"2026-03-14T08:00:00Z","hmac":"forged"}\n')
    back_up(settings, tmp_path / "backup", AT)
    restored = load_settings(data=tmp_path / "restored")
    with pytest.raises(LedgerDamaged):
        restore(restored, tmp_path / "backup", lambda _: None)
    assert list(restored.data.iterdir()) == []
