"""Migrations: up, down, and the same tables as the code's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

import adapters.ledger
from adapters.ledger import migrate
from adapters.ledger.tables import REVISION, metadata
from domain.errors import ConfigError
from domain.notices import NoticeState
from tests.adapters.ledger.conftest import Place, make_sqlite

_names = count()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database without tables."""
    if request.param == "sqlite":
        place = make_sqlite(tmp_path)
    else:
        new_database: Callable[[str], str] = request.getfixturevalue("new_database")
        place = Place(new_database(f"bare_{next(_names)}"), tmp_path)
    yield place
    place.close()


def test_the_migrations_make_the_tables_that_the_code_uses_and_take_them_away(place: Place) -> None:
    engine = create_engine(place.url.replace("postgresql:", "postgresql+psycopg:"))
    for _ in range(2):
        migrate(place.url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
            assert context.get_current_revision() == REVISION
            indexes = {index["name"] for table in metadata.tables for index in inspect(connection).get_indexes(table)}
            assert indexes >= {index.name for table in metadata.tables.values() for index in table.indexes}
        migrate(place.url)
        migrate(place.url, revision="base")
        with engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_the_revision_that_the_code_knows_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(adapters.ledger.__path__[0]) / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_tables_of_a_newer_version_are_refused(place: Place) -> None:
    migrate(place.url)
    place.by_hand("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer than this version"):
        place.open()


def test_sqlite_is_migrated_on_opening_and_postgresql_only_when_told(place: Place) -> None:
    if place.url.startswith("postgresql"):
        with pytest.raises(ConfigError, match="watchkeeper ledger migrate"):
            place.open()
        migrate(place.url)
    assert place.open().verify() == []


def test_notices_of_before_are_found_by_their_channel(place: Place) -> None:
    migrate(place.url, revision="0009")
    place.by_hand(
        "INSERT INTO notices (key, site, number, lane, state, made_at, body) "
        """VALUES ('k', 'main', 1, 'main/mail', 'sent', 0, '{"channel": "mail", "key": "k"}')"""
    )
    migrate(place.url)
    with place.open().read() as rows:
        assert rows.notices.counts() == {("mail", NoticeState.SENT): 1}
