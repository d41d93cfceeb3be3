"""Publications of one connection that the broker has not acknowledged yet.

Promises: never more of them than the broker said it takes (its receive maximum), never while its socket is full,
and every waiting publisher is told when the connection ends. Leaves to others: bytes (`adapters.broker.codec`),
the socket (`adapters.broker.connection`).
"""

from __future__ import annotations

import asyncio
from collections import deque
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
        self._queue: deque[asyncio.Future[None]] = deque()
        self._socket_full = False
        self._ended: BrokerUnavailable | None = None

    def next_id(self) -> int:
        """A packet id that is not in use."""
        return next(packet_id for packet_id in self._ids if packet_id not in self._unacknowledged)

    async def send(self, packet: Callable[[int], bytes]) -> int:
        """Write `packet(packet_id)` when its turn comes; return the reason code of its acknowledgement.

        Raises BrokerUnavailable when the connection ends before.
        """
        while self._ended is None and (self._socket_full or len(self._unacknowledged) >= self._quota):
            turn = asyncio.get_running_loop().create_future()
            self._queue.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._let_next()  # the turn was given to one who left: pass it on
                raise
        if self._ended is not None:
            raise self._ended
        packet_id = self.next_id()
        data = packet(packet_id)
        acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._unacknowledged[packet_id] = acknowledged
        self._write(data)
        self._let_next()
        return await acknowledged

    def acknowledged(self, packet_id: int, reason: int) -> None:
        """The broker acknowledged it. An id that is not in use is ignored."""
        future = self._unacknowledged.pop(packet_id, None)
        if future is not None and not future.done():  # a publisher that gave up has cancelled its own
            future.set_result(reason)
        self._let_next()

    def allow(self, quota: int) -> None:
        """The broker takes so many unacknowledged ones."""
        self._quota = quota
        self._let_next()

    def socket_full(self, full: bool) -> None:
        """Whether the socket's buffer is over its mark."""
        self._socket_full = full
        self._let_next()

    def end(self, error: BrokerUnavailable) -> None:
        """The connection is gone: everybody who waits is told `error`."""
        self._ended = error
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_exception(error)
                future.exception()  # whoever gave up waiting does not have to fetch it
        self._unacknowledged.clear()
        for turn in self._queue:
            if not turn.done():
                turn.set_result(None)
        self._queue.clear()

    def _let_next(self) -> None:
        if self._socket_full or len(self._unacknowledged) >= self._quota:
            return
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
