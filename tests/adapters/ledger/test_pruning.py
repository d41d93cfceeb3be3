"""A chain cut at its beginning: what is left verifies, what went is in an excerpt, and an edit is found as before."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from adapters.ledger.ledger import EXCERPTS
from domain.alarms import AlarmState
from domain.errors import LedgerDamaged, NotFound
from domain.events import Cursor, Event, EventType
from domain.papers import Attachment, FileType
from domain.workorders import ClockName, OrderState
from tests.adapters.ledger.conftest import Place, make_sqlite
from tests.contracts.ledger_values import RULE, START, Broken, after, alarm, clock, order, put_alarm, put_order

OVER = {"state": AlarmState.NORMAL, "signal_active": False}
RUNNING = clock(ClockName.FIX, warn_at=after(minutes=8), due_at=after(minutes=10))


def fill(ledger: SqlLedger) -> None:
    """On the first day: an alarm with its order, both over; one that goes on; one that goes on as its order does. On
    the second day: one more that is over.
    """
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1, work_order="main-WO-1"))
        put_order(tx, order(1, clocks=(RUNNING,)))
        put_alarm(tx, alarm(2))
        put_alarm(tx, alarm(3, work_order="main-WO-3"))
        put_order(tx, order(3))
        put_alarm(tx, replace(alarm(3, work_order="main-WO-3"), **OVER), EventType.ALARM_ENDED)
        put_order(tx, order(1, state=OrderState.CLOSED), EventType.WORKORDER_CLOSED)
        put_alarm(tx, replace(alarm(1, work_order="main-WO-1"), **OVER), EventType.ALARM_ENDED)
    with ledger.write(at=after(days=1), actor=RULE) as tx:
        put_alarm(tx, alarm(4))
        put_alarm(tx, replace(alarm(4), **OVER), EventType.ALARM_ENDED)


def prune(ledger: SqlLedger, *, most: int = 1000, **before: float) -> Event | None:
    """Cut off what is older, months later."""
    with ledger.write(at=after(days=100), actor=RULE) as tx:
        tx.take("main")
        return tx.events.prune("main", before=after(**before), most=most)


def numbers(ledger: SqlLedger) -> list[int]:
    with ledger.read() as rows:
        return [event.number for event in rows.events.after(Cursor({}), sites=None, most=1000)]


def excerpt(place: Place, event: Event) -> list[dict[str, Any]]:
    with gzip.open(place.folder / EXCERPTS / event.data["excerpt"]) as file:
        return [json.loads(line) for line in file]


def present(ledger: SqlLedger) -> set[str]:
    found = set()
    with ledger.read() as rows:
        for number in range(1, 5):
            for get, name in ((rows.alarms.get, f"main-A{number}"), (rows.orders.get, f"main-WO-{number}")):
                try:
                    found.add(get(name).id)
                except NotFound:
                    continue
    return found


def test_what_is_old_and_over_goes_and_the_rest_is_proof_as_before(place: Place, ledger: SqlLedger) -> None:
    fill(ledger)
    cut = prune(ledger, hours=1)
    assert cut is not None
    assert (cut.type, cut.number, cut.data["last"]) == (EventType.CHAIN_PRUNED, 11, 8)
    assert cut.data["gone"] == ["alarm:main-A1", "workorder:main-WO-1"]
    assert numbers(ledger) == [9, 10, 11]
    assert present(ledger) == {"main-A2", "main-A3", "main-WO-3", "main-A4"}
    assert set(cut.digests) == {"alarm:main-A2", "alarm:main-A3", "workorder:main-WO-3"}
    assert ledger.verify() == []
    header, *lines = excerpt(place, cut)
    assert (header["events"], header["rows"], header["begins_upon"]) == (8, 2, "")
    assert [line["row"] for line in lines if "row" in line] == ["alarm:main-A1", "workorder:main-WO-1"]
    assert prune(ledger, hours=1) is None


def test_a_second_cut_begins_where_the_first_one_ended(place: Place, ledger: SqlLedger) -> None:
    fill(ledger)
    first, second = prune(ledger, hours=1), prune(ledger, days=2)
    assert first is not None
    assert second is not None
    assert (second.data["last"], second.data["gone"]) == (10, ["alarm:main-A4"])
    assert excerpt(place, second)[0]["begins_upon"] == first.data["seal"]
    assert ledger.verify() == []
    with ledger.write(at=after(days=101), actor=RULE) as tx:
        put_alarm(tx, replace(alarm(2), occurrences=2), EventType.ALARM_REACTIVATED)
        put_alarm(tx, replace(alarm(2), **OVER), EventType.ALARM_ENDED)
    assert ledger.verify() == []
    again = prune(ledger, days=102)
    assert again is not None
    assert present(ledger) == {"main-A3", "main-WO-3"}
    assert ledger.verify() == []
    assert prune(ledger, days=103) is None, "a cut that is the only old event is no reason for another"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 60)), min_size=1, max_size=8))
def test_however_it_is_cut_it_verifies(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]) -> None:
    place = make_sqlite(tmp_path_factory.mktemp("cut"))
    ledger = place.open()
    fill(ledger)
    for most, hours in steps:
        prune(ledger, most=most, hours=hours)
        assert ledger.verify() == []
    place.close()


def test_files_go_with_their_order(ledger: SqlLedger) -> None:
    file = Attachment(
        id="F1",
        site="main",
        order="main-WO-1",
        digest="d" * 64,
        name="a.jpg",
        type=FileType.JPEG,
        size_bytes=3,
        added_at=START,
        added_by="wang",
    )
    with ledger.write(at=START, actor=RULE) as tx:
        tx.take("main")
        tx.orders.put(order(1))
        tx.attachments.add(file)
        tx.events.record(EventType.WORKORDER_ATTACHED, "main", work_order="main-WO-1")
    assert prune(ledger, hours=1) is not None
    with ledger.write(at=after(days=101), actor=RULE) as tx:
        put_order(tx, order(1, state=OrderState.CLOSED), EventType.WORKORDER_CLOSED)
    assert ledger.verify() == []
    cut = prune(ledger, days=102)
    assert cut is not None
    assert cut.data["gone"] == ["attachment:F1", "workorder:main-WO-1"]
    assert ledger.verify() == []


EDITS = {
    "a row that stayed": (
        "UPDATE alarms SET body = replace(body, '\"occurrences\":1', '\"occurrences\":7') WHERE id = 'main-A2'",
        "Alarm main-A2 is not as event 11 of main left it: it was edited.",
    ),
    "more cut off": ("DELETE FROM events WHERE number = 9", "Event 9 of main is missing."),
    "where it was cut": (
        "UPDATE events SET body = replace(body, '\"last\":8', '\"last\":7') WHERE number = 11",
        "Event 11 of main does not fit its seal: it was edited.",
    ),
    "the cut itself": ("DELETE FROM events WHERE number = 11", "Events 1 to 8 of main are missing."),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_after_a_cut_is_found(place: Place, ledger: SqlLedger, edit: str) -> None:
    statement, damage = EDITS[edit]
    fill(ledger)
    prune(ledger, hours=1)
    place.by_hand(statement)
    assert damage in ledger.verify()


def test_an_edit_before_a_cut_is_not_cut_away(place: Place, ledger: SqlLedger) -> None:
    fill(ledger)
    place.by_hand("UPDATE events SET body = replace(body, '\"rule\"', '\"timer\"') WHERE number = 2")
    with pytest.raises(LedgerDamaged, match="event 2 of main"):
        prune(ledger, hours=1)
    assert "Event 2 of main does not fit its seal: it was edited." in ledger.verify()


def test_an_edited_row_is_neither_blessed_nor_deleted_by_a_cut(place: Place, ledger: SqlLedger) -> None:
    fill(ledger)
    place.by_hand("UPDATE alarms SET body = replace(body, '\"occurrences\":1', '\"occurrences\":7')")
    assert prune(ledger, hours=1) is not None
    assert "Alarm main-A1 is in no event: it was put there by hand." in ledger.verify()


def test_an_edited_excerpt_is_found_and_one_that_was_moved_away_is_none(place: Place, ledger: SqlLedger) -> None:
    fill(ledger)
    cut = prune(ledger, hours=1)
    assert cut is not None
    file = place.folder / EXCERPTS / cut.data["excerpt"]
    file.write_bytes(file.read_bytes()[:-1])
    assert ledger.verify() == [f"The excerpt {file.name} is not the one that was written: it was edited."]
    file.unlink()
    assert ledger.verify() == []


def test_a_cut_that_is_taken_back_leaves_everything(ledger: SqlLedger) -> None:
    fill(ledger)

    def cut_and_fail() -> None:
        with ledger.write(at=after(days=100), actor=RULE) as tx:
            tx.take("main")
            tx.events.prune("main", before=after(hours=1), most=1000)
            raise Broken

    with pytest.raises(Broken):
        cut_and_fail()
    assert numbers(ledger) == list(range(1, 11))
    assert ledger.verify() == []
    assert prune(ledger, hours=1) is not None
