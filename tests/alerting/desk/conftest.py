"""A scene over a real SQLite ledger, which must verify when the test is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger import ledger_key, open_ledger
from tests.alerting.desk.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """One site, one elevator, everybody at work."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", key=ledger_key(tmp_path), anchors=tmp_path / "anchors")
    yield Scene(ledger)
    assert ledger.verify() == []
    ledger.close()
