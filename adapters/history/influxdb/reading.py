"""The reads: InfluxQL over a device's points.

Promises: a metric is found in its field and in `x_`, and comes back with the type it had; nothing is held open between
two pages of an export; names of sites, devices and metrics are quoted, whatever somebody asks for.
Leaves to others: HTTP (`wire`), what the fields mean (`fields`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from adapters.history.influxdb.fields import (
    BAD,
    MS_NS,
    UNKNOWN,
    Field,
    Layout,
    ceiling_ns,
    quoted_name,
    quoted_text,
    read_bad,
    typed,
    unknown_field,
)
from adapters.history.influxdb.wire import Wire
from domain.instants import from_ms
from domain.kinds import MetricType
from domain.ports.history import Bucket, Latest, Point, Stored
from domain.readings import Channel, Value

PAGE = 5000
"""Rows of one page of an export, and of what is added up here because InfluxDB cannot."""

MOST_LATEST = 300
"""Metrics of a device whose newest value is told."""

_LAST = "last_"


class Row(NamedTuple):
    """One point: its metrics, and its fields and tags as they are stored."""

    at_ns: int
    values: dict[str, Value]
    fields: dict[str, Field]


class Device:
    """One device's points, read over a wire."""

    def __init__(self, wire: Wire, layout: Layout, site: str, device: str) -> None:
        self._wire, self._layout = wire, layout
        self._which = f"site = {quoted_text(site)} AND device = {quoted_text(device)}"

    def raw(self, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
        """See the port."""
        if most <= 0:
            return []
        declared = [metric] if any(self._layout.type_of(kind, metric) for kind in self._layout.kinds) else []
        fields = ", ".join(map(quoted_name, (*declared, unknown_field(metric))))
        rows = self._page(fields, self._layout.kinds, ceiling_ns(start), ceiling_ns(end), most)
        return [Point(_at(row.at_ns), row.values[metric]) for row in rows if metric in row.values][:most]

    def downsampled(self, metric: str, start: datetime, end: datetime, buckets: int) -> list[Bucket]:
        """See the port."""
        first_ns, end_ns = ceiling_ns(start), ceiling_ns(end)
        if buckets <= 0 or end_ns <= first_ns:
            return []
        width_ns = -((first_ns - end_ns) // MS_NS // buckets) * MS_NS
        found = self._added_up_here(metric, first_ns, end_ns, width_ns)
        for each in self._added_up_there(metric, first_ns, end_ns, width_ns):
            other = found.get(each.start)
            found[each.start] = each if other is None else together(other, each)
        return [found[begin] for begin in sorted(found)]

    def latest(self) -> list[Latest]:
        """See the port."""
        (everything,) = self._wire.query([f"SELECT last(*) FROM {self._all_kinds} WHERE {self._which}"])  # noqa: S608
        held = [
            (series.name, column.removeprefix(_LAST))
            for series in everything
            for row in series.rows()
            for column, value in row.items()
            if column.startswith(_LAST)
            and self._layout.read(series.name, column.removeprefix(_LAST), value) is not None
        ][:MOST_LATEST]
        if not held:
            return []
        newest: dict[str, Latest] = {}
        for (kind, field), found in zip(held, self._wire.query([self._last(*each) for each in held]), strict=True):
            for series in found:
                for row in series.rows():
                    read = self._layout.read(kind, field, row["last"])
                    if read is None:
                        continue
                    metric, value = read
                    at = _at(row["time"])
                    if metric not in newest or newest[metric].at < at:  # of two kinds, or a field and `x_`
                        newest[metric] = Latest(metric, at, value)
        return [newest[metric] for metric in sorted(newest)]

    def readings(self, start: datetime, end: datetime) -> Iterator[Stored]:
        """See the port."""
        (everything,) = self._wire.query([f"SELECT * FROM {self._all_kinds} WHERE {self._which} LIMIT 1"])  # noqa: S608
        first_ns, end_ns = ceiling_ns(start), ceiling_ns(end)
        kinds = [self._pages("*", series.name, first_ns, end_ns) for series in everything]
        for row in heapq.merge(*kinds, key=lambda row: row.at_ns):
            yield Stored(_at(row.at_ns), Channel(str(row.fields["channel"])), row.values, read_bad(row.fields.get(BAD)))

    @property
    def _all_kinds(self) -> str:
        return ", ".join(quoted_name(kind) for kind in self._layout.kinds)

    def _last(self, kind: str, field: str) -> str:
        return f"SELECT last({quoted_name(field)}) FROM {quoted_name(kind)} WHERE {self._which}"  # noqa: S608

    def _page(self, fields: str, kinds: Sequence[str], first_ns: int, end_ns: int, most: int) -> list[Row]:
        """Rows of a range that have one of these fields, oldest first, of each kind `most` at the most."""
        if end_ns <= first_ns:
            return []
        (found,) = self._wire.query(
            [
                f"SELECT {fields} FROM {', '.join(map(quoted_name, kinds))} WHERE {self._which}"  # noqa: S608
                f" AND time >= {first_ns} AND time < {end_ns} ORDER BY time LIMIT {most}"
            ]
        )
        rows = [Row(row.pop("time"), self._values(series.name, row), row) for series in found for row in series.rows()]
        return sorted(rows, key=lambda row: row.at_ns)

    def _pages(self, fields: str, kind: str, first_ns: int, end_ns: int) -> Iterator[Row]:
        """Rows of a range of one kind, a page at a time."""
        while rows := self._page(fields, [kind], first_ns, end_ns, PAGE):
            last_ns = rows[-1].at_ns
            if len(rows) < PAGE:
                yield from rows
                return
            # the next page begins with the last instant: one of several channels may be behind the cut
            yield from (row for row in rows if row.at_ns < last_ns)
            first_ns = last_ns

    def _values(self, kind: str, row: dict[str, Field]) -> dict[str, Value]:
        """The metrics of a row; a declared field wins over `x_`."""
        values: dict[str, Value] = {}
        for field in sorted(row, key=lambda name: not name.startswith(UNKNOWN)):
            read = self._layout.read(kind, field, row[field])
            if read is not None:
                metric, value = read
                values[metric] = value
        return values

    def _added_up_there(self, metric: str, first_ns: int, end_ns: int, width_ns: int) -> Iterator[Bucket]:
        """Buckets of a metric's declared field, as InfluxDB adds them up."""
        statements, forms = [], []
        field = quoted_name(metric)
        for kind in self._layout.kinds:
            form = self._layout.type_of(kind, metric)
            if form is None:
                continue
            numbers = "" if form is MetricType.TEXT else f", min({field}), mean({field}), max({field})"
            forms.append(form)
            statements.append(
                f"SELECT count({field}), last({field}){numbers} FROM {quoted_name(kind)} WHERE {self._which}"  # noqa: S608
                f" AND time >= {first_ns} AND time < {end_ns}"
                f" GROUP BY time({width_ns // MS_NS}ms, {first_ns % width_ns // MS_NS}ms) fill(none)"
            )
        if not statements:
            return
        for form, found in zip(forms, self._wire.query(statements), strict=True):
            for row in (row for series in found for row in series.rows()):
                if row["count"]:
                    low, mean, high = (row.get(name) for name in ("min", "mean", "max"))
                    yield Bucket(_at(row["time"]), row["count"], low, mean, high, typed(form, row["last"]))

    def _added_up_here(self, metric: str, first_ns: int, end_ns: int, width_ns: int) -> dict[datetime, Bucket]:
        """Buckets of a metric's `x_` field, which is text to InfluxDB."""
        field = quoted_name(unknown_field(metric))
        found: dict[datetime, Bucket] = {}
        for kind in self._layout.kinds:
            for at_ns, values, _ in self._pages(field, kind, first_ns, end_ns):
                start = _at(first_ns + (at_ns - first_ns) // width_ns * width_ns)
                value = values[metric]
                number = None if isinstance(value, str) else float(value)
                each = Bucket(start, 1, number, number, number, value)
                other = found.get(start)
                found[start] = each if other is None else together(other, each)
        return found


def together(one: Bucket, other: Bucket) -> Bucket:
    """Two parts of a bucket as one. The last value is the other's."""
    if one.mean is None or other.mean is None:
        numbers = one if other.mean is None else other
        return msgspec.structs.replace(numbers, count=one.count + other.count, last=other.last)
    assert one.low is not None and other.low is not None and one.high is not None and other.high is not None  # noqa: PT018
    count = one.count + other.count
    mean = (one.mean * one.count + other.mean * other.count) / count
    return Bucket(one.start, count, min(one.low, other.low), mean, max(one.high, other.high), other.last)


def _at(at_ns: int) -> datetime:
    return from_ms(at_ns // MS_NS)
