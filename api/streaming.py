"""A streamed answer that gives back what it holds, however it ends."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Mapping

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class ReleasingResponse(StreamingResponse):
    """Calls `release` once: after the last part, when the client goes, or when the first byte cannot be sent."""

    def __init__(
        self,
        content: AsyncIterable[str | bytes],
        *,
        release: Callable[[], None],
        media_type: str,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, then release."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()
