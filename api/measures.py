"""Request metrics for Prometheus, by route template.

Promises: as many series as there are routes, methods and classes of status, whatever paths come in. Leaves to others:
showing them (`api.routes.health`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_seconds = Histogram(
    "watchkeeper_http_request_seconds",
    "Time from a request to the first byte of its answer.",
    ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measures:
    """Times every request up to its first byte: a stream's length is not its slowness."""

    def __init__(self, app: ASGIApp, templates: Mapping[int, str]) -> None:
        """`templates` is the whole path of each route, by the route's `id`: the route itself knows only its part."""
        self._app, self._templates = app, templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, timing."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else "other"
                route = self._templates.get(id(scope.get("route")), "other")
                status = f"{message['status'] // 100}xx"
                _seconds.labels(method, route, status).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, timed)
