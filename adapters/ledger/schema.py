"""Bringing the tables up to date.

Promises: a start with tables of today compares one row and loads nothing more; SQLite is migrated when opened, under
its write lock, so that of several processes one does it; PostgreSQL is migrated only when asked to.
Leaves to others: the migrations themselves (`migrations/versions`).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from adapters.ledger.dialects import Store, store_of
from adapters.ledger.tables import REVISION
from domain.errors import ConfigError

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_WAIT = timedelta(seconds=60)


def migrate(url: str, *, revision: str = "head") -> None:
    """Bring the database's tables to a revision, up or down (`base` leaves none, and nothing of what they held)."""
    store = store_of(url, lock_wait=_LOCK_WAIT)
    try:
        _migrate(store, revision)
    finally:
        store.dispose()


def bring_up_to_date(store: Store) -> None:
    """Migrate if the store does that on opening. Raises ConfigError when a person must, or the tables are newer."""
    with store.looking() as connection:
        found = revision_of(connection)
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise ConfigError(
            file="ledger",
            place=store.url.render_as_string(hide_password=True),
            problem=f"its tables are of revision {found}, newer than this version's {REVISION}",
            remedy="Install the newer version again, or restore a backup.",
        )
    if not store.migrates_on_open:
        raise ConfigError(
            file="ledger",
            place=store.url.render_as_string(hide_password=True),
            problem=f"its tables are of revision {found or 'none'}, and this version needs {REVISION}",
            remedy="Make a backup, then run: watchkeeper ledger migrate.",
        )
    _migrate(store, "head")


def revision_of(connection: Connection) -> str | None:
    """The tables' revision, None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _migrate(store: Store, revision: str) -> None:
    from alembic import command  # 15 MiB that only a migration needs
    from alembic.config import Config

    with store.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        found = revision_of(connection)  # under the lock: another process may just have done it
        if revision == "base" or (found is not None and revision < found):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
