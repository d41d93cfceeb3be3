"""Writing a batch: one transaction over the open tables of its kinds and days.

Promises: what is stored once stays once. A row newer than everything its table can hold of that device goes straight
in; only others are compared with what is there, and stored when they are new or fill something. What this module
knows in memory changes after commit only.
Leaves to others: one caller at a time, errors, opening (`database`, `store`); duplicates between a table and a sealed
file or an earlier generation, which reading resolves and sealing removes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import duckdb

from adapters.history.duckdb.catalogue import Catalogue
from adapters.history.duckdb.database import Opened
from adapters.history.duckdb.schema import (
    BASE,
    IDENTITY,
    Identity,
    Row,
    RowShape,
    Source,
    bounded_ms,
    day_of,
    extra_names,
    fill,
    quoted,
    table_name,
)
from domain.readings import Reading

_BEFORE_EVERYTHING_MS = -(2**63)

# Raised while rows are handed over. What decode lets through holds no such value.
_NOT_STORABLE = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)

DayKey = tuple[str, int]
StreamKey = tuple[str, str, str]


class OpenTable:
    """A table that takes rows, and what tells without looking that a row is new to it."""

    def __init__(self, name: str, columns: Mapping[str, str], ceiling_ms: int) -> None:
        """`ceiling_ms`: the highest identity, of a believed clock, that was in the table before."""
        self.name = name
        self.shape = RowShape(columns)
        self.extra: frozenset[str] = frozenset()
        self._ceiling_ms = ceiling_ms
        self._newest_ms: dict[StreamKey, int] = {}
        self._appender: duckdb.Appender | None = None

    def surely_lacks(self, row: Row) -> bool:
        """Whether no row of that identity can be in the table. A `ts` that is not believed says nothing about it."""
        site, device, channel, identity_ms, _, _, clock_suspect, *_ = row
        return (
            not clock_suspect
            and identity_ms > self._ceiling_ms
            and identity_ms > self._newest_ms.get((site, device, channel), _BEFORE_EVERYTHING_MS)
        )

    def knows(self, stream: StreamKey) -> bool:
        """Whether this device and channel was stored here since opening."""
        return stream in self._newest_ms

    def append(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
        """Insert rows. The appender is kept: making one costs a third of a small insert."""
        if self._appender is None:
            self._appender = connection.appender(self.name)
        try:
            self._appender.append_rows(rows)
        except _NOT_STORABLE as error:
            raise ValueError(f"a value cannot be stored: {error}") from error
        self._appender.flush()

    def release(self) -> None:
        """Let go of the appender with whatever a failure left in it."""
        if self._appender is not None:
            with suppress(duckdb.Error):
                self._appender.clear()
            self._appender = None

    def remember(self, rows: Iterable[Row]) -> None:
        """Rows that were committed."""
        newest = self._newest_ms
        for site, device, channel, identity_ms, _, _, clock_suspect, *_ in rows:
            if not clock_suspect and identity_ms > newest.get((site, device, channel), _BEFORE_EVERYTHING_MS):
                newest[site, device, channel] = identity_ms

    def source(self) -> Source:
        """The table as readers see it."""
        return Source(self.shape.columns, self.extra, table=self.name)


@dataclass(slots=True)
class _Batch:
    """What one batch changes."""

    rows: dict[DayKey, dict[Identity, Row]] = field(default_factory=lambda: defaultdict(dict))
    tables: dict[DayKey, OpenTable] = field(default_factory=dict)
    devices: set[tuple[str, str, str]] = field(default_factory=set)
    settled: dict[Identity, int] = field(default_factory=dict)  # at_ms, as given at the first receipt
    disbelieved: dict[Identity, tuple[int, int]] = field(default_factory=dict)  # at_ms, received_ms
    stored: list[tuple[OpenTable, Sequence[Row]]] = field(default_factory=list)


class Writing:
    """Takes batches into an open database. One caller at a time."""

    def __init__(self, opened: Opened, columns: Mapping[str, Mapping[str, str]]) -> None:
        """`columns` are the declared metric columns of each kind."""
        self._opened = opened
        self._connection = opened.connection
        self._columns = columns
        self._tables: dict[DayKey, OpenTable] = {}
        self._frozen: set[str] = set()
        found = self._connection.execute("SELECT DISTINCT site, device FROM disbelieved").fetchall()
        self._disbelieved: set[tuple[str, str]] = {(site, device) for site, device in found}

    def write(self, readings: Sequence[Reading]) -> None:
        """Store a batch in one transaction. Raises duckdb.Error, and ValueError for a value that cannot be stored."""
        batch = _Batch()
        try:
            with self._opened.transaction():
                self._gather(batch, readings)
                for key, rows in batch.rows.items():
                    self._store(batch, batch.tables[key], rows)
                self._note(batch)
        except BaseException:
            for table in batch.tables.values():
                table.release()
            raise
        self._publish(batch)

    def freeze(self, kind: str, day: int) -> tuple[Source, ...]:
        """Stop writing to the tables of a kind's day, for sealing; rows that still come go to a new table."""
        table = self._tables.pop((kind, day), None)
        if table is not None:
            table.release()
        sources = self._opened.catalogue.sources(kind, day)
        self._frozen |= {source.table for source in sources if source.table is not None}
        return sources

    def thaw(self, sources: Sequence[Source]) -> None:
        """End `freeze`, whether those tables are gone or stay."""
        self._frozen -= {source.table for source in sources if source.table is not None}

    def _gather(self, batch: _Batch, readings: Sequence[Reading]) -> None:
        """Rows by table and identity; readings of one identity in one batch are merged here."""
        settled = batch.settled = self._settled(readings)
        for reading in readings:
            channel = reading.channel.value
            at_ms = reading.at_ms
            identity_ms = at_ms if reading.sent_ms is None else bounded_ms(reading.sent_ms)
            identity = (reading.site, reading.device, channel, identity_ms)
            if settled and identity in settled:
                at_ms = settled[identity]
            elif reading.clock_suspect and reading.sent_ms is not None:
                at_ms = batch.disbelieved.setdefault(identity, (at_ms, reading.received_ms))[0]
            key = (reading.kind, day_of(at_ms))
            table = batch.tables.get(key)
            if table is None:
                table = batch.tables[key] = self._table(*key)
            row = table.shape.row(reading, channel, identity_ms, at_ms)
            rows = batch.rows[key]
            kept = rows.get(identity)
            if kept is None:
                rows[identity] = row
            else:
                fill(kept, row)

    def _settled(self, readings: Sequence[Reading]) -> dict[Identity, int]:
        """The instants of readings that came before with a `ts` that was not believed."""
        if not self._disbelieved:
            return {}
        identities = [
            (reading.site, reading.device, reading.channel.value, bounded_ms(reading.sent_ms))
            for reading in readings
            if reading.sent_ms is not None and (reading.site, reading.device) in self._disbelieved
        ]
        if not identities:
            return {}
        asked, parameters = _asked(identities)
        columns = ", ".join(IDENTITY)
        found = self._connection.execute(
            f"SELECT {columns}, at_ms FROM disbelieved SEMI JOIN {asked} USING ({columns})",  # noqa: S608
            parameters,
        ).fetchall()
        return {(site, device, channel, identity_ms): at_ms for site, device, channel, identity_ms, at_ms in found}

    def _table(self, kind: str, day: int) -> OpenTable:
        """The table that takes rows of a kind's day: the one in use, the last one there is, or a new one."""
        table = self._tables.get((kind, day))
        if table is not None:
            return table
        sources = self._opened.catalogue.sources(kind, day)
        last = sources[-1] if sources else None
        if last is not None and last.table is not None and last.table not in self._frozen:
            return self._adopt(last, last.table, self._columns[kind])
        if kind not in self._columns:
            raise ValueError(f"kind {kind!r} is not declared")
        name = table_name(kind, day, last.generation + 1 if last is not None else 0)
        columns = self._columns[kind]
        definition = ", ".join(f"{quoted(column)} {sql_type}" for column, sql_type in {**BASE, **columns}.items())
        self._connection.execute(f"CREATE TABLE {quoted(name)} ({definition})")
        return OpenTable(name, columns, _BEFORE_EVERYTHING_MS)

    def _adopt(self, source: Source, name: str, declared: Mapping[str, str]) -> OpenTable:
        """Go on with a table from before, with a column for each metric declared since."""
        missing = {column: sql_type for column, sql_type in declared.items() if column not in source.columns}
        for column, sql_type in missing.items():
            self._connection.execute(f"ALTER TABLE {quoted(name)} ADD COLUMN {quoted(column)} {sql_type}")
        ((highest,),) = self._connection.execute(
            f"SELECT max(identity_ms) FROM {quoted(name)} WHERE NOT clock_suspect"  # noqa: S608
        ).fetchall()
        table = OpenTable(name, {**source.columns, **missing}, _BEFORE_EVERYTHING_MS if highest is None else highest)
        table.extra = source.extra
        return table

    def _store(self, batch: _Batch, table: OpenTable, rows: Mapping[Identity, Row]) -> None:
        fresh: list[Row] = []
        perhaps: dict[Identity, Row] = {}
        for identity, row in rows.items():
            if table.surely_lacks(row) and identity not in batch.settled:
                fresh.append(row)
            else:
                perhaps[identity] = row
        if perhaps:
            fresh += self._merged(table, perhaps)
        if fresh:
            table.append(self._connection, fresh)
            batch.stored.append((table, fresh))

    def _merged(self, table: OpenTable, rows: Mapping[Identity, Row]) -> list[Row]:
        """Of these rows the new ones, and those that fill what a stored row misses, which is taken out of the table."""
        name = quoted(table.name)
        asked, parameters = _asked(rows)
        # No index holds the identities: it would need memory for every row of the day. The range lets DuckDB skip
        # all row groups that cannot hold one of them.
        parameters |= {"lowest": min(identity[3] for identity in rows), "highest": max(each[3] for each in rows)}
        within = f"(FROM {name} WHERE identity_ms BETWEEN $lowest AND $highest)"
        found = self._connection.execute(
            f"FROM {within} SEMI JOIN {asked} USING ({', '.join(IDENTITY)})", parameters
        ).fetchall()
        merged = []
        stored = set()
        for kept in found:
            identity: Identity = kept[:4]
            stored.add(identity)
            row = list(kept)
            fill(row, rows[identity])
            if row != list(kept):
                merged.append(row)
        if merged:
            asked, parameters = _asked([(row[0], row[1], row[2], row[3]) for row in merged])
            same = " AND ".join(f"{name}.{column} = asked.{column}" for column in IDENTITY)
            self._connection.execute(f"DELETE FROM {name} USING {asked} WHERE {same}", parameters)  # noqa: S608
        return merged + [row for identity, row in rows.items() if identity not in stored]

    def _note(self, batch: _Batch) -> None:
        """Devices not seen before, and instants given to readings whose `ts` was not believed."""
        known = self._opened.catalogue.devices
        for (kind, day), rows in batch.rows.items():
            table = batch.tables[kind, day]
            for site, device, channel, _ in rows:
                if not table.knows((site, device, channel)) and kind not in known.get((site, device), ()):
                    batch.devices.add((site, device, kind))
        if batch.devices:
            with self._connection.appender("devices") as appender:
                appender.append_rows(sorted(batch.devices))
        if batch.disbelieved:
            with self._connection.appender("disbelieved") as appender:
                appender.append_rows([(*identity, *instants) for identity, instants in batch.disbelieved.items()])

    def _publish(self, batch: _Batch) -> None:
        """The batch is committed: remember it, and let readers see new tables, columns and devices."""
        catalogue = self._opened.catalogue
        for table, rows in batch.stored:
            table.remember(rows)
            table.extra |= extra_names(rows)
        for key, table in batch.tables.items():
            self._tables[key] = table
            catalogue = _with_table(catalogue, key, table.source())
        if batch.devices:
            catalogue = catalogue.with_devices(sorted(batch.devices))
        if catalogue is not self._opened.catalogue:
            self._opened.publish(catalogue)
        self._disbelieved |= {(site, device) for site, device, _, _ in batch.disbelieved}

    def forget_disbelieved_before(self, received_ms: int) -> None:
        """Drop instants of readings that cannot come again any more."""
        if not self._disbelieved:
            return
        with self._opened.transaction():
            self._connection.execute("DELETE FROM disbelieved WHERE received_ms < ?", [received_ms])
        found = self._connection.execute("SELECT DISTINCT site, device FROM disbelieved").fetchall()
        self._disbelieved = {(site, device) for site, device in found}


def _with_table(catalogue: Catalogue, key: DayKey, source: Source) -> Catalogue:
    """The catalogue with a table as it is now; the same one when nothing about it changed."""
    present = catalogue.sources(*key)
    if source in present:
        return catalogue
    others = [each for each in present if each.table != source.table]
    return catalogue.with_day(*key, [*others, source], version=catalogue.versions.get(key))


def _asked(identities: Collection[Identity]) -> tuple[str, dict[str, object]]:
    """Identities as a relation named `asked`, and its parameters."""
    sites, devices, channels, instants_ms = zip(*identities, strict=True)
    return (
        "(SELECT unnest($sites::VARCHAR[]) AS site, unnest($devices::VARCHAR[]) AS device,"
        " unnest($channels::VARCHAR[]) AS channel, unnest($instants::BIGINT[]) AS identity_ms) AS asked",
        {"sites": sites, "devices": devices, "channels": channels, "instants": instants_ms},
    )
