"""`DuckDBHistory`: the embedded history behind the port `domain.ports.history.History`.

Promises: one owner process a folder, one writer at a time and any number of readers; a written batch is on the disk
when `write` returns, and stored once by (site, device, channel, `ts` as sent) across restarts, late rows and sealed
days. Nothing runs between calls: an idle store uses no CPU. While the folder cannot be used every call says why, and
the first one after that has ended works again.
Leaves to others: calling `maintain` now and then, keeping what could not be written.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from adapters.history.duckdb import reading, sealing
from adapters.history.duckdb.catalogue import describe
from adapters.history.duckdb.copying import write_copy
from adapters.history.duckdb.database import DATABASE, FREE_FLOOR_MIB, Database, Opened
from adapters.history.duckdb.schema import metric_columns
from adapters.history.duckdb.writing import Writing
from domain.errors import HistoryUnavailable
from domain.instants import to_ms
from domain.kinds import Kind
from domain.ports.history import Bucket, Latest, Point, Stored
from domain.readings import Reading, Value

DISBELIEVED_KEPT = timedelta(days=8)
"""How long a reading with an impossible `ts` is recognised when it comes again: longer than a broker keeps it."""

_CHECK_PATIENCE_S = 20.0

log = structlog.get_logger(__name__)


class DuckDBHistory:
    """The time series of all devices in one folder: DuckDB for open days, Parquet for sealed ones."""

    def __init__(
        self,
        folder: Path,
        kinds: Mapping[str, Kind],
        memory_limit_mib: int = 256,
        retention: timedelta | None = None,
        shorter: Mapping[str, timedelta] | None = None,
        free_floor_mib: int = FREE_FLOOR_MIB,
    ) -> None:
        """Open the folder, creating it the first time.

        `memory_limit_mib` bounds DuckDB's memory; sorting beyond it spills into the folder. `retention` None keeps
        everything, but for the kinds that `shorter` names. With less than `free_floor_mib` of free disk nothing is
        written. Raises HistoryUnavailable when another process has the folder; anything else that keeps it from
        opening is told by the calls, which try again.
        """
        self._columns = {name: metric_columns(kind) for name, kind in kinds.items()}
        self._keep = sealing.Retention(retention, shorter or {})
        self._writer = threading.Lock()
        self._maintaining = threading.Lock()
        self._writing: tuple[Opened, Writing] | None = None
        self._database = Database(folder, memory_limit_mib, free_floor_mib)

    def write(self, readings: Sequence[Reading]) -> None:
        """Store a batch, durable on return. Writing it again changes nothing.

        Raises HistoryUnavailable when the store cannot take it now, and ValueError for a value that it could never
        take (a kind that is not declared, text that is not Unicode); then none of it counts as stored.
        """
        if not readings:
            return
        with self._writer, self._writable() as (opened, writing):
            self._database.require_room()
            writing.write(readings)
            self._database.require_in_place(opened)

    def raw(self, site: str, device: str, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
        """Points of `start <= at < end`, oldest first, `most` at the most. Unknown names give an empty list."""
        with self._database.guarded() as opened, opened.reader() as reader:
            return reading.raw(reader, site, device, metric, start, end, most)

    def downsampled(
        self, site: str, device: str, metric: str, start: datetime, end: datetime, buckets: int
    ) -> list[Bucket]:
        """The range in at most `buckets` equal spans aligned to `start`; empty spans are left out."""
        with self._database.guarded() as opened, opened.reader() as reader:
            return reading.downsampled(reader, site, device, metric, start, end, buckets)

    def latest(self, site: str, device: str) -> list[Latest]:
        """The newest value of each metric, looked for in the newest days (`reading.LATEST_DAYS`)."""
        with self._database.guarded() as opened, opened.reader() as reader:
            return reading.latest(reader, site, device)

    def export(
        self, site: str, device: str, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, dict[str, Value]]]:
        """The values of `readings`, for a table."""
        for stored in self.readings(site, device, start, end):
            yield stored.at, stored.values

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        """Whole readings of a range, oldest first. One day at a time is in memory, and nothing is held open between."""
        with self._database.guarded() as opened, opened.reader() as reader:
            days = reading.days_of_range(reader, site, device, start, end)
        for day in days:
            with self._database.guarded() as opened, opened.reader() as reader:
                rows = list(reading.readings(reader, site, device, day, start, end))
            yield from rows

    def maintain(self, now: datetime) -> None:
        """Seal finished days, merge late rows, drop what retention ends.

        A day that fails does not keep others from being done; the first failure is raised at the end.
        """
        with self._maintaining:
            with self._writer, self._writable() as (opened, writing):
                writing.forget_disbelieved_before(to_ms(now - DISBELIEVED_KEPT))
                sealing.sweep(opened.catalogue)
            for kind, day in sealing.outdated(opened.catalogue, now, self._keep):
                self._drop(kind, day)
            with self._database.guarded() as opened, opened.reader() as reader:
                due = sealing.due(reader, now)
            failure: HistoryUnavailable | None = None
            for kind, day in due:
                try:
                    self._seal(kind, day)
                except HistoryUnavailable as error:
                    failure = failure or error
            if failure is not None:
                raise failure

    def check(self) -> None:
        """Write something tiny. Raises HistoryUnavailable, saying why, when the store could not take a batch now."""
        if not self._writer.acquire(timeout=_CHECK_PATIENCE_S):
            raise HistoryUnavailable(f"{self._database.folder}: a write has not ended for {_CHECK_PATIENCE_S:.0f} s")
        try:
            with self._writable() as (opened, _):
                self._database.require_room()
                with opened.transaction():
                    opened.connection.execute("UPDATE probe SET at_ms = at_ms + 1")
                self._database.require_in_place(opened)
        finally:
            self._writer.release()

    def copy_to(self, folder: Path) -> None:
        """Write all that is committed now into an empty folder, which another `DuckDBHistory` can then open.

        Batches go on being written meanwhile; housekeeping waits. Sealed files on the same disk are linked, not
        copied. Raises HistoryUnavailable; then what is in the folder is of no use.
        """
        with self._maintaining, self._database.guarded() as opened:
            self._database.require_room((self._database.folder / DATABASE).stat().st_size)
            write_copy(opened, folder)

    def close(self) -> None:
        """Release the folder; everything written stays."""
        with self._maintaining, self._writer:
            self._writing = None
            self._database.close()

    @contextmanager
    def _writable(self) -> Iterator[tuple[Opened, Writing]]:
        """The open database and its writing side. The caller holds the writing lock."""
        with self._database.guarded(writing=True) as opened:
            if self._writing is None or self._writing[0] is not opened:
                self._writing = (opened, Writing(opened, self._columns))
                sealing.sweep(opened.catalogue)
            yield self._writing

    def _seal(self, kind: str, day: int) -> None:
        self._database.require_room()
        with self._writer, self._writable() as (opened, writing):
            sources = writing.freeze(kind, day)
        try:
            with self._database.guarded():  # the long part: batches go on being written meanwhile
                sealed = sealing.write_file(opened, kind, day, sources)
            with self._writer, self._writable() as (current, _):
                if current is not opened:
                    raise HistoryUnavailable(
                        f"{self._database.folder}: reopened while {describe(kind, day)} was sealed"
                    )
                previous = sealing.enter(opened, sealed)
            with self._database.guarded():
                sealing.remove(opened, previous)
        finally:
            with self._writer:
                writing.thaw(sources)
        log.info("day sealed", day=describe(kind, day), version=sealed.version, rows=sealed.rows)

    def _drop(self, kind: str, day: int) -> None:
        with self._writer, self._writable() as (opened, writing):
            writing.freeze(kind, day)
            previous = sealing.drop(opened, kind, day)
        with self._database.guarded():
            sealing.remove(opened, previous)
        log.info("day dropped", day=describe(kind, day))
