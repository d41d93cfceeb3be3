"""Ledgers for tests: SQLite in a folder of the test, and a real PostgreSQL started once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from adapters.ledger import SqlLedger, ledger_key, migrate, open_ledger

pytest.register_assert_rewrite(
    "tests.contracts.ledger", "tests.contracts.ledger_alarms", "tests.contracts.ledger_keeping"
)


class Place:
    """Where one test keeps its ledger, and hands that can reach past it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.key, self.anchors = ledger_key(folder), folder / "anchors"
        self._opened: list[SqlLedger] = []

    def open(self, *, lock_wait: timedelta = timedelta(seconds=20)) -> SqlLedger:
        """Open the ledger as one more process would."""
        ledger = open_ledger(self.url, key=self.key, anchors=self.anchors, lock_wait=lock_wait)
        self._opened.append(ledger)
        return ledger

    def by_hand(self, *statements: str) -> None:
        """Change rows behind the ledger's back."""
        engine = create_engine(self.url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            for statement in statements:
                assert connection.exec_driver_sql(statement).rowcount, f"{statement} found nothing"
        engine.dispose()

    def close(self) -> None:
        """Close all that was opened."""
        for ledger in self._opened:
            ledger.close()


@pytest.fixture(scope="session")
def migrated_database(new_database: Callable[[str], str]) -> str:
    """One database with the tables in it."""
    url = new_database("shared")
    migrate(url)
    return url


def make_sqlite(folder: Path) -> Place:
    """A new SQLite ledger."""
    return Place(f"sqlite:///{folder}/ledger.db", folder)


def make_postgres(url: str, folder: Path) -> Place:
    """The shared database, emptied."""
    from adapters.ledger.tables import metadata

    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"))
    engine.dispose()
    return Place(url, folder)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty ledger, over each database."""
    if request.param == "sqlite":
        place = make_sqlite(tmp_path)
    else:
        place = make_postgres(request.getfixturevalue("migrated_database"), tmp_path)
    yield place
    place.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Place]:
    """An empty ledger in a file."""
    place = make_sqlite(tmp_path)
    yield place
    place.close()


@pytest.fixture
def ledger(place: Place) -> SqlLedger:
    """The ledger, open."""
    return place.open()


@pytest.fixture
def other(place: Place) -> SqlLedger:
    """The same ledger, as another process has it open."""
    return place.open()
