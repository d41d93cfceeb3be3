"""Collected only when asked for: these tests take minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

collect_ignore_glob = [] if os.environ.get("WATCHKEEPER_TEST_FAULTS") == "1" else ["test_*.py"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"
