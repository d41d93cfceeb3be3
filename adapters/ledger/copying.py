"""Copies of a ledger, made while others write to it, and ledgers made from them.

Promises: a copy is one instant of the ledger, with its tables' revision; a ledger made from a copy of an older
revision is then migrated. SQLite is copied page by page through its backup interface into one file. Of PostgreSQL
every table is copied in one snapshot, by `COPY`: that needs no program of the server's version beside us.
Leaves to others: the key and the anchors, which are files of the data folder (copy the anchors first: they are written
after commits, and one that is ahead of its chain looks like a tail that was cut off); verifying what was restored.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
from sqlalchemy import Connection, inspect

from adapters.ledger.dialects import SqliteStore, store_of
from adapters.ledger.schema import migrate, revision_of
from domain.errors import ConfigError, Conflict, LedgerUnavailable

if TYPE_CHECKING:
    import psycopg

SQLITE_COPY = "ledger.sqlite"
_CONTENT = "tables.json"
_LOCK_WAIT = timedelta(seconds=60)
_VERSION_TABLE = "alembic_version"
_PART_BYTES = 1024 * 1024


class _Content(msgspec.Struct, frozen=True):
    """What a copy of a PostgreSQL ledger holds: columns by table, in an order that foreign keys allow."""

    revision: str
    tables: dict[str, list[str]]


def copy_ledger(url: str, folder: Path) -> None:
    """Write a copy into an empty folder. Raises LedgerUnavailable."""
    store = store_of(url, lock_wait=_LOCK_WAIT)
    try:
        if isinstance(store, SqliteStore):
            _copy_sqlite(store.path, folder / SQLITE_COPY)
        else:
            with store.looking() as connection:
                _copy_tables(connection, folder)
    finally:
        store.dispose()


def restore_ledger(url: str, folder: Path) -> None:
    """Make the ledger at `url`, which must be empty, from a copy. Raises Conflict, ConfigError, LedgerUnavailable."""
    content = _content_of(folder)
    store = store_of(url, lock_wait=_LOCK_WAIT)
    try:
        if (content is None) is not isinstance(store, SqliteStore):
            raise ConfigError(
                file="settings",
                place="ledger_url",
                problem=f"the backup is of a {'SQLite' if content is None else 'PostgreSQL'} ledger, this is another",
                remedy="Name a ledger of the same kind in WATCHKEEPER_LEDGER_URL, or leave it out for SQLite.",
            )
        with store.looking() as connection:
            if revision_of(connection) is not None:
                raise Conflict("the ledger to restore to is not empty; name an empty one")
    finally:
        store.dispose()
    if content is not None:
        migrate(url, revision=content.revision)
        _fill(url, folder, content)
    elif isinstance(store, SqliteStore):
        _copy_sqlite(folder / SQLITE_COPY, store.path)
    migrate(url)


def _copy_sqlite(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    try:
        with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
            reading.execute("PRAGMA query_only=ON")
            reading.backup(writing)  # all pages in one step: one read transaction, which holds up no writer
    except sqlite3.Error as error:
        raise LedgerUnavailable(f"the ledger could not be copied: {error}") from error


def _copy_tables(connection: Connection, folder: Path) -> None:
    revision = revision_of(connection)
    if revision is None:
        raise LedgerUnavailable("the ledger's database has no tables of ours yet: there is nothing to copy")
    inspector = inspect(connection)
    names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name not in (None, _VERSION_TABLE)]
    tables = {name: [column["name"] for column in inspector.get_columns(name)] for name in names if name}
    for name, columns in tables.items():
        statement = f"COPY {_listed(name, columns)} TO STDOUT"
        with (folder / f"{name}.copy").open("wb") as file, _driver(connection).cursor().copy(statement) as rows:
            for part in rows:
                file.write(part)
    (folder / _CONTENT).write_bytes(msgspec.json.encode(_Content(revision, tables)))


def _content_of(folder: Path) -> _Content | None:
    """What a copy of a PostgreSQL ledger holds; None for a SQLite one."""
    if (folder / SQLITE_COPY).exists():
        return None
    return msgspec.json.decode((folder / _CONTENT).read_bytes(), type=_Content)


def _fill(url: str, folder: Path, content: _Content) -> None:
    store = store_of(url, lock_wait=_LOCK_WAIT)
    try:
        with store.writing() as connection:
            _fill_tables(connection, folder, content)
    finally:
        store.dispose()


def _fill_tables(connection: Connection, folder: Path, content: _Content) -> None:
    for name in reversed(content.tables):
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608  rows that a migration put there
    for name, columns in content.tables.items():
        statement = f"COPY {_listed(name, columns)} FROM STDIN"
        with (folder / f"{name}.copy").open("rb") as file, _driver(connection).cursor().copy(statement) as rows:
            while part := file.read(_PART_BYTES):
                rows.write(part)
        for column in columns:
            _go_on_counting(connection, name, column)


def _driver(connection: Connection) -> psycopg.Connection:
    """The driver's own connection, which speaks `COPY`."""
    return cast("psycopg.Connection", connection.connection.driver_connection)


def _go_on_counting(connection: Connection, table: str, column: str) -> None:
    """A column that counts by itself goes on behind what it holds."""
    sequence = connection.exec_driver_sql("SELECT pg_get_serial_sequence(%s, %s)", (f'"{table}"', column)).scalar_one()
    if sequence is not None:
        connection.exec_driver_sql(
            f'SELECT setval(%s, (SELECT coalesce(max("{column}"), 0) + 1 FROM "{table}"), false)',  # noqa: S608
            (sequence,),
        )


def _listed(table: str, columns: list[str]) -> str:
    """A table with its columns, as `COPY` wants them. Names come from our own tables alone."""
    return f'"{table}" (' + ", ".join(f'"{column}"' for column in columns) + ")"
