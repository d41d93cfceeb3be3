"""Writing: an identity is one point, and the value that was there first stays.

InfluxDB merges points of one series and time by itself, but lets the last value win. So before a point is written that
could be there already, what is there is asked for, and only what is missing is written. Nothing is asked for a reading
that is newer than all that this process has written to its series: the usual case costs no question. What is asked for:
late readings, redelivered ones, and a series' first one after a start.

A `ts` that is not believed has its point at the first receipt; when the reading comes again that point is looked for.

Promises: within one process, first wins, value by value. Two processes that write one series keep that for readings
that come again (they say the same); of two that say different things under one identity the later may win.
Leaves to others: HTTP (`wire`), what the fields mean (`fields`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from adapters.history.influxdb.fields import (
    MS_NS,
    SENT,
    TAGS,
    Field,
    Layout,
    Stream,
    line,
    quoted_name,
    quoted_text,
    stream_of,
    time_ns,
)
from adapters.history.influxdb.wire import Series, Wire
from domain.instants import span_ms
from domain.readings import Reading

DISBELIEVED_KEPT = timedelta(days=2)
"""How far from its receipt a reading with an impossible `ts` is recognised when it comes again. Brokers keep a session
for a day."""

ASKED_TOGETHER = timedelta(minutes=1)
"""Readings of one kind and so near in time are asked for in one statement: it returns little that is not wanted."""

MOST_DEVICES = 400
"""Named in one statement."""
MOST_STATEMENTS = 200
"""Sent in one request."""

_ASKED_TOGETHER_MS = span_ms(ASKED_TOGETHER)
_ASKED_TOGETHER_NS = _ASKED_TOGETHER_MS * MS_NS
_DISBELIEVED_NS = span_ms(DISBELIEVED_KEPT) * MS_NS

Point = tuple[Stream, int]
"""A series and a time in nanoseconds."""


class Writing:
    """Takes batches. One caller at a time."""

    def __init__(self, wire: Wire, layout: Layout) -> None:
        self._wire, self._layout = wire, layout
        self._newest_ns: dict[Stream, int] = {}

    def write(self, readings: Sequence[Reading]) -> None:
        """Store a batch. Raises HistoryUnavailable, and ValueError for what can never be stored."""
        times = self._times(readings)
        points = self._points(readings, times)
        self._leave_out(points, self._stored(self._perhaps_stored(points, times.values())))
        self._wire.write([line(stream, at_ns, fields) for (stream, at_ns), fields in points.items() if fields])
        for reading in readings:
            stream = stream_of(reading)
            at_ns = reading.at_ms * MS_NS
            if not reading.clock_suspect and at_ns > self._newest_ns.get(stream, at_ns - 1):
                self._newest_ns[stream] = at_ns

    def _points(self, readings: Sequence[Reading], times: Mapping[Point, int]) -> dict[Point, dict[str, Field]]:
        """Points with their fields; readings of one identity in one batch are merged here."""
        points: dict[Point, dict[str, Field]] = {}
        first_times = dict(times)
        for reading in readings:
            stream, fields = stream_of(reading), self._layout.fields(reading)
            at_ns = time_ns(reading)
            if reading.clock_suspect and reading.sent_ms is not None:
                at_ns = first_times.setdefault((stream, reading.sent_ms), at_ns)
            kept = points.setdefault((stream, at_ns), fields)
            if kept is not fields:
                points[stream, at_ns] = {**fields, **kept}
        return points

    def _perhaps_stored(self, points: Iterable[Point], found_ns: Iterable[int]) -> list[Point]:
        """Points that could be there already. `found_ns` are those that were found."""
        there = set(found_ns)
        return [
            (stream, at_ns)
            for stream, at_ns in points
            if at_ns in there or (at_ns % MS_NS == 0 and at_ns <= self._newest_ns.get(stream, at_ns))
        ]

    def _stored(self, points: Sequence[Point]) -> Iterator[tuple[Point, dict[str, Field]]]:
        """What is stored of these points, and of some beside them."""
        together: dict[tuple[str, int], list[Point]] = defaultdict(list)
        for point in points:
            stream, at_ns = point
            together[stream[0], at_ns // _ASKED_TOGETHER_NS].append(point)
        statements = [statement for (kind, _), near in together.items() for statement in _asking(kind, near)]
        for series in self._ask(statements):
            stream = _stream_of(series)
            for row in series.rows():
                yield (stream, row.pop("time")), row

    def _leave_out(
        self, points: dict[Point, dict[str, Field]], stored: Iterable[tuple[Point, dict[str, Field]]]
    ) -> None:
        """Take from the points what is stored of them."""
        for point, there in stored:
            fields = points.get(point)
            if fields is not None:
                points[point] = {name: value for name, value in fields.items() if name not in there}

    def _times(self, readings: Sequence[Reading]) -> dict[Point, int]:
        """The points of readings that came before with a `ts` that was not believed, by series and `ts` as sent."""
        together: dict[tuple[str, int], list[Reading]] = defaultdict(list)
        for reading in readings:
            if reading.clock_suspect and reading.sent_ms is not None:
                together[reading.kind, reading.sent_ms // _ASKED_TOGETHER_MS].append(reading)
        statements = [statement for (kind, _), near in together.items() for statement in _asking_sent(kind, near)]
        found: dict[Point, int] = {}
        for series in self._ask(statements):
            stream = _stream_of(series)
            for row in series.rows():
                found.setdefault((stream, int(row[SENT])), row["time"])
        return found

    def _ask(self, statements: Sequence[str]) -> Iterator[Series]:
        for begin in range(0, len(statements), MOST_STATEMENTS):
            for found in self._wire.query(statements[begin : begin + MOST_STATEMENTS]):
                yield from found


def _stream_of(series: Series) -> Stream:
    tags = series.tags
    return series.name, tags["site"], tags["device"], tags["channel"]


def _asking(kind: str, near: Sequence[Point]) -> Iterator[str]:
    """Statements for points of one kind that are near each other in time."""
    times = [at_ns for _, at_ns in near]
    for devices in _in_parts({stream[2] for stream, _ in near}):
        yield (
            f"SELECT * FROM {quoted_name(kind)} WHERE {devices}"  # noqa: S608
            f" AND time >= {min(times)} AND time <= {max(times)} GROUP BY {', '.join(TAGS)}"
        )


def _asking_sent(kind: str, near: Sequence[Reading]) -> Iterator[str]:
    """Statements for readings of one kind whose `ts` as sent is near."""
    sent = [reading.sent_ms or 0 for reading in near]
    receipts = [reading.at_ms * MS_NS for reading in near]
    for devices in _in_parts({stream_of(reading)[2] for reading in near}):
        yield (
            f"SELECT {SENT} FROM {quoted_name(kind)} WHERE {devices}"  # noqa: S608
            f" AND time >= {min(receipts) - _DISBELIEVED_NS} AND time <= {max(receipts) + _DISBELIEVED_NS}"
            f" AND {SENT} >= {min(sent)} AND {SENT} <= {max(sent)} GROUP BY {', '.join(TAGS)}"
        )


def _in_parts(devices: set[str]) -> Iterator[str]:
    """Conditions that name devices, so many in one."""
    ordered = sorted(devices)
    for begin in range(0, len(ordered), MOST_DEVICES):
        some = ordered[begin : begin + MOST_DEVICES]
        yield f"device = {quoted_text(some[0])}" if len(some) == 1 else f"device =~ /^({'|'.join(some)})$/"
