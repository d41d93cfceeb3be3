"""The ledger's contract over a ledger in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from adapters.ledger_in_memory import MemoryLedger, Store
from domain.events import Cursor
from tests.contracts.ledger import LedgerContract
from tests.contracts.ledger_model import TRANSACTIONS, Transactions, replayed
from tests.contracts.ledger_values import RULE, START, alarm, put_alarm

KEY = bytes(32)
LONG = timedelta(seconds=20)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def ledger(store: Store) -> MemoryLedger:
    return MemoryLedger(store, key=KEY, lock_wait=LONG)


@pytest.fixture
def other(store: Store) -> MemoryLedger:
    """The same ledger, as another process would have it open."""
    return MemoryLedger(store, key=KEY, lock_wait=LONG)


class TestMemoryLedger(LedgerContract):
    """All of it, over rows in memory."""


@settings(max_examples=100, deadline=None)
@given(transactions=TRANSACTIONS)
def test_random_acts_with_failures_leave_a_sound_ledger(transactions: Transactions) -> None:
    replayed(MemoryLedger(Store(), key=KEY), transactions)


def test_rows_and_events_that_were_changed_past_the_ledger_are_found(ledger: MemoryLedger, store: Store) -> None:
    with ledger.write(at=START, actor=RULE) as tx:
        for number in (1, 2, 3):
            put_alarm(tx, alarm(number))
    with store.looking() as state:
        state.alarms.set("main-A1", alarm(1, occurrences=7))
        state.alarms.set("main-A2", None)
        sealed = state.events.rows["main", 3]
        state.events.set(("main", 3), replace(sealed, body=sealed.body.replace("E-3", "E-4")))
    with ledger.read() as rows:
        rows.events.after(Cursor({}), sites=None, most=1)[0].data["because"] = "something else"
    assert ledger.verify() == [
        "event 1 of main was changed by somebody who read it.",
        "event 3 of main does not fit its seal.",
        "alarm:main-A1 is not as an event left it.",
        "alarm:main-A2 is gone, but an event wrote it.",
    ]
