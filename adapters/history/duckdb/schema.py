"""Names, columns and rows of the embedded history.

Promises: one wide row a reading (`BASE`, then a typed column for each declared metric), and that a value which fits
no column is kept in `extra` with its type, so nothing that decode let through is lost. Identifiers in SQL come only
from declared kinds and pass through `quoted`; everything else is bound as a parameter.
Leaves to others: when tables come and go (`writing`, `sealing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from domain.kinds import Kind, MetricType
from domain.readings import Reading, Value

DAY_MS = 86_400_000

BASE: Mapping[str, str] = {
    "site": "VARCHAR",
    "device": "VARCHAR",
    "channel": "VARCHAR",
    "identity_ms": "BIGINT",  # `ts` as sent, else time of receipt: with the three above, what is stored once
    "at_ms": "BIGINT",  # the instant that counts
    "received_ms": "BIGINT",
    "clock_suspect": "BOOLEAN",
    "bad": "VARCHAR[]",
    "extra": "MAP(VARCHAR, VARCHAR)",  # metric without a fitting column: its value as JSON text
}
"""The columns that every table and file has, in order."""

IDENTITY = ("site", "device", "channel", "identity_ms")

_BAD, _EXTRA, _FIRST_METRIC = 7, 8, 9
_AT, _IDENTITY_MS = 4, 3

_COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TABLE_NAME = re.compile(r"(?P<kind>[a-z][a-z0-9_]*)__(?P<day>\d{8})__(?P<generation>\d+)")
_FILE_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)\.v(?P<version>\d+)\.parquet")

_SQL_TYPE = {MetricType.NUMBER: "DOUBLE", MetricType.BOOLEAN: "BOOLEAN", MetricType.TEXT: "VARCHAR"}
_PYTHON_TYPE: Mapping[str, type] = {"DOUBLE": float, "BOOLEAN": bool, "VARCHAR": str}

_INT64 = 2**63 - 1
_FIRST_DAY = date(1970, 1, 1)

Row = list[Any]
"""One reading as values in column order."""

Identity = tuple[str, str, str, int]


def quoted(identifier: str) -> str:
    """An identifier for SQL text."""
    return '"' + identifier.replace('"', '""') + '"'


def metric_columns(kind: Kind) -> dict[str, str]:
    """Columns of a kind's metrics with their SQL types. A metric whose name cannot be a column lives in `extra`."""
    if _COLUMN_NAME.fullmatch(kind.name) is None:
        raise ValueError(f"a kind's name must be like fire_pump to be stored, not {kind.name!r}")
    return {
        metric.name: _SQL_TYPE[metric.type]
        for metric in kind.metrics
        if _COLUMN_NAME.fullmatch(metric.name) and metric.name not in BASE
    }


def day_of(at_ms: int) -> int:
    """The UTC day of an instant, counted from 1970."""
    return at_ms // DAY_MS


def day_date(day: int) -> date:
    """The calendar date of a counted day."""
    return _FIRST_DAY + timedelta(days=day)


def day_number(on: date) -> int:
    """The counted day of a calendar date."""
    return (on - _FIRST_DAY).days


def table_name(kind: str, day: int, generation: int) -> str:
    """The table of a kind's day. Later generations hold rows that came while or after the day was sealed."""
    return f"{kind}__{day_date(day):%Y%m%d}__{generation}"


def parse_table_name(name: str) -> tuple[str, int, int] | None:
    """(kind, day, generation) of a day's table, None for any other table."""
    match = _TABLE_NAME.fullmatch(name)
    if match is None:
        return None
    on = datetime.strptime(match["day"], "%Y%m%d").replace(tzinfo=UTC).date()
    return match["kind"], day_number(on), int(match["generation"])


def file_name(day: int, version: int) -> str:
    """The Parquet file of a sealed day, in its kind's folder."""
    return f"{day_date(day).isoformat()}.v{version}.parquet"


def is_our_file(name: str) -> bool:
    """Whether a file's name is one that sealing gives, finished or under way."""
    return _FILE_NAME.fullmatch(name.removesuffix(UNDER_WAY)) is not None


UNDER_WAY = ".tmp"
"""What a Parquet file's name ends in until it is complete."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table or one Parquet file with rows of a kind's day, and what can be read from it.

    `columns` are the metric columns it really has with their SQL types (declarations change over time); `extra`
    names the metrics that occur in its `extra` column. Exactly one of `table` and `file` is set.
    """

    columns: Mapping[str, str]
    extra: frozenset[str]
    table: str | None = None
    file: str | None = None

    @property
    def generation(self) -> int:
        """The table's generation; -1 for a file, which is older than any table of its day."""
        parsed = parse_table_name(self.table) if self.table is not None else None
        return -1 if parsed is None else parsed[2]


class RowShape:
    """How readings become rows of one table."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self.columns = dict(columns)
        self._width = len(BASE) + len(columns)
        self._slots = {
            name: (_FIRST_METRIC + place, _PYTHON_TYPE[sql_type])
            for place, (name, sql_type) in enumerate(columns.items())
        }

    def row(self, reading: Reading, channel: str, identity_ms: int, at_ms: int) -> Row:
        """The reading as a row. A value that does not fit its column goes to `extra`."""
        row: Row = [None] * self._width
        row[:_EXTRA] = (
            reading.site,
            reading.device,
            channel,
            identity_ms,
            at_ms,
            reading.received_ms,
            reading.clock_suspect,
            list(reading.bad) or None,
        )
        slots = self._slots
        extra: dict[str, str] | None = None
        for name, value in reading.values.items():
            slot = slots.get(name)
            if slot is not None:
                place, wanted = slot
                if type(value) is wanted:
                    row[place] = value
                    continue
                if wanted is float and type(value) is int and -_INT64 <= value <= _INT64:
                    row[place] = float(value)
                    continue
            if extra is None:
                extra = {}
            extra[name] = write_extra(value)
        row[_EXTRA] = extra
        return row


def fill(kept: Row, sent: Row) -> None:
    """Merge a reading into an earlier one of its identity: what is there stays, what is missing is filled."""
    for place in (_BAD, *range(_FIRST_METRIC, len(kept))):
        if kept[place] is None:
            kept[place] = sent[place]
    if sent[_EXTRA] is not None:
        kept[_EXTRA] = sent[_EXTRA] | (kept[_EXTRA] or {})


def extra_names(rows: Iterable[Row]) -> set[str]:
    """Metrics that occur in the `extra` of these rows."""
    return {name for row in rows if row[_EXTRA] is not None for name in row[_EXTRA]}


def bounded_ms(epoch_ms: int) -> int:
    """An instant as sent, held within what a column can store (a device may send any number)."""
    return max(-_INT64, min(_INT64, epoch_ms))


def write_extra(value: Value) -> str:
    """A value as JSON text: `true`, `1.5`, `"open"`."""
    return msgspec.json.encode(value).decode()


def read_extra(text: str) -> Value | None:
    """A value back from JSON text; numbers are floats. None when it says null."""
    value: Value | None = msgspec.json.decode(text)
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return text
    return value
