"""One device's history: raw or downsampled for a chart, or as CSV for a spreadsheet.

Promises: bounded answers, read in lanes of their own, so that no chart ever delays an acknowledgement; a CSV is
streamed. Leaves to others: what to read (`api.ranges`), how CSV is written (`api.csv_export`), the series
(`domain.ports.history`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Annotated

import msgspec
from fastapi import APIRouter, Header, Query
from fastapi.responses import Response, StreamingResponse

from api.access import HistoryExporter, Reader, RunningHere, in_reach
from api.credentials import Caller
from api.csv_export import ROWS_A_PART, csv_parts
from api.parts import Parts
from api.ranges import MOST_RAW, Plan, cut_page, plan_range
from api.routes.queries import DeviceName, SiteName
from api.running import Running
from api.schemas.basics import Instant
from api.schemas.history import HistoryForm, HistoryItem, HistoryView
from api.streaming import ReleasingResponse
from api.throttle import Throttled
from domain.errors import HistoryUnavailable, NotFound
from domain.kinds import Kind
from domain.people import Permission
from domain.ports.history import History, Stored

router = APIRouter(prefix="/history", tags=["history"])

Metric = Annotated[str, Query(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="The metric's name.")]
Start = Annotated[Instant | None, Query(description="First instant, inclusive. Default: a day before `end`.")]
End = Annotated[Instant | None, Query(description="Last instant, exclusive. Default: now.")]
Points = Annotated[
    int | None,
    Query(ge=1, le=5000, description="Downsample into at most so many spans. Without it up to a day is raw."),
]
PointCursor = Annotated[Instant | None, Query(alias="cursor", description="`next` of the page before (raw only).")]

CSV = "text/csv"
HEAD_AND_ROWS = 2
"""Parts of a CSV that are read before the answer begins: its first line, and the first rows."""

NDJSON = "application/x-ndjson"
_NDJSON_RESPONSE = {
    "schema": {"type": "string"},
    "example": '{"at":"2025-11-21T08:00:00Z","channel":"event","values":{"alarm_button":true},"bad":[]}\n',
}

EXPORT_WAIT = timedelta(seconds=10)
_CSV_RESPONSE = {"schema": {"type": "string"}, "example": "at,motor_temp_c,other\r\n2025-11-21T08:00:00.000Z,41.5,\r\n"}


@router.get(
    "/{site}/{device}",
    summary="A range of one metric",
    response_model=HistoryView,
    responses={200: {"content": {CSV: _CSV_RESPONSE}}},
)
async def get_history(
    caller: Reader,
    running: RunningHere,
    site: SiteName,
    device: DeviceName,
    metric: Metric,
    start: Start = None,
    end: End = None,
    points: Points = None,
    cursor: PointCursor = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> HistoryView | Response:
    """Raw values or downsampled spans, oldest first. With `Accept: text/csv` the metric's raw values as CSV."""
    plan = _planned(caller, running, site, device, start, end, points)
    if CSV in accept:
        caller.actor.require(Permission.EXPORT_HISTORY, site)
        return await _export(running, site, device, plan, only=metric)
    return await running.charts.run(partial(_read, running.parts, site, device, metric, plan, cursor))


@router.get(
    "/{site}/{device}/export.csv",
    summary="Whole readings of a range as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {CSV: _CSV_RESPONSE}, "description": "One line a reading."}},
)
async def export_history(
    caller: HistoryExporter,
    running: RunningHere,
    site: SiteName,
    device: DeviceName,
    start: Start = None,
    end: End = None,
) -> StreamingResponse:
    """One line a reading, one column a metric of the device's kind, further values as JSON in `other`."""
    plan = _planned(caller, running, site, device, start, end)
    return await _export(running, site, device, plan, only=None)


@router.get(
    "/{site}/{device}/readings",
    summary="Whole readings of a range, one JSON object a line",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: _NDJSON_RESPONSE}, "description": "One line a reading, oldest first."}},
)
async def read_readings(
    caller: HistoryExporter,
    running: RunningHere,
    site: SiteName,
    device: DeviceName,
    start: Start = None,
    end: End = None,
) -> StreamingResponse:
    """Readings as they were stored: instant, channel, values, and the names of metrics that came bad."""
    plan = _planned(caller, running, site, device, start, end)

    def lines() -> Generator[str, None, None]:
        stored = _series(running.parts).readings(site, device, plan.start, plan.end)
        return _json_parts(stored)

    return await _stream(running, lines, media_type=NDJSON, headers={"Cache-Control": "no-store"})


def _planned(
    caller: Caller,
    running: Running,
    site: str,
    device: str,
    start: datetime | None,
    end: datetime | None,
    points: int | None = None,
) -> Plan:
    """What to read. Raises NotFound for a device out of reach, Invalid for a range that is none."""
    in_reach(caller, site, f"device {site}/{device}")
    return plan_range(start, end, points, running.parts.clock.now())


def _read(parts: Parts, site: str, device: str, metric: str, plan: Plan, cursor: Instant | None) -> HistoryView:
    history, kind = _series(parts), _kind_of(parts, site, device)
    following = None
    if plan.form is HistoryForm.RAW:
        found = history.raw(site, device, metric, max(plan.start, cursor or plan.start), plan.end, MOST_RAW + 1)
        page, following = cut_page(found, MOST_RAW)
        items = [HistoryItem(at=point.at, value=point.value) for point in page]
    else:
        buckets = history.downsampled(site, device, metric, plan.start, plan.end, plan.spans or 1)
        items = [
            HistoryItem(at=b.start, value=b.last, count=b.count, low=b.low, mean=b.mean, high=b.high) for b in buckets
        ]
    if kind is None and not items and not history.latest(site, device):
        raise NotFound(f"there is no device {site}/{device}")
    declared = kind.metric(metric) if kind is not None else None
    return HistoryView(
        site=site,
        device=device,
        metric=metric,
        unit=declared.unit if declared is not None else None,
        form=plan.form,
        start=plan.start,
        end=plan.end,
        span_s=plan.span.total_seconds() if plan.span is not None else None,
        items=items,
        next=following.isoformat().replace("+00:00", "Z") if following is not None else None,
    )


def _series(parts: Parts) -> History:
    if parts.history is None:
        raise HistoryUnavailable("this installation keeps no history here")
    return parts.history


def _kind_of(parts: Parts, site: str, device: str) -> Kind | None:
    """The device's kind; None for one that the registry does not know (its readings may be stored all the same)."""
    with parts.ledger.read() as rows:
        try:
            return parts.kinds.get(rows.devices.get(site, device).kind)
        except NotFound:
            return None


async def _export(running: Running, site: str, device: str, plan: Plan, *, only: str | None) -> StreamingResponse:
    """A CSV answer, named after its range."""
    name = f"{site}-{device}-{plan.start:%Y%m%dT%H%M%SZ}-{plan.end:%Y%m%dT%H%M%SZ}.csv"
    return await _stream(
        running,
        partial(_rows, running.parts, site, device, plan, only),
        media_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _stream(
    running: Running, make: Callable[[], Generator[str, None, None]], *, media_type: str, headers: Mapping[str, str]
) -> StreamingResponse:
    """A long answer. Its first rows are read before it begins, so that a store that is away is 503, not half a file."""
    if running.exports.locked():
        raise Throttled("too many exports run at the moment", EXPORT_WAIT)
    await running.exports.acquire()
    try:
        rows = await running.charts.run(make)
        first = await running.charts.run(partial(_joined, islice(rows, HEAD_AND_ROWS)))
    except BaseException:
        running.exports.release()
        raise

    def release() -> None:
        rows.close()
        running.exports.release()

    return ReleasingResponse(_streamed(running, rows, first), release=release, media_type=media_type, headers=headers)


def _rows(parts: Parts, site: str, device: str, plan: Plan, only: str | None) -> Generator[str, None, None]:
    kind = _kind_of(parts, site, device)
    readings = _series(parts).export(site, device, plan.start, plan.end)
    if only is not None:
        return csv_parts(((at, {only: values[only]}) for at, values in readings if only in values), [only], other=False)
    columns = [metric.name for metric in kind.metrics] if kind is not None else []
    return csv_parts(readings, columns, other=True)


def _json_parts(stored: Iterable[Stored]) -> Generator[str, None, None]:
    rows = iter(stored)
    while part := list(islice(rows, ROWS_A_PART)):
        yield "".join(f"{msgspec.json.encode(one).decode()}\n" for one in part)


async def _streamed(running: Running, rows: Iterator[str], first: str) -> AsyncIterator[str]:
    yield first
    while part := await running.charts.run(partial(_joined, islice(rows, 1))):
        yield part


def _joined(parts: Iterable[str]) -> str:
    return "".join(parts)
