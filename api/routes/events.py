"""The event stream (server-sent events): what happens, as it happens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from api.access import PartsHere, Reader

router = APIRouter(prefix="/events", tags=["events"])


@router.get(
    "",
    summary="Event stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events, without end.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "examples": {
                        "watching": {"value": 'id: demo:41\nevent: watch\ndata: {"watching":true,"sites":[]}\n\n'},
                    },
                }
            },
        }
    },
)
async def stream_events(
    request: Request,
    caller: Reader,
    parts: PartsHere,
    last_event_id: Annotated[str | None, Header(max_length=4096, description="Where to go on from.")] = None,
    cursor: Annotated[str | None, Query(max_length=4096, description="The same, for a first connection.")] = None,
) -> StreamingResponse:
    """`event:` is the event's type, with `TellEvent` as data; or `watch` (`TellWatch`), `reset` (`TellReset`), `end`
    (`TellEnd`). `id:` is a cursor: send it as `Last-Event-ID` and nothing in between is missed.
    """
    raise NotImplementedError
