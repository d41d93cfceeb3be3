"""What is old leaves the ledger step by step, on the clock, while alarms go on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.clock import ManualClock
from adapters.ledger import SqlLedger
from alerting import pruning
from alerting.pruning import Pruning
from domain.events import Cursor, EventType
from domain.people import Session
from tests.contracts.ledger_values import RULE, START, after, alarm, put_alarm
from tests.ingest.parts import until_on

YEAR = timedelta(days=365)


def fill(ledger: SqlLedger) -> None:
    """Ten alarms that go on, and two sign-ins."""
    with ledger.write(at=START, actor=RULE) as tx:
        for number in range(10):
            put_alarm(tx, alarm(number), EventType.ALARM_RAISED)
        for name, hours in (("short", 1), ("long", 24 * 900)):
            session = Session(digest=name, person="li", csrf="c", created_at=START, expires_at=after(hours=hours))
            tx.accounts.put_session(session)


def events(ledger: SqlLedger) -> list[EventType]:
    with ledger.read() as rows:
        return [event.type for event in rows.events.after(Cursor({}), sites=None, most=100)]


async def test_old_events_go_in_steps_and_sign_ins_that_ran_out_too(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger)
    monkeypatch.setattr(pruning, "STEP_EVENTS", 4)
    clock = ManualClock(START + YEAR + timedelta(minutes=1))
    running = asyncio.create_task(Pruning(ledger, clock, YEAR).run())
    try:
        await until_on(clock, lambda: events(ledger).count(EventType.CHAIN_PRUNED) == 3)
        assert events(ledger) == [EventType.CHAIN_PRUNED] * 3
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert ledger.verify() == []
    with ledger.read() as rows:
        assert rows.alarms.get("main-A1").state.open
        assert rows.accounts.session("short") is None
        assert rows.accounts.session("long") is not None


async def test_without_a_retention_nothing_goes_but_sign_ins(ledger: SqlLedger) -> None:
    fill(ledger)
    await Pruning(ledger, ManualClock(START + 10 * YEAR), None).look()
    assert len(events(ledger)) == 10
    with ledger.read() as rows:
        assert rows.accounts.session("long") is None
