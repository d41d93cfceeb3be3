"""One device's history: raw or downsampled for a chart, or as CSV for a spreadsheet.

Promises: bounded answers, read in threads of their own, so that no chart ever delays an acknowledgement.
Leaves to others: the series (`domain.ports.history`), making CSV safe (`api.csv_export`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse

from api.access import HistoryExporter, PartsHere, Reader, in_reach
from api.routes.queries import DeviceName, SiteName
from api.schemas.basics import Instant
from api.schemas.history import HistoryView

router = APIRouter(prefix="/history", tags=["history"])

Metric = Annotated[
    str, Query(pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="The metric's name.", examples=["motor_temp_c"])
]
Start = Annotated[Instant | None, Query(description="First instant, inclusive. Default: a day before `end`.")]
End = Annotated[Instant | None, Query(description="Last instant, exclusive. Default: now.")]
Points = Annotated[
    int | None,
    Query(
        ge=1, le=5000, description="Downsample into at most so many spans. Without it a range of up to a day is raw."
    ),
]
PointCursor = Annotated[Instant | None, Query(alias="cursor", description="`next` of the page before (raw only).")]

CSV = "text/csv"


@router.get(
    "/{site}/{device}",
    summary="A range of one metric",
    response_model=HistoryView,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def get_history(
    request: Request,
    caller: Reader,
    parts: PartsHere,
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
    raise NotImplementedError


@router.get(
    "/{site}/{device}/export.csv",
    summary="Whole readings of a range as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}, "description": "One line a reading."}},
)
async def export_history(
    caller: HistoryExporter,
    parts: PartsHere,
    request: Request,
    site: SiteName,
    device: DeviceName,
    start: Start = None,
    end: End = None,
) -> StreamingResponse:
    """One line a reading, one column a metric of the device's kind, further values as JSON in `other`."""
    raise NotImplementedError
