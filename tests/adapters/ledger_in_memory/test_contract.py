"""The ledger's contract over a ledger in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.ledger_in_memory import MemoryLedger, Store
from tests.contracts.ledger import LedgerContract

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
