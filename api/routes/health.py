"""Liveness, readiness and metrics, for whoever looks after the processes."""

from __future__ import annotations

import prometheus_client
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.access import MaybeCaller, Reader, RunningHere
from api.schemas.health import LivenessView, PartView, ReadinessView

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
def metrics(_: Reader) -> Response:
    """All collectors of this process, in Prometheus' text form."""
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)


@router.get("/api/v1/openapi.json", summary="This document", include_in_schema=False)
def openapi_document(request: Request, _: Reader) -> Response:
    """The OpenAPI document, for whoever may read at all."""
    return JSONResponse(request.app.openapi())
