"""Whole installations for the acceptance tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, running
from tests.services import require


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The demo property with Mosquitto and without random faults of its own making any difference."""
    require("mosquitto")
    require("mosquitto_pub")
    with running(tmp_path_factory.mktemp("demo") / "data", "--demo") as machine:
        yield machine


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"
