"""The event stream (server-sent events): what happens, as it happens."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from api.access import Reader, RunningHere
from api.stream import Stream
from api.streaming import ReleasingResponse

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
    caller: Reader,
    running: RunningHere,
    last_event_id: Annotated[str | None, Header(max_length=4096, description="Where to go on from.")] = None,
    cursor: Annotated[str | None, Query(max_length=4096, description="The same, for a first connection.")] = None,
) -> StreamingResponse:
    """`event:` is the event's type, with `TellEvent` as data; or `watch` (`TellWatch`), `reset` (`TellReset`), `end`
    (`TellEnd`). `id:` is a cursor: send it as `Last-Event-ID` and nothing in between is missed.
    """
    subscription = await running.feed.join(caller)
    stream = Stream(running.parts, running.feed, subscription)
    return ReleasingResponse(
        stream.run(last_event_id or cursor),
        release=partial(running.feed.leave, subscription),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
