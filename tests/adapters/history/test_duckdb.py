"""The embedded history keeps the port's promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDBHistory
from tests.contracts.history import HistoryContract, OpenHistory
from tests.contracts.history_samples import KINDS


class TestDuckDBHistory(HistoryContract):
    @pytest.fixture
    def open_history(self, tmp_path: Path) -> Iterator[OpenHistory]:
        opened: list[DuckDBHistory] = []

        def open_it() -> DuckDBHistory:
            opened.append(DuckDBHistory(tmp_path / "history", KINDS))
            return opened[-1]

        yield open_it
        for history in opened:
            history.close()
