"""Guards around every request: security headers and a bound on bodies.

Promises: plain ASGI, so that streams pass unbuffered. Leaves to others: who may ask (`api.access`).
"""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from domain.papers import MAX_FILE_BYTES

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; "
        "script-src 'self'; "
        "style-src 'self' 'unsafe-inline'; "  # Ant Design writes its styles into the page
        "img-src 'self' data: blob:; "
        "font-src 'self' data:; "
        "connect-src 'self'; "
        "worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


_NOWHERE = re.compile(r"(?!)")


class SecurityHeaders:
    """Puts the headers on every answer; answers of the API are not cached unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


class BodyLimit:
    """Refuses a body over `most_bytes`: by what it declares, or as soon as more has come.

    FastAPI's own limit answers in plain text, where everything else of ours answers with a problem document. Paths that
    match `files` take a file.
    """

    def __init__(self, app: ASGIApp, most_bytes: int, files: re.Pattern[str] = _NOWHERE) -> None:
        self._app, self._most_bytes, self._files = app, most_bytes, files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        takes_file = scope["method"] == "POST" and self._files.fullmatch(scope["path"]) is not None
        most_bytes = MAX_FILE_BYTES if takes_file else self._most_bytes
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        too_large = f"at most {most_bytes} bytes"
        if not declared.isdigit() or int(declared) > most_bytes:
            await problem_response(413, "too_large", too_large)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most_bytes:
                raise HTTPException(413, too_large)
            return message

        await self._app(scope, counted, send)
