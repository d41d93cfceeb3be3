"""A real SQLite ledger, which must verify when the test is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger import SqlLedger, ledger_key, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    """An empty ledger."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", key=ledger_key(tmp_path), anchors=tmp_path / "anchors")
    yield ledger
    assert ledger.verify() == []
    ledger.close()
