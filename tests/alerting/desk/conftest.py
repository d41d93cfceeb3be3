"""A scene over a real SQLite ledger, which must verify when the test is done."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerting.desk.scene import Scene, open_in


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger with the scene's site and elevator, to be copied: its tables are made once."""
    folder = tmp_path_factory.mktemp("furnished")
    scene = Scene(open_in(folder))
    scene.furnish()
    scene.ledger.close()
    return folder


@pytest.fixture
def scene(furnished: Path, tmp_path: Path) -> Iterator[Scene]:
    """One site, one elevator, everybody at work."""
    scene = Scene(open_in(shutil.copytree(furnished, tmp_path / "data")))
    yield scene
    assert scene.ledger.verify() == []
    scene.ledger.close()
