"""Finished days: sealed into Parquet, late rows merged in, old days dropped.

Promises: a day's rows are readable, once each, whatever crashes at which step. The steps are: rows that still come go
to a new table; a temporary file is written, sorted by device and time, and fsynced; it is renamed to its name; one
transaction enters it in the manifest and drops the tables it holds. Until that transaction the tables count and the
file does not; after it the reverse. What a crash leaves behind is removed at the next opening.
Leaves to others: what is due when a day's rows are read before they are merged (`reading` merges as it reads).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from adapters.history.duckdb.catalogue import SEALED_FOLDER, Catalogue
from adapters.history.duckdb.database import Opened, Reader
from adapters.history.duckdb.reading import merged_rows, readable_columns
from adapters.history.duckdb.schema import (
    BASE,
    DAY_MS,
    UNDER_WAY,
    Source,
    day_date,
    day_of,
    file_name,
    is_our_file,
    quoted,
)
from domain.instants import span_ms, to_ms

GRACE = timedelta(hours=1)
"""A day is sealed this long after its end: what devices send again after a short break still finds its table."""

LATE_WAIT = timedelta(hours=1)
"""Rows of a sealed day wait this long, so that a device that sends a backlog does not rewrite its file each minute."""

_SORTED = "site, device, at_ms, channel, identity_ms"


def due(reader: Reader, now: datetime) -> list[tuple[str, int]]:
    """Kinds and days to seal or to merge at `now`, oldest first."""
    now_ms = to_ms(now)
    days = []
    for kind, day, sources in reader.catalogue.each():
        tables = [source.table for source in sources if source.table is not None]
        if not tables or (day + 1) * DAY_MS + span_ms(GRACE) > now_ms:
            continue
        if (kind, day) in reader.catalogue.versions:
            waiting_since_ms = min(_first_received_ms(reader, table) for table in tables)
            if waiting_since_ms + span_ms(LATE_WAIT) > now_ms:
                continue
        days.append((day, kind))
    return [(kind, day) for day, kind in sorted(days)]


class Retention(NamedTuple):
    """How long readings are kept: `all` None for ever; those of a kind in `shorter` at the most so long."""

    all: timedelta | None
    shorter: Mapping[str, timedelta]

    def of(self, kind: str) -> timedelta | None:
        """How long a kind's readings are kept."""
        spans = [span for span in (self.all, self.shorter.get(kind)) if span is not None]
        return min(spans, default=None)


def outdated(catalogue: Catalogue, now: datetime, keep: Retention) -> list[tuple[str, int]]:
    """Kinds and days that ended longer ago than they are kept."""

    def over(kind: str, day: int) -> bool:
        kept = keep.of(kind)
        return kept is not None and day < day_of(to_ms(now) - span_ms(kept))

    return sorted((kind, day) for kind, day, _ in catalogue.each() if over(kind, day))


@dataclass(frozen=True, slots=True)
class Sealed:
    """A complete file that is not in the manifest yet, and the sources it was written from."""

    kind: str
    day: int
    version: int
    rows: int
    source: Source
    written_from: tuple[Source, ...]


def write_file(opened: Opened, kind: str, day: int, sources: tuple[Source, ...]) -> Sealed:
    """The next version of a day's file, complete and on the disk. Raises duckdb.Error, OSError."""
    catalogue = opened.catalogue
    version = catalogue.versions.get((kind, day), 0) + 1
    path = catalogue.folder / SEALED_FOLDER / kind / file_name(day, version)
    under_way = path.with_name(path.name + UNDER_WAY)
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = readable_columns(sources)
    query, parameters = merged_rows(sources, columns)
    names = ", ".join(quoted(name) for name in (*BASE, *columns))
    with opened.reader() as reader:
        reader.rows(
            f"COPY (SELECT {names} FROM ({query}) ORDER BY {_SORTED})"  # noqa: S608
            " TO $file (FORMAT parquet, COMPRESSION zstd)",
            {**parameters, "file": str(under_way)},
        )
        in_file = {"file": str(under_way)}
        ((rows,),) = reader.rows("SELECT count(*) FROM read_parquet($file)", in_file)
        extra = reader.rows(
            "SELECT DISTINCT unnest(map_keys(extra)) FROM read_parquet($file) WHERE extra IS NOT NULL", in_file
        )
    _sync(under_way)
    under_way.replace(path)
    for folder in (path.parent, path.parent.parent, catalogue.folder):
        _sync(folder)
    source = Source(columns, frozenset(name for (name,) in extra), file=str(path))
    return Sealed(kind, day, version, rows, source, sources)


def enter(opened: Opened, sealed: Sealed) -> Sequence[Path]:
    """Let a file take the place of the sources it was written from. Raises duckdb.Error.

    Answers files that are to be removed when nobody reads them any more.
    """
    kind, day, sources = sealed.kind, sealed.day, sealed.written_from
    remaining = [source for source in opened.catalogue.sources(kind, day) if source not in sources]
    with opened.switching(opened.catalogue.with_day(kind, day, [sealed.source, *remaining], sealed.version)):
        _forget(opened.connection, kind, day, sources)
        opened.connection.execute(
            "INSERT INTO sealed VALUES ($kind, $day, $version, $rows,"
            " map($names::VARCHAR[], $types::VARCHAR[]), $extra::VARCHAR[])",
            {
                "kind": kind,
                "day": day_date(day),
                "version": sealed.version,
                "rows": sealed.rows,
                "names": list(sealed.source.columns),
                "types": list(sealed.source.columns.values()),
                "extra": sorted(sealed.source.extra),
            },
        )
    return [Path(source.file) for source in sources if source.file is not None]


def drop(opened: Opened, kind: str, day: int) -> Sequence[Path]:
    """Forget a day whole. Raises duckdb.Error, OSError. Answers files to remove, as `enter` does."""
    sources = opened.catalogue.sources(kind, day)
    with opened.switching(opened.catalogue.with_day(kind, day, ())):
        _forget(opened.connection, kind, day, sources)
    return [Path(source.file) for source in sources if source.file is not None]


def remove(opened: Opened, files: Sequence[Path]) -> None:
    """Unlink files that no reader sees any more. One that is still being read stays for the next sweep."""
    if files and opened.drain():
        for path in files:
            path.unlink(missing_ok=True)


def sweep(catalogue: Catalogue) -> None:
    """Remove files of ours that the manifest does not name. Only when nothing is being sealed. Raises OSError."""
    named = {Path(source.file) for _, _, sources in catalogue.each() for source in sources if source.file is not None}
    for path in (catalogue.folder / SEALED_FOLDER).glob("*/*"):
        if is_our_file(path.name) and path not in named:
            path.unlink()


def _forget(connection: duckdb.DuckDBPyConnection, kind: str, day: int, sources: Sequence[Source]) -> None:
    """Drop tables and the manifest's line, inside the caller's transaction."""
    for source in sources:
        if source.table is not None:
            connection.execute(f"DROP TABLE {quoted(source.table)}")
    connection.execute("DELETE FROM sealed WHERE kind = ? AND day = ?", [kind, day_date(day)])


def _first_received_ms(reader: Reader, table: str) -> int:
    ((first_ms,),) = reader.rows(f"SELECT min(received_ms) FROM {quoted(table)}", {})  # noqa: S608
    return 0 if first_ms is None else int(first_ms)


def _sync(path: Path) -> None:
    """Bring a file's or a folder's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
