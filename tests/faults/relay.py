"""A network that can hang: a TCP relay that stops forwarding without closing anything."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK_BYTES = 64 * 1024


class Relay:
    """Forwards one port of loopback to another, in a thread of its own. While it hangs it still takes connections, as
    a network does whose other end cannot know; what was on its way arrives when it goes on, however late.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._forwarding = asyncio.Event()
        self._forwarding.set()
        self.port = 0

    @contextmanager
    def running(self) -> Iterator[Relay]:
        """The relay, listening on `port` until the end of the block."""
        ready = threading.Event()
        thread = threading.Thread(target=self._run, args=(ready,), name="relay")
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._ending.set)
            thread.join()

    def hang(self) -> None:
        """Forward nothing any more; close nothing."""
        self._loop.call_soon_threadsafe(self._forwarding.clear)

    def go_on(self) -> None:
        """Forward again."""
        self._loop.call_soon_threadsafe(self._forwarding.set)

    def _run(self, ready: threading.Event) -> None:
        self._ending = asyncio.Event()
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        connections: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._connection(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._ending.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connection(self, near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        await self._forwarding.wait()
        try:
            far, far_out = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:  # whoever is behind it is away: the connection ends, as it would without us
            near_out.transport.abort()
            return
        try:
            await asyncio.gather(self._forward(near, far_out), self._forward(far, near_out))
        except OSError:
            pass
        finally:
            far_out.transport.abort()
            near_out.transport.abort()

    async def _forward(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(_CHUNK_BYTES):
            await self._forwarding.wait()
            sink.write(data)
            await sink.drain()
        await self._forwarding.wait()
        with suppress(OSError):
            sink.write_eof()
