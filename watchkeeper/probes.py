"""What a process without the API tells by HTTP: liveness, readiness, metrics.

    /healthz   200 while the process's loop turns, 503 when it hangs: restart it
    /readyz    200 when its parts can do their work, else 503: do not restart it, look at what is away
    /metrics   for Prometheus

Promises: answers from threads of its own, so that a loop that hangs is told of; details are said to whoever reaches the
port, which is loopback unless told otherwise. Leaves to others: what each part says of itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from api.parts import PartStatus

BEAT_SECONDS = 1.0
HANGS_AFTER_SECONDS = 15.0
"""Decoding and judging hold the loop for tens of milliseconds; nothing right holds it for seconds."""

Readiness = Callable[[], Sequence["PartStatus"]]


class Pulse:
    """Whether the event loop turns."""

    def __init__(self) -> None:
        self._beat_at = monotonic()

    async def keep(self) -> None:
        """Beat until cancelled."""
        while True:
            self._beat_at = monotonic()
            await asyncio.sleep(BEAT_SECONDS)

    @property
    def still(self) -> float:
        """Seconds since the last beat."""
        return monotonic() - self._beat_at


class Probes:
    """The WSGI application."""

    def __init__(self, still: Callable[[], float], readiness: Iterable[Readiness]) -> None:
        """`still` are the seconds since the loop turned last; `readiness` is asked at every look."""
        self._still, self._readiness = still, readiness
        self._metrics: WSGIApplication = make_wsgi_app()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/healthz":
                alive = self._still() < HANGS_AFTER_SECONDS
                return _answer(start_response, alive, {"status": "ok" if alive else "hangs"})
            case "/readyz":
                parts = [status for look in self._readiness for status in look()]
                ready = bool(parts) and all(part.ready for part in parts)
                return _answer(start_response, ready, {"ready": ready, "parts": parts})
            case "/metrics":
                return self._metrics(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/healthz, /readyz, /metrics\n"]


def serve_probes(application: Probes, host: str, port: int) -> Callable[[], None]:
    """Listen in threads of its own; what ends it. Raises OSError where the port is taken."""
    server = make_server(host, port, application, _Server, _Quiet)
    Thread(target=server.serve_forever, name="probes", daemon=True).start()

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


def _answer(start_response: StartResponse, good: bool, body: Any) -> list[bytes]:
    status = "200 OK" if good else "503 Service Unavailable"
    start_response(status, [("Content-Type", "application/json")])
    return [msgspec.json.encode(body)]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A look every few seconds is no news."""
