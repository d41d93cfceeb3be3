"""A real SQLite ledger, which must verify when the test is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger import SqlLedger
from watchkeeper.rehearsal.ledgers import sqlite_ledger_in


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """An empty ledger."""
    ledger = sqlite_ledger_in(tmp_path)
    yield ledger
    assert ledger.verify() == []
    ledger.close()
