"""Real receivers of notices for tests: an HTTP server and a mail server, on loopback, that do as they are told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.services import free_port, require


@dataclass
class Posted:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return json.loads(self.raw)


@dataclass
class HttpReceiver:
    """Answers every POST with `status`. While `hang` is set it reads the request and says nothing."""

    port: int
    status: int = 204
    answer: bytes = b""
    hang: threading.Event | None = None
    got: list[Posted] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?from=tests"

    @property
    def keys(self) -> list[str]:
        """The ids of what came, in order."""
        return [one.headers["webhook-id"] for one in self.got]


@contextmanager
def http_receiver(port: int | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[HttpReceiver]:
    """A running one; on leaving its port is closed."""
    receiver = HttpReceiver(port or free_port())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Posted(self.path, headers, raw))
            receiver.arrived.set()
            if receiver.hang is not None:
                receiver.hang.wait()
            with suppress(OSError):  # whoever asked may have gone
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", receiver.port), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        if receiver.hang is not None:
            receiver.hang.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailSink:
    """A mail server that takes what it is told to take. `refuse` maps a command to the answer it gets instead."""

    port: int
    got: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    secured: bool = False


class _Conversation:
    """One client of a mail sink."""

    def __init__(self, sink: MailSink, tls: ssl.SSLContext | None) -> None:
        self._sink, self._tls, self._secured = sink, tls, False

    async def hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until it says goodbye."""
        with suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"220 sink\r\n")
            while line := (await reader.readline()).decode().strip():
                verb = line.split(" ")[0].upper()
                if verb in self._sink.refuse:
                    writer.write(f"{self._sink.refuse[verb]}\r\n".encode())
                elif verb == "EHLO":
                    offers = ["250-sink", "250-AUTH PLAIN", *(["250-STARTTLS"] if self._offers_tls else []), "250 OK"]
                    writer.write("".join(f"{offer}\r\n" for offer in offers).encode())
                elif verb == "STARTTLS":
                    writer.write(b"220 go on\r\n")
                    await writer.start_tls(self._tls)  # type: ignore[arg-type]
                    self._secured = self._sink.secured = True
                elif verb == "AUTH":
                    self._sink.logins.append(line)
                    writer.write(b"235 welcome\r\n")
                elif verb == "DATA":
                    await self._take(reader, writer)
                elif verb == "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 OK\r\n")
        writer.close()

    @property
    def _offers_tls(self) -> bool:
        return self._tls is not None and not self._secured

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"354 go on\r\n")
        raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self._sink.got.append(message)
        writer.write(b"250 taken\r\n")


@contextmanager
def mail_sink(*, tls: ssl.SSLContext | None = None) -> Iterator[MailSink]:
    """A running one, in a loop of its own; with `tls` it offers STARTTLS."""
    sink = MailSink(free_port())
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(lambda r, w: _Conversation(sink, tls).hold(r, w), "127.0.0.1", sink.port)
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that nobody else trusts, and a server's context with it."""
    chain, key = folder / "localhost.crt", folder / "localhost.key"
    command = [require("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(chain), "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return chain, context
