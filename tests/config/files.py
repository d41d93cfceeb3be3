"""Config folders for tests: the shipped one, copied, with one file changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from domain.errors import ConfigError
from tests.services import REPOSITORY

SHIPPED = REPOSITORY / "config"


def folder_with(tmp_path: Path, file: str, content: str) -> Path:
    """A copy of the shipped config folder in which one file is another."""
    folder = tmp_path / "config"
    shutil.copytree(SHIPPED, folder)
    (folder / file).write_text(content, encoding="utf-8")
    return folder


def mistakes(error: ConfigError) -> tuple[ConfigError, ...]:
    """All of them."""
    return getattr(error, "errors", (error,))
