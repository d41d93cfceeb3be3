"""What the history holds: tables and files by kind and day, devices, sealed files.

Promises: a `Catalogue` is a value; a change makes a new one, so a reader keeps what it began with. Everything in it is
rebuilt from the database at opening: the manifest table `sealed` says which files count, tables say their own columns.
Leaves to others: changing tables and files (`writing`, `sealing`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from adapters.history.duckdb.schema import BASE, Source, day_date, day_number, file_name, parse_table_name, quoted
from domain.errors import HistoryUnavailable

LAYOUT = 1
"""The arrangement of tables described here. A database with a higher one was written by a newer version."""

SEALED_FOLDER = "sealed"

_TABLES = (
    "CREATE TABLE IF NOT EXISTS layout (version INTEGER)",
    "CREATE TABLE IF NOT EXISTS probe (at_ms BIGINT)",
    "CREATE TABLE IF NOT EXISTS devices (site VARCHAR, device VARCHAR, kind VARCHAR)",
    # Readings whose `ts` was not believed: the instant they got at first receipt is theirs when they come again.
    "CREATE TABLE IF NOT EXISTS disbelieved"
    " (site VARCHAR, device VARCHAR, channel VARCHAR, identity_ms BIGINT, at_ms BIGINT, received_ms BIGINT)",
    "CREATE TABLE IF NOT EXISTS sealed"
    " (kind VARCHAR, day DATE, version INTEGER, rows BIGINT, columns MAP(VARCHAR, VARCHAR), extra VARCHAR[])",
)

DeviceKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`days[kind][day]` are a day's sources, oldest first: its file, then its tables by generation.

    Where two hold the same identity, the earlier one's values win and the later one's fill what is missing.
    """

    folder: Path
    days: Mapping[str, Mapping[int, tuple[Source, ...]]]
    versions: Mapping[tuple[str, int], int]
    devices: Mapping[DeviceKey, tuple[str, ...]]

    def sources(self, kind: str, day: int) -> tuple[Source, ...]:
        """The sources of one day of a kind; none when it has no rows."""
        return self.days.get(kind, {}).get(day, ())

    def of_device(self, site: str, device: str, first_day: int, last_day: int) -> dict[int, list[Source]]:
        """Days with sources that may hold rows of a device, both ends included, in order of time."""
        found: dict[int, list[Source]] = defaultdict(list)
        for kind in self.devices.get((site, device), ()):
            for day, sources in self.days.get(kind, {}).items():
                if first_day <= day <= last_day:
                    found[day] += sources
        return dict(sorted(found.items()))

    def each(self) -> Iterator[tuple[str, int, tuple[Source, ...]]]:
        """Every (kind, day, sources)."""
        for kind, days in self.days.items():
            for day, sources in days.items():
                yield kind, day, sources

    def file(self, kind: str, day: int) -> Path:
        """The path of a day's Parquet file at its present version."""
        return self.folder / SEALED_FOLDER / kind / file_name(day, self.versions[kind, day])

    def with_day(self, kind: str, day: int, sources: Sequence[Source], version: int | None = None) -> Catalogue:
        """The catalogue with one day's sources replaced; a day without any leaves. `version` is its file's."""
        days = {**self.days.get(kind, {}), day: tuple(sources)}
        versions = {**self.versions}
        if not sources:
            del days[day]
        if version is None:
            versions.pop((kind, day), None)
        else:
            versions[kind, day] = version
        return replace(self, days={**self.days, kind: days}, versions=versions)

    def with_devices(self, seen: Sequence[tuple[str, str, str]]) -> Catalogue:
        """The catalogue with (site, device, kind) added."""
        devices = {**self.devices}
        for site, device, kind in seen:
            devices[site, device] = (*devices.get((site, device), ()), kind)
        return replace(self, devices=devices)


def create_layout(connection: duckdb.DuckDBPyConnection) -> None:
    """Create our own tables where they are missing. Raises HistoryUnavailable for a newer layout."""
    for statement in _TABLES:
        connection.execute(statement)
    ((version,),) = connection.execute("SELECT max(version) FROM layout").fetchall()
    if version is None:
        connection.execute("INSERT INTO layout VALUES (?)", [LAYOUT])
        connection.execute("INSERT INTO probe VALUES (0)")
    elif version > LAYOUT:
        raise HistoryUnavailable(f"this history has layout {version}, this version knows {LAYOUT}; upgrade, or restore")


def load_catalogue(connection: duckdb.DuckDBPyConnection, folder: Path) -> Catalogue:
    """What the database holds."""
    days: dict[str, dict[int, tuple[Source, ...]]] = defaultdict(dict)
    versions: dict[tuple[str, int], int] = {}
    for kind, on, version, columns, extra in connection.execute(
        "SELECT kind, day, version, columns, extra FROM sealed"
    ).fetchall():
        day = day_number(on)
        versions[kind, day] = version
        path = folder / SEALED_FOLDER / kind / file_name(day, version)
        days[kind][day] = (Source(columns, frozenset(extra), file=str(path)),)
    for name, columns in _day_tables(connection).items():
        parsed = parse_table_name(name)
        assert parsed is not None
        kind, day, _ = parsed
        held = (*days[kind].get(day, ()), Source(columns, names_in_extra(connection, name), table=name))
        days[kind][day] = tuple(sorted(held, key=lambda source: source.generation))
    devices: dict[DeviceKey, tuple[str, ...]] = {}
    for site, device, kind in connection.execute("SELECT site, device, kind FROM devices").fetchall():
        devices[site, device] = (*devices.get((site, device), ()), kind)
    return Catalogue(folder, dict(days), versions, devices)


def names_in_extra(connection: duckdb.DuckDBPyConnection, table: str) -> frozenset[str]:
    """Metrics that occur in a table's `extra` column."""
    found = connection.execute(
        f"SELECT DISTINCT unnest(map_keys(extra)) FROM {quoted(table)} WHERE extra IS NOT NULL"  # noqa: S608
    ).fetchall()
    return frozenset(name for (name,) in found)


def describe(kind: str, day: int) -> str:
    """A kind's day for a log line."""
    return f"{kind} {day_date(day).isoformat()}"


def _day_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, sql_type in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        " ORDER BY table_name, column_index"
    ).fetchall():
        if parse_table_name(table) is not None:
            columns = tables[table]
            if column not in BASE:
                columns[column] = sql_type
    return tables
