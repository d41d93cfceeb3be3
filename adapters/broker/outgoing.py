"""Publications of one connection that the broker has not acknowledged yet.

Promises: first come, first sent; never more of them than the broker said it takes (its receive maximum), never while
the socket is full; every waiting publisher is told when the connection ends. Leaves to others: bytes
(`adapters.broker.codec`), the socket (`adapters.broker.connection`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import cycle

from domain.errors import BrokerUnavailable


class Outgoing:
    """Packet ids, the broker's quota, and who waits for what."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._quota = 1  # until the broker has said its own
        self._ids = cycle(range(1, 65536))
        self._unacknowledged: dict[int, asyncio.Future[int]] = {}
        self._turnstile = asyncio.Lock()
        self._changed = asyncio.Event()
        self._socket_full = False
        self._ended: BrokerUnavailable | None = None

    def next_id(self) -> int:
        """A packet id that is not in use."""
        return next(packet_id for packet_id in self._ids if packet_id not in self._unacknowledged)

    async def send(self, packet: Callable[[int], bytes]) -> int:
        """Write `packet(packet_id)` when its turn comes; return the reason code of its acknowledgement.

        Raises BrokerUnavailable when the connection ends before.
        """
        async with self._turnstile:
            while self._ended is None and (self._socket_full or len(self._unacknowledged) >= self._quota):
                self._changed.clear()
                await self._changed.wait()
            if self._ended is not None:
                raise self._ended
            packet_id = self.next_id()
            data = packet(packet_id)
            acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._unacknowledged[packet_id] = acknowledged
            self._write(data)
        return await acknowledged

    def acknowledged(self, packet_id: int, reason: int) -> None:
        """The broker acknowledged it. An id that is not in use is ignored."""
        future = self._unacknowledged.pop(packet_id, None)
        if future is not None and not future.done():  # a publisher that gave up has cancelled its own
            future.set_result(reason)
        self._changed.set()

    def allow(self, quota: int) -> None:
        """The broker takes so many unacknowledged ones."""
        self._quota = quota
        self._changed.set()

    def socket_full(self, full: bool) -> None:
        """Whether the socket's buffer is over its mark."""
        self._socket_full = full
        self._changed.set()

    def end(self, error: BrokerUnavailable) -> None:
        """The connection is gone: everybody who waits is told `error`."""
        self._ended = error
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever gave up waiting does not have to fetch it
        self._unacknowledged.clear()
        self._changed.set()
