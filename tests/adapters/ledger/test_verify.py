"""Verification: every edit, gap and cut by hand is found and named; what a crash leaves behind is sound."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from adapters.ledger import open_ledger
from domain.errors import LedgerDamaged
from domain.events import EventType
from domain.workorders import ClockName
from tests.adapters.ledger.conftest import Place
from tests.contracts.ledger_model import TRANSACTIONS, Transactions, replayed
from tests.contracts.ledger_values import RULE, START, after, alarm, clock, order, put_alarm, put_order

RUNNING = clock(ClockName.FIX, warn_at=after(minutes=8), due_at=after(minutes=10))


@pytest.fixture
def kept(place: Place) -> Place:
    """A place whose ledger holds five events of `main`, two of `annex`, and was closed."""
    ledger = place.open()
    with ledger.write(at=START, actor=RULE) as tx:
        for number in (1, 2, 3):
            put_alarm(tx, alarm(number))
        put_order(tx, order(1, clocks=(RUNNING,)))
        put_alarm(tx, replace(alarm(1), occurrences=2), EventType.ALARM_REACTIVATED)
        put_alarm(tx, alarm(1, site="annex"))
        put_alarm(tx, alarm(2, site="annex"))
    assert ledger.verify() == []
    ledger.close()
    return place


def damages(place: Place) -> list[str]:
    """What verification says when the ledger is opened again."""
    ledger = place.open()
    try:
        return ledger.verify()
    finally:
        ledger.close()


EDITS = {
    "a row's body": (
        ["UPDATE alarms SET body = replace(body, '\"occurrences\":2', '\"occurrences\":1') WHERE id = 'main-A1'"],
        ["Alarm main-A1 is not as event 5 of main left it: it was edited."],
    ),
    "a row's column": (
        ["UPDATE alarms SET severity = 'general' WHERE id = 'main-A2'"],
        ["Alarm main-A2 has columns that are not its body's: they were edited."],
    ),
    "a row deleted": (
        ["DELETE FROM alarms WHERE id = 'main-A3'"],
        ["Alarm main-A3 is gone, but event 3 wrote it."],
    ),
    "a row put in": (
        [
            "INSERT INTO alarms SELECT 'x', site, subject_type, 'x', rule, open, state, severity, device, raised_at, "
            "body, step_at, standing FROM alarms WHERE id = 'main-A2'"
        ],
        ["Alarm x is in no event: it was put there by hand."],
    ),
    "an order's state": (
        ["UPDATE work_orders SET body = replace(body, '\"open\"', '\"closed\"')"],
        [
            "Work order main-WO-1 is not as event 4 of main left it: it was edited.",
            "Work order main-WO-1 has clocks that are not its body's: they were edited.",
        ],
    ),
    "a deadline": (
        ["UPDATE order_clocks SET next_at = NULL"],
        ["Work order main-WO-1 has clocks that are not its body's: they were edited."],
    ),
    "an event's words": (
        ["UPDATE events SET body = replace(body, '\"rule\"', '\"timer\"') WHERE site = 'main' AND number = 2"],
        ["Event 2 of main does not fit its seal: it was edited."],
    ),
    "an event made unreadable": (
        ["UPDATE events SET body = 'x' WHERE site = 'main' AND number = 1"],
        ["Event 1 of main does not fit its seal: it was edited."],
    ),
    "an event's column": (
        ["UPDATE events SET alarm = NULL WHERE site = 'main' AND number = 2"],
        ["Event 2 of main has columns that are not its body's: they were edited."],
    ),
    "an event deleted": (
        ["DELETE FROM events WHERE site = 'main' AND number = 4"],
        ["Event 4 of main is missing.", "Work order main-WO-1 is in no event: it was put there by hand."],
    ),
    "two events swapped": (
        [
            "UPDATE events SET number = -2 WHERE site = 'main' AND number = 2",
            "UPDATE events SET number = 2 WHERE site = 'main' AND number = 3",
            "UPDATE events SET number = 3 WHERE site = 'main' AND number = -2",
        ],
        [
            "Event 2 of main does not fit its seal: it was edited.",
            "Event 3 of main does not fit its seal: it was edited.",
            "Event 4 of main does not fit its seal: it was edited.",
        ],
    ),
    "a head turned back": (
        [
            "UPDATE chain_heads SET number = 4, seal = (SELECT seal FROM events WHERE site = 'main' AND number = 4) "
            "WHERE site = 'main'"
        ],
        [
            "The head of main does not fit its seal: it was edited.",
            "The head of main is event 4, but the chain goes on to event 5: the head was edited.",
        ],
    ),
    "a head deleted": (
        ["DELETE FROM chain_heads WHERE site = 'annex'"],
        ["The head of annex is gone."],
    ),
    "the tail cut off": (
        ["DELETE FROM events WHERE site = 'annex' AND number = 2", "DELETE FROM alarms WHERE id = 'annex-A2'"],
        [
            "The head of annex is event 2, but the chain ends with event 1: its tail was cut off.",
            "The chain of annex ends with event 1, but event 2 was anchored: its tail was cut off.",
        ],
    ),
    "a whole site cut out": (
        [
            "DELETE FROM events WHERE site = 'annex'",
            "DELETE FROM alarms WHERE site = 'annex'",
            "DELETE FROM chain_heads WHERE site = 'annex'",
        ],
        ["The chain of annex ends with event 0, but event 2 was anchored: its tail was cut off."],
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_by_hand_is_found_and_named(kept: Place, edit: str) -> None:
    statements, expected = EDITS[edit]
    kept.by_hand(*statements)
    assert set(expected) <= set(damages(kept))
    assert len(damages(kept)) <= len(expected) + 1  # what a lost event said of its rows can be a second sentence


@pytest.mark.parametrize("edit", ["a head turned back", "a head deleted"])
def test_an_edited_head_neither_stops_the_chain_nor_is_forgotten_when_it_goes_on(kept: Place, edit: str) -> None:
    site = "annex" if "deleted" in edit else "main"
    kept.by_hand(*EDITS[edit][0])
    ledger = kept.open()
    with ledger.write(at=after(hours=1), actor=RULE) as tx:
        number = put_alarm(tx, alarm(9, site=site)).number
    with ledger.write(at=after(hours=2), actor=RULE) as tx:
        assert put_alarm(tx, alarm(10, site=site)).number == number + 1
    assert ledger.verify() == [
        f"The head of {site} did not fit its seal when a later event was written: it was edited before."
    ]


def test_an_older_copy_put_in_place_of_the_ledger_is_found(sqlite: Place) -> None:
    file, copy = sqlite.folder / "ledger.db", sqlite.folder / "copy.db"
    ledger = sqlite.open()
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
    ledger.close()
    copy.write_bytes(file.read_bytes())
    ledger = sqlite.open()
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(2))
    ledger.close()
    file.write_bytes(copy.read_bytes())
    cut = "The chain of main ends with event 1, but event 2 was anchored: its tail was cut off."
    assert damages(sqlite) == [cut]
    ledger = sqlite.open()
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(3))
    assert ledger.verify() == ["Event 2 of main is not the one that was anchored: the chain was written anew."]


def _edit_line(lines: list[str]) -> list[str]:
    anchor = json.loads(lines[0])
    return [json.dumps(anchor | {"number": anchor["number"] - 1}), *lines[1:]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_edit_line, "Line 1 of anchors does not fit its seal: it was edited."),
        (lambda lines: ["{}", *lines[1:]], "Line 1 of anchors cannot be read: it was edited."),
        (lambda lines: [lines[0].replace('"main"', '"annex"'), *lines[1:]], "Line 1 of anchors does not fit its seal"),
    ],
)
def test_an_edited_anchor_is_found(kept: Place, change: Callable[[list[str]], list[str]], expected: str) -> None:
    lines = sorted(kept.anchors.read_text().splitlines(), reverse=True)
    kept.anchors.write_text("\n".join([*change(lines), ""]))
    (damage,) = damages(kept)
    assert damage.startswith(expected)


def test_half_a_line_after_a_power_cut_is_no_damage(kept: Place) -> None:
    with kept.anchors.open("a") as file:
        file.write('{"site":"ma')
    assert damages(kept) == []
    assert kept.anchors.read_text().endswith("}\n")


def test_another_key_is_one_damage_a_site_and_one_for_the_anchors(kept: Place) -> None:
    ledger = open_ledger(kept.url, key=bytes(32), anchors=kept.anchors)
    assert ledger.verify() == [
        "No line of anchors fits the key: it is not the key that sealed them.",
        "Neither an event nor the head of annex fits the key: it is not the key that sealed them.",
        "Neither an event nor the head of main fits the key: it is not the key that sealed them.",
    ]
    ledger.close()


@pytest.mark.parametrize(("table", "opens"), [("work_orders", True), ("chain_heads", False)])
def test_a_damaged_file_is_told_as_such(sqlite: Place, table: str, opens: bool) -> None:
    sqlite.open().close()
    file = sqlite.folder / "ledger.db"
    with sqlite3.connect(file) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(file.read_bytes())
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    file.write_bytes(content)
    if opens:
        (damage,) = damages(sqlite)
        assert "file is damaged" in damage
    else:
        with pytest.raises(LedgerDamaged, match="file is damaged"):
            sqlite.open()


def test_anchors_are_written_at_most_once_a_second_and_at_the_close(sqlite: Place) -> None:
    ledger = sqlite.open()
    for number in range(50):
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(number))
    ledger.close()
    anchors = [json.loads(line) for line in sqlite.anchors.read_text().splitlines()]
    assert anchors[0]["number"] == 1
    assert anchors[-1]["number"] == 50
    assert len(anchors) < 25
    assert sqlite.anchors.stat().st_mode & 0o077 == 0


def test_anchors_that_cannot_be_written_fail_no_commit_and_are_written_later(sqlite: Place) -> None:
    ledger = sqlite.open()
    sqlite.anchors.mkdir()
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
    sqlite.anchors.rmdir()
    ledger.close()
    assert json.loads(sqlite.anchors.read_text())["number"] == 1


def test_a_large_file_of_anchors_is_put_aside_and_still_counts(kept: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.ledger.anchors.ROTATE_BYTES", 10)
    kept.open().close()
    assert kept.anchors.with_name("anchors.1").exists()
    assert {json.loads(line)["site"] for line in kept.anchors.read_text().splitlines()} == {"main", "annex"}
    kept.by_hand("DELETE FROM events WHERE site = 'annex'", "DELETE FROM chain_heads WHERE site = 'annex'")
    kept.anchors.unlink()
    assert "The chain of annex ends with event 0, but event 2 was anchored: its tail was cut off." in damages(kept)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(transactions=TRANSACTIONS)
def test_random_acts_with_failures_leave_a_sound_ledger(
    transactions: Transactions, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("ledger")
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", key=bytes(32), anchors=folder / "anchors")
    replayed(ledger, transactions)
    ledger.close()
