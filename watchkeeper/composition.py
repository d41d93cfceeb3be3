"""The parts, opened as the settings say.

Promises: one place that knows which adapter stands behind which port. Leaves to others: running them
(`watchkeeper.roles`), settings (`watchkeeper.settings`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from domain.people import Actor, ActorType, Role
from watchkeeper.settings import Settings

if TYPE_CHECKING:
    from domain.ports.history import History
    from domain.ports.ledger import Ledger

IMPORTER = Actor(ActorType.PROGRAM, "import", Role.ADMIN)
SYSTEM = Actor(ActorType.TIMER, "watchkeeper")


def open_ledger(settings: Settings) -> Ledger:
    """The ledger, its key beside it and its anchors outside its tables."""
    from adapters.ledger import ledger_key
    from adapters.ledger import open_ledger as open_sql

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_sql(
        settings.ledger_address, key=ledger_key(settings.data), anchors=settings.data / "ledger-anchors.jsonl"
    )


@contextmanager
def opened_ledger(settings: Settings) -> Iterator[Ledger]:
    """The ledger for the length of a block."""
    ledger = open_ledger(settings)
    try:
        yield ledger
    finally:
        ledger.close()


def open_history(settings: Settings) -> History:
    """The embedded history. Raises HistoryUnavailable when another process has it."""
    from adapters.history.duckdb import DuckDBHistory
    from devices.registry import kinds

    days = settings.history_retention_days
    return DuckDBHistory(
        settings.history_folder,
        kinds(),
        memory_limit_mib=settings.history_memory_mib,
        retention=timedelta(days=days) if days else None,
    )


def import_into_registry(settings: Settings, file: Path) -> tuple[int, int]:
    """Load a property file into the registry; how many sites and devices it holds. Raises ConfigError."""
    from alerting.desk import Desk
    from devices.registry import kinds
    from watchkeeper.config_files import load_config, load_property

    content = load_property(file, kinds())
    desk = Desk(load_config(settings.config, kinds()).templates)
    with opened_ledger(settings) as ledger, ledger.write(at=datetime.now(UTC), actor=IMPORTER) as transaction:
        desk.register(transaction, sites=content.sites, devices=content.devices, actor=IMPORTER)
    return len(content.sites), len(content.devices)
