"""Two processes and one lease, over a real ledger."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import ScaledClock
from adapters.ledger import SqlLedger, ledger_key, open_ledger
from adapters.place import Place
from alerting.desk import Desk
from alerting.leading import FencedLedger, Leadership
from domain.errors import Fenced
from domain.events import Cursor, EventType
from domain.lease import ALERTING, Lease
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import IMPORT, LIFT, SITE
from tests.broker_fixtures import until

START = datetime(2025, 11, 21, 8, tzinfo=UTC)
CLOCK = ScaledClock(START, 50)  # a look every 20 ms


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """A ledger with one site, that says soon when it is locked."""
    ledger = open_ledger(
        f"sqlite:///{tmp_path / 'ledger.db'}",
        key=ledger_key(tmp_path),
        anchors=tmp_path / "anchors",
        lock_wait=timedelta(milliseconds=100),
    )
    with ledger.write(at=START, actor=IMPORT) as tx:
        Desk(TEMPLATES).register(tx, sites=[SITE], devices=[LIFT], actor=IMPORT)
    yield ledger
    assert ledger.verify() == []
    ledger.close()


def process(ledger: SqlLedger, name: str, place: Place | None = None) -> Leadership:
    """One process, on a machine of its own unless it has a place."""
    return Leadership(ledger, CLOCK, name, place.hold if place is not None else lambda: None)


def lease_in(ledger: SqlLedger) -> Lease:
    with ledger.read() as rows:
        lease = rows.leases.get(ALERTING)
    assert lease is not None
    return lease


def mark(ledger: FencedLedger, value: str) -> None:
    with ledger.write(at=START, actor=IMPORT) as tx:
        tx.marks.put("who", value)


async def test_who_is_alone_leads_at_once_and_the_chain_says_so(ledger: SqlLedger) -> None:
    lease = await process(ledger, "a").win()
    assert (lease.holder, lease.epoch) == ("a", 1)
    with ledger.read() as rows:
        [event] = [each for each in rows.events.after(Cursor({}), sites=None, most=9) if "epoch" in each.data]
    assert event.type is EventType.PROCESS_STARTED
    assert event.data == {"role": ALERTING, "holder": "a", "epoch": 1, "lease_was": "free"}


async def test_a_leader_that_was_paused_writes_nothing_and_ends_once_another_leads(ledger: SqlLedger) -> None:
    paused, standby = process(ledger, "a"), process(ledger, "b")
    old = FencedLedger(ledger, await paused.win())
    mark(old, "a")
    lease = await standby.win()  # nobody renews for "a"
    assert lease.epoch == 2
    with pytest.raises(Fenced, match="now b under epoch 2"):
        mark(old, "a, after its time")
    with pytest.raises(Fenced):
        await paused.keep()
    await paused.hand_over()
    assert lease_in(ledger).holder == "b"
    mark(FencedLedger(ledger, lease), "b")
    with ledger.read() as rows:
        assert rows.marks.get("who") == "b"


async def test_a_stop_hands_over_at_the_next_look(ledger: SqlLedger) -> None:
    leader, standby = process(ledger, "a"), process(ledger, "b")
    await leader.win()
    keeping, waiting = asyncio.create_task(leader.keep()), asyncio.create_task(standby.win())
    await until(lambda: lease_in(ledger).standby == "b")
    assert not waiting.done()
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await leader.hand_over()
    lease = await waiting
    assert (lease.holder, lease.epoch) == ("b", 2)


async def test_a_process_that_ended_on_this_machine_is_followed_without_waiting(
    ledger: SqlLedger, tmp_path: Path
) -> None:
    here, again = Place(tmp_path / "alerting.lock"), Place(tmp_path / "alerting.lock")
    first = process(ledger, "a", here)
    await first.win()
    assert again.hold() is None
    waiting = asyncio.create_task(process(ledger, "b", again).win())
    await until(lambda: lease_in(ledger).standby == "b")
    here.leave()  # as the kernel does for a process that was killed
    assert (await waiting).epoch == 2
    again.leave()
    with ledger.read() as rows:
        started = [each.data for each in rows.events.after(Cursor({}), sites=None, most=9) if "epoch" in each.data]
    assert [each["lease_was"] for each in started] == ["free", "ended"]


async def test_a_leader_that_cannot_renew_leaves_when_somebody_waits(ledger: SqlLedger, tmp_path: Path) -> None:
    leader = process(ledger, "a")
    await leader.win()
    keeping = asyncio.create_task(leader.keep())
    with ledger.write(at=START, actor=IMPORT) as tx:
        tx.leases.wait(ALERTING, "b")
    renewed = lease_in(ledger).renewals
    await until(lambda: lease_in(ledger).renewals > renewed + 1)
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as away:
        away.execute("BEGIN IMMEDIATE")
        with pytest.raises(Fenced, match="b waits"):
            await asyncio.wait_for(keeping, 15)


async def test_a_leader_alone_stays_however_long_the_ledger_is_away(ledger: SqlLedger, tmp_path: Path) -> None:
    leader = process(ledger, "a")
    await leader.win()
    keeping = asyncio.create_task(leader.keep())
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as away:
        away.execute("BEGIN IMMEDIATE")
        await CLOCK.sleep(timedelta(seconds=30))
        assert not keeping.done()
    renewed = lease_in(ledger).renewals
    await until(lambda: lease_in(ledger).renewals > renewed)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


def test_a_copy_of_the_folder_is_another_place(tmp_path: Path) -> None:
    original, copy = Place(tmp_path / "a"), Place(tmp_path / "b")
    name = original.hold()
    assert name is not None
    assert original.hold() == name
    (tmp_path / "b").write_bytes((tmp_path / "a").read_bytes())
    assert copy.hold() not in (None, name)
    original.leave()
    assert Place(tmp_path / "a").hold() == name


def test_where_nothing_can_be_locked_there_is_no_proof(tmp_path: Path) -> None:
    assert Place(tmp_path / "no such folder" / "lock").hold() is None
