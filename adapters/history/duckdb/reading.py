"""The reads: SQL over a device's days, from tables and files alike.

Promises: rows of one identity in several sources of a day come out as one, the earlier source's values first; a metric
is found in its column, in a column of another type (it was declared differently then) and in `extra` (it was not
declared then), and comes back with the type it had. All values are bound; only declared names are in the text.
Leaves to others: snapshots and errors (`database`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapters.history.duckdb.database import Reader
from adapters.history.duckdb.schema import BASE, DAY_MS, IDENTITY, Source, day_of, quoted, read_extra
from domain.instants import from_ms, to_ms
from domain.ports.history import Bucket, Latest, Point, Stored
from domain.readings import Channel, Value

LATEST_DAYS = 31
"""How many days with rows `latest` looks through for a device's newest one."""

LATEST_FILL_DAYS = 7
"""How many days before that it looks for metrics the newest day did not have (test calls, faults)."""

_Parameters = dict[str, Any]

_DEVICE_IN_RANGE = "site = $site AND device = $device AND at_ms >= $start AND at_ms < $end"

# Names of ours begin with an underscore, which no metric column does.
_NUMBER_OF = {"DOUBLE": "_v", "BOOLEAN": "_v::DOUBLE", "VARCHAR": "NULL::DOUBLE"}

_NUMBER_OF_TEXT = "CASE _x WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE try_cast(_x AS DOUBLE) END"


def raw(reader: Reader, site: str, device: str, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
    """Points of `start <= at < end`, oldest first, `most` at the most."""
    series = _series(reader, site, device, metric, start, end)
    if series is None or most <= 0:
        return []
    rows = reader.rows(
        f"SELECT at_ms, _v, _x FROM ({series.query}) ORDER BY at_ms, channel, identity_ms LIMIT $most",  # noqa: S608
        {**series.parameters, "most": most},
    )
    points = ((at_ms, _value(v, x)) for at_ms, v, x in rows)
    return [Point(from_ms(at_ms), value) for at_ms, value in points if value is not None]


def downsampled(
    reader: Reader, site: str, device: str, metric: str, start: datetime, end: datetime, buckets: int
) -> list[Bucket]:
    """The range in at most `buckets` equal spans aligned to `start`, empty ones left out."""
    series = _series(reader, site, device, metric, start, end)
    if series is None or buckets <= 0:
        return []
    number = _NUMBER_OF[series.sql_type]
    if series.mixed:
        number = f"coalesce({number}, {_NUMBER_OF_TEXT})"
        last = "NULL, arg_max(coalesce(_x, to_json(_v)::VARCHAR), at_ms)"
    else:
        last = "arg_max(_v, at_ms), NULL"
    first_ms, end_ms = series.parameters["start"], series.parameters["end"]
    width_ms = -((first_ms - end_ms) // buckets)
    rows = reader.rows(
        f"SELECT (at_ms - $start) // $width AS _bucket, count(*), min(_n), avg(_n), max(_n), {last}"  # noqa: S608
        f" FROM (SELECT at_ms, _v, _x, {number} AS _n FROM ({series.query})) GROUP BY _bucket ORDER BY _bucket",
        {**series.parameters, "width": width_ms},
    )
    found = []
    for bucket, count, low, mean, high, v, x in rows:
        value = _value(v, x)
        if value is not None:
            found.append(Bucket(from_ms(first_ms + bucket * width_ms), count, low, mean, high, value))
    return found


def latest(reader: Reader, site: str, device: str) -> list[Latest]:
    """The newest value of each metric, from the newest days on."""
    newest: dict[str, Latest] = {}
    first_found = None
    days = list(reader.catalogue.of_device(site, device, -(2**31), 2**31).items())
    for day, sources in days[: -LATEST_DAYS - 1 : -1]:
        if first_found is not None and day < first_found - LATEST_FILL_DAYS:
            break
        of_day: dict[str, Latest] = {}
        for found in _latest_of_day(reader, site, device, day, sources, newest.keys()):
            other = of_day.get(found.metric)  # a column and `extra` may both have it
            if other is None or other.at < found.at:
                of_day[found.metric] = found
        newest = of_day | newest
        if newest and first_found is None:
            first_found = day
    return [newest[metric] for metric in sorted(newest)]


def readings(reader: Reader, site: str, device: str, day: int, start: datetime, end: datetime) -> Iterator[Stored]:
    """Whole readings of one day within a range, oldest first."""
    sources = reader.catalogue.of_device(site, device, day, day).get(day)
    if sources is None:
        return
    columns = readable_columns(sources)
    query, parameters = merged_rows(sources, columns, _DEVICE_IN_RANGE)
    selected = "".join(f", {quoted(name)}" for name in columns)
    rows = reader.rows(
        f"SELECT at_ms, channel, bad, extra{selected} FROM ({query}) ORDER BY at_ms, channel, identity_ms",  # noqa: S608
        {**parameters, "site": site, "device": device, "start": _ceiling_ms(start), "end": _ceiling_ms(end)},
    )
    for at_ms, channel, bad, extra, *values in rows:
        # a column's value is the one that was there first
        found = {name: read_extra(text) for name, text in (extra or {}).items()}
        found |= {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        kept = {name: value for name, value in found.items() if value is not None}
        yield Stored(from_ms(at_ms), Channel(channel), kept, tuple(bad or ()))


def days_of_range(reader: Reader, site: str, device: str, start: datetime, end: datetime) -> list[int]:
    """Days of a range with sources that may hold rows of a device."""
    first_ms, end_ms = _ceiling_ms(start), _ceiling_ms(end)
    return list(reader.catalogue.of_device(site, device, day_of(first_ms), day_of(end_ms - 1)))


def readable_columns(sources: Sequence[Source]) -> dict[str, str]:
    """Metric columns of all sources together. Where types differ the newest source, made last, says which."""
    columns: dict[str, str] = {}
    for source in sources:
        columns |= source.columns
    return columns


def merged_rows(sources: Sequence[Source], columns: Mapping[str, str], where: str = "true") -> tuple[str, _Parameters]:
    """A query for whole rows of sources of one day, each identity once, and the parameters it needs besides `where`."""
    selects: list[str] = []
    parameters: _Parameters = {}
    for rank, source in enumerate(sources):
        relation, more = _relation([source], f"file_{rank}")
        parameters |= more
        names = ", ".join((*(name for name in BASE if name != "extra"), _extra_of(source, columns)))
        metrics = "".join(f", {_column_of(source, name, sql_type)}" for name, sql_type in columns.items())
        selects.append(f"SELECT {rank} AS _rank, {names}{metrics} FROM {relation} WHERE {where}")  # noqa: S608
    if len(selects) == 1:
        return selects[0], parameters
    identity = ", ".join(IDENTITY)
    plain = [name for name in BASE if name not in IDENTITY and name != "extra"]
    firsts = ", ".join(
        f"arg_min({column}, _rank) AS {column}" for column in (*plain, *(quoted(name) for name in columns))
    )
    extra = (
        "list_reduce(list(extra ORDER BY _rank DESC) FILTER (extra IS NOT NULL),"
        " lambda later, earlier: map_concat(later, earlier)) AS extra"
    )
    # Late rows are few: what they do not touch is passed on as it is.
    return (
        f"WITH base AS ({selects[0]}), late AS ({' UNION ALL BY NAME '.join(selects[1:])})"  # noqa: S608
        f" FROM base ANTI JOIN late USING ({identity})"
        f" UNION ALL BY NAME SELECT {identity}, {firsts}, {extra} FROM"
        f" (FROM late UNION ALL BY NAME FROM base SEMI JOIN late USING ({identity})) GROUP BY {identity}",
        parameters,
    )


@dataclass(frozen=True, slots=True)
class _Series:
    """A query for one metric's points: at_ms, channel, identity_ms, `_v` typed as `sql_type` or else `_x`, JSON text.

    Without `mixed`, `_x` is always null.
    """

    query: str
    parameters: _Parameters
    sql_type: str
    mixed: bool


def _series(reader: Reader, site: str, device: str, metric: str, start: datetime, end: datetime) -> _Series | None:
    """The points of a range; None when there is nothing to read."""
    first_ms, end_ms = _ceiling_ms(start), _ceiling_ms(end)
    if end_ms <= first_ms:
        return None
    days = reader.catalogue.of_device(site, device, day_of(first_ms), day_of(end_ms - 1)).values()
    holding = [[source for source in sources if _holds(source, metric)] for sources in days]
    every = [source for sources in holding for source in sources]
    if not every:
        return None
    types = [source.columns[metric] for source in every if metric in source.columns]
    sql_type = types[-1] if types else "VARCHAR"
    series = _Series(
        query="",
        parameters={"site": site, "device": device, "start": first_ms, "end": end_ms},
        sql_type=sql_type,
        mixed=any(metric in source.extra or source.columns[metric] != sql_type for source in every),
    )
    if any(metric in source.extra for source in every):
        series.parameters["metric"] = metric
    selects = [
        *_points_alone([sources[0] for sources in holding if len(sources) == 1], metric, series),
        *_points_overlaid([source for sources in holding if len(sources) > 1 for source in sources], metric, series),
    ]
    return replace(series, query=" UNION ALL ".join(selects))


def _points_alone(sources: Sequence[Source], metric: str, series: _Series) -> Iterator[str]:
    """Points of days with one source. Files that were written alike are read by one scan."""
    alike: dict[Any, list[Source]] = defaultdict(list)
    for source in sources:
        columns = None if source.table is not None else tuple(sorted(source.columns.items()))
        alike[source.table, columns, metric in source.extra].append(source)
    for place, together in enumerate(alike.values()):
        relation, more = _relation(together, f"alone_{place}")
        series.parameters.update(more)
        yield _points(relation, together[0], metric, series.sql_type)


def _points_overlaid(sources: Sequence[Source], metric: str, series: _Series) -> Iterator[str]:
    """Points of days with several sources, each identity once: the value of the earliest source."""
    ranked = []
    for rank, source in enumerate(sources):
        relation, more = _relation([source], f"overlaid_{rank}")
        series.parameters.update(more)
        ranked.append(f"SELECT {rank} AS _rank, * FROM ({_points(relation, source, metric, series.sql_type)})")  # noqa: S608
    if ranked:
        yield (
            f"SELECT * EXCLUDE (_rank) FROM ({' UNION ALL '.join(ranked)})"  # noqa: S608
            " QUALIFY row_number() OVER (PARTITION BY channel, identity_ms ORDER BY _rank) = 1"
        )


def _points(relation: str, source: Source, metric: str, sql_type: str) -> str:
    held = source.columns.get(metric)
    v = quoted(metric) if held == sql_type else f"NULL::{sql_type}"
    texts = []
    if held is not None and held != sql_type:
        texts.append(f"to_json({quoted(metric)})::VARCHAR")
    if metric in source.extra:
        texts.append("extra[$metric]")
    x = f"coalesce({', '.join(texts)})" if texts else "NULL::VARCHAR"
    return (
        f"SELECT at_ms, channel, identity_ms, {v} AS _v, {x} AS _x FROM {relation}"  # noqa: S608
        f" WHERE {_DEVICE_IN_RANGE} AND (_v IS NOT NULL OR _x IS NOT NULL)"
    )


def _latest_of_day(
    reader: Reader, site: str, device: str, day: int, sources: Sequence[Source], known: Collection[str]
) -> Iterator[Latest]:
    """The newest values of a day, of metrics that are not `known` already."""
    columns = readable_columns(sources)
    in_extra = {name for source in sources for name in source.extra}
    in_extra |= {name for source in sources for name, held in source.columns.items() if columns[name] != held}
    wanted = [name for name in columns if name not in known]
    query, parameters = merged_rows(sources, columns, _DEVICE_IN_RANGE)
    parameters |= {"site": site, "device": device, "start": day * DAY_MS, "end": (day + 1) * DAY_MS}
    if wanted:
        newest = ", ".join(
            f"arg_max({name}, at_ms), max(at_ms) FILTER ({name} IS NOT NULL)" for name in map(quoted, wanted)
        )
        (row,) = reader.rows(f"SELECT {newest} FROM ({query})", parameters)  # noqa: S608
        for place, name in enumerate(wanted):
            value, at_ms = row[2 * place : 2 * place + 2]
            if value is not None:
                yield Latest(name, from_ms(at_ms), value)
    if in_extra - set(known):
        rows = reader.rows(
            "SELECT _pair.key, max(at_ms), arg_max(_pair.value, at_ms)"  # noqa: S608
            f" FROM (SELECT at_ms, unnest(map_entries(extra)) AS _pair FROM ({query})) GROUP BY _pair.key",
            parameters,
        )
        for name, at_ms, text in rows:
            value = read_extra(text) if text is not None else None
            if value is not None:
                yield Latest(name, from_ms(at_ms), value)


def _relation(sources: Sequence[Source], parameter: str) -> tuple[str, _Parameters]:
    """A table, or files of the same columns, to select from."""
    if sources[0].table is not None:
        return quoted(sources[0].table), {}
    return f"read_parquet(${parameter})", {parameter: [source.file for source in sources]}


def _holds(source: Source, metric: str) -> bool:
    return metric in source.columns or metric in source.extra


def _column_of(source: Source, name: str, sql_type: str) -> str:
    if source.columns.get(name) == sql_type:
        return quoted(name)
    return f"NULL::{sql_type} AS {quoted(name)}"


def _extra_of(source: Source, columns: Mapping[str, str]) -> str:
    """The source's `extra` with the values of columns whose type is another one now."""
    others = [name for name, held in source.columns.items() if held != columns.get(name)]
    if not others:
        return "extra"
    moved = ", ".join(
        f"CASE WHEN {quoted(name)} IS NULL THEN map([]::VARCHAR[], []::VARCHAR[])"
        f" ELSE map(['{name}'], [to_json({quoted(name)})::VARCHAR]) END"
        for name in others
    )
    return f"map_concat(coalesce(extra, map([]::VARCHAR[], []::VARCHAR[])), {moved}) AS extra"


def _value(v: Value | None, x: str | None) -> Value | None:
    if v is not None:
        return v
    return read_extra(x) if x is not None else None


def _ceiling_ms(at: datetime) -> int:
    """The first whole millisecond not before an instant."""
    return to_ms(at) + (1 if at.microsecond % 1000 else 0)
