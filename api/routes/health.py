"""Liveness, readiness and metrics, for whoever looks after the processes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.access import MaybeCaller, PartsHere, Reader
from api.schemas.health import LivenessView, ReadinessView

public = APIRouter(tags=["health"])
router = APIRouter(tags=["health"])


@public.get("/healthz", summary="The process answers")
async def healthz() -> LivenessView:
    """Says nothing about the parts: that is `/readyz`."""
    return LivenessView()


@public.get("/readyz", summary="Which part is ready", responses={503: {"model": ReadinessView}})
async def readyz(request: Request, response: Response, caller: MaybeCaller, parts: PartsHere) -> ReadinessView:
    """503 when any part is not ready. Details are said only to who is signed in."""
    raise NotImplementedError


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(_: Reader) -> Response:
    """All collectors of this process, in Prometheus' text form."""
    raise NotImplementedError
