"""A real server on loopback, and a reader of its event stream."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from api.app import end_streams
from tests.services import free_port

PATIENCE_S = 20


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app's address while it is served."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as client:
            client.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_S).raise_for_status()
        yield f"http://127.0.0.1:{port}"
    finally:
        end_streams(app)
        server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the server did not stop"


@dataclass
class Told:
    """One message of an event stream."""

    id: str | None
    name: str
    data: Any


class Listener:
    """Reads messages from a stream, one by one; comments are skipped."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def next(self) -> Told:
        """The next message. Raises StopIteration when the stream is over."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and "data" in fields:
                return Told(fields.get("id"), fields["event"], json.loads(fields["data"]))
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise StopIteration

    def until(self, name: str) -> Told:
        """The next message of that name."""
        while (told := self.next()).name != name:
            pass
        return told


@contextmanager
def listening(address: str, token: str, *, last: str | None = None, query: str = "") -> Iterator[Listener]:
    """An open event stream."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last is not None else {})
    with (
        httpx.Client(timeout=PATIENCE_S) as client,
        client.stream("GET", f"{address}/api/v1/events{query}", headers=headers) as stream,
    ):
        assert stream.status_code == 200, stream.read()
        assert stream.headers["content-type"].startswith("text/event-stream")
        yield Listener(stream.iter_lines())
