"""The ledger's contract over SQLite and PostgreSQL."""

from __future__ import annotations

from tests.contracts.ledger import LedgerContract


class TestSqlLedger(LedgerContract):
    """Fixtures come from `conftest`."""
