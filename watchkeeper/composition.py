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
from watchkeeper.settings import HistoryChoice, Settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from adapters.history.influxdb import InfluxAddress
    from alerting.desk import Desk
    from alerting.revisions import Revised
    from domain.ports.files import Files
    from domain.ports.history import History
    from domain.ports.ledger import Ledger, Transaction
    from ingest.spool import Spool
    from watchkeeper.config_files import Configuration, Property

IMPORTER = Actor(ActorType.PROGRAM, "import", Role.ADMIN)
RELOAD = Actor(ActorType.PROGRAM, "reload", Role.ADMIN)
UNUSED_FILES_STAY = timedelta(days=1)
"""A file is kept before its row is written: what is younger may be about to get one."""
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
    """The history that the settings name. Raises HistoryUnavailable when another process has the embedded one."""
    from devices.registry import kinds

    if settings.history is HistoryChoice.INFLUXDB:
        from adapters.history.influxdb import InfluxHistory

        return InfluxHistory(influx_address(settings), kinds(), shorter=position_retention(settings))
    from adapters.history.duckdb import DuckDBHistory

    return DuckDBHistory(
        settings.history_folder,
        kinds(),
        memory_limit_mib=settings.history_memory_mib,
        retention=history_retention(settings),
        shorter=position_retention(settings),
    )


def influx_address(settings: Settings) -> InfluxAddress:
    """Where the InfluxDB is. Call it only where `settings.history` says that there is one."""
    from adapters.history.influxdb import InfluxAddress, Mode

    def secret(held: SecretStr | None) -> str:
        return held.get_secret_value() if held is not None else ""

    return InfluxAddress(
        url=settings.history_url or "",
        mode=Mode(settings.history_mode.value),
        bucket=settings.history_bucket,
        org=settings.history_org or "",
        token=secret(settings.history_token),
        username=settings.history_username or "",
        password=secret(settings.history_password),
    )


def prepare_history(settings: Settings) -> str:
    """Make the history ready and prove it by a write; what was done, in a sentence. Raises HistoryUnavailable."""
    if settings.history is HistoryChoice.DUCKDB:
        return f"the embedded history in {settings.history_folder} makes itself"
    from adapters.history.influxdb import prepare

    told = prepare(influx_address(settings), history_retention(settings))
    history = open_history(settings)
    try:
        history.check()
    finally:
        history.close()
    return f"{told}; a probe was written"


def open_files(settings: Settings) -> Files:
    """Where the files of work orders are kept."""
    from adapters.files import FolderOfFiles

    return FolderOfFiles(settings.files_folder)


def check_files(settings: Settings, ledger: Ledger) -> tuple[list[str], str]:
    """What is missing or changed of the files that orders have; and, in a sentence, what was looked at."""
    with ledger.read() as rows:
        digests = rows.attachments.digests()
    if not settings.files_folder.is_dir():
        missing = f"the {len(digests)} files of work orders are not on this machine, and were not looked at"
        return [], missing if digests else "there are no files of work orders"
    damages = open_files(settings).damages(digests)
    return damages, f"files of work orders: {len(digests)}, sound: {len(digests) - len(damages)}"


def sweep_files(settings: Settings, ledger: Ledger, at: datetime) -> int:
    """Remove contents of files that no order has any more; returns how many."""
    with ledger.read() as rows:
        digests = rows.attachments.digests()
    return open_files(settings).sweep(digests, at - UNUSED_FILES_STAY)


def open_spool(settings: Settings, ordinal: int) -> Spool | None:
    """The spool of this ingest, if it has one. Raises SpoolUnavailable when another process has it."""
    from ingest.spool import Spool

    return Spool(settings.spool_folder(ordinal), settings.spool_mib) if settings.spool_mib else None


def disk_folders(settings: Settings) -> dict[str, Path]:
    """The folders whose disks must not fill up, by name."""
    return {"data": settings.data, "history": settings.history_folder}


def history_retention(settings: Settings) -> timedelta | None:
    """How long readings are kept; None for ever."""
    days = settings.history_retention_days
    return timedelta(days=days) if days else None


def position_retention(settings: Settings) -> dict[str, timedelta]:
    """How long readings of kinds that say where somebody is are kept, by kind."""
    from devices.registry import kinds

    days = settings.position_retention_days
    return {kind.name: timedelta(days=days) for kind in kinds().values() if kind.tells_position} if days else {}


def ledger_retention(settings: Settings) -> timedelta | None:
    """How long events are kept; None for ever."""
    days = settings.ledger_retention_days
    return timedelta(days=days) if days else None


def put_in_force(ledger: Ledger, configuration: Configuration, actor: Actor) -> Revised:
    """Make this config the current revision, unless it is. Every role follows it within a second."""
    from alerting.revisions import revise

    with ledger.write(at=datetime.now(UTC), actor=actor) as transaction:
        return revise(transaction, configuration.rules, configuration.arrangements, actor=actor)


def import_into_registry(settings: Settings, file: Path) -> tuple[int, int]:
    """Load a property file into the registry; how many sites and devices it holds. Raises ConfigError."""
    from alerting.desk import Desk
    from devices.registry import kinds
    from watchkeeper.config_files import load_property
    from watchkeeper.starting import starting_config

    content = load_property(file, kinds())
    with opened_ledger(settings) as ledger:
        desk = Desk(starting_config(settings, ledger).configuration.templates)
        with ledger.write(at=datetime.now(UTC), actor=IMPORTER) as transaction:
            _enter(desk, transaction, content)
    return len(content.sites), len(content.devices)


def _enter(desk: Desk, transaction: Transaction, content: Property) -> None:
    """Enter what a file has; nothing is removed but routes that it leaves out."""
    desk.register(
        transaction,
        sites=content.sites,
        devices=content.devices,
        routes=content.routes,
        whole_rota=bool(content.routes),  # a file without any says nothing of them
        actor=IMPORTER,
    )
    desk.register_overrides(transaction, content.overrides, actor=IMPORTER)
