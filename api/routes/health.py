"""Liveness, readiness and metrics, for whoever looks after the processes."""

from __future__ import annotations

import prometheus_client
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from prometheus_client.core import GaugeMetricFamily

from api.access import MaybeCaller, Reader, RunningHere
from api.parts import Parts
from api.promises import exposition, parts_ready, promises
from api.schemas.health import LivenessView, PartView, ReadinessView
from domain.errors import Unavailable

public = APIRouter(tags=["health"])
router = APIRouter(tags=["health"])


@public.get("/healthz", summary="The process answers")
async def healthz() -> LivenessView:
    """Says nothing about the parts: that is `/readyz`."""
    return LivenessView()


@public.get("/readyz", summary="Which part is ready", responses={503: {"model": ReadinessView}})
async def readyz(response: Response, caller: MaybeCaller, running: RunningHere) -> ReadinessView:
    """503 when any part is not ready. Details are said only to who is signed in."""
    parts = await running.readiness.look()
    ready = all(part.ready for part in parts)
    response.status_code = 200 if ready else 503
    return ReadinessView(
        ready=ready,
        parts=[PartView(part=p.part, ready=p.ready, detail=p.detail if caller is not None else "") for p in parts],
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(caller: Reader, running: RunningHere) -> Response:
    """All collectors of this process and what the ledger says now, in Prometheus' text form."""
    ready = parts_ready(await running.readiness.look())
    kept = await run_in_threadpool(_promises, running.parts, caller.actor.sites)
    told = prometheus_client.generate_latest() + exposition([ready, *kept])
    return Response(told, media_type=prometheus_client.CONTENT_TYPE_LATEST)


def _promises(parts: Parts, sites: frozenset[str] | None) -> list[GaugeMetricFamily]:
    try:
        with parts.ledger.read() as rows:
            return promises(rows, parts.clock.now(), sites)
    except Unavailable:
        return []  # which part is away is among the metrics already


@router.get("/api/v1/openapi.json", summary="This document", include_in_schema=False)
def openapi_document(request: Request, _: Reader) -> Response:
    """The OpenAPI document, for whoever may read at all."""
    return JSONResponse(request.app.openapi())
