"""One connection to a broker, from CONNECT to its end.

Promises: what arrives is kept in order until it is taken, and acknowledged only when told; reading stops while more
than a bounded number of messages or bytes is held, whatever the broker makes of the receive maximum; a broker that
falls silent is noticed. When the connection ends, everything that it held goes with it: the broker sends
unacknowledged messages again.
Leaves to others: when to connect again and who takes the messages (`adapters.broker.session`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

from adapters.broker import codec
from adapters.broker.outgoing import Outgoing
from domain.errors import BrokerUnavailable
from domain.readings import Message

HELD_LIMIT_BYTES = 64 * 1024 * 1024
"""Payload bytes received and not yet settled beyond which reading pauses. One message over it still gets through."""

_Answer = codec.ConnAckPacket | codec.SubAckPacket | codec.UnsubAckPacket | codec.PingRespPacket
_T = TypeVar("_T")


@dataclass
class Counters:
    """What a session did since it was made, over all its connections."""

    received: int = 0
    acknowledged: int = 0
    published: int = 0
    connections: int = 0

    @property
    def reconnects(self) -> int:
        """How often it had to connect again."""
        return max(0, self.connections - 1)


class Taken:
    """Messages taken together. `domain.ports.broker.Batch`."""

    def __init__(self, connection: Connection, messages: list[Message], acknowledgements: list[bytes]) -> None:
        self._connection, self._messages, self._acknowledgements = connection, messages, acknowledgements
        self._settled = False

    @property
    def messages(self) -> Sequence[Message]:
        """The messages, in the broker's order."""
        return self._messages

    def settle(self) -> None:
        """Acknowledge all in one write. Again, or after the connection ended, it does nothing."""
        if not self._settled:
            self._settled = True
            self._connection.acknowledge(self._messages, self._acknowledgements)


class Connection(asyncio.Protocol):
    """The protocol object. `arrived` is called when messages were added, `now_ms` stamps them.

    Reading pauses beyond `most_held` messages that were received and not settled. A broker that keeps to the receive
    maximum never comes that far; Mosquitto 2.0.11 sends all that waits as soon as one is acknowledged.
    """

    def __init__(
        self, *, now_ms: Callable[[], int], arrived: Callable[[], None], counters: Counters, most_held: int
    ) -> None:
        self._now_ms, self._arrived, self._counters = now_ms, arrived, counters
        self._most_held = most_held
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[BrokerUnavailable] = loop.create_future()
        self.outgoing = Outgoing(self._write)
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._messages: list[Message] = []
        self._acknowledgements: list[bytes] = []
        self._held = self._held_bytes = 0
        self._paused = False
        self._heard = True
        self._pinging = False
        self._keep_alive_timer: asyncio.TimerHandle | None = None
        self._answer: asyncio.Future[_Answer] = loop.create_future()

    # What the session asks.

    async def connect(self, packet: bytes, *, keep_alive: timedelta) -> codec.ConnAckPacket:
        """Send CONNECT and return the broker's answer, which may be a refusal."""
        answer = await self._ask(packet, codec.ConnAckPacket)
        if not codec.refused(answer.reason_code):
            self.outgoing.allow(answer.receive_max)
            if answer.server_keep_alive is not None:
                keep_alive = timedelta(seconds=answer.server_keep_alive)
            if keep_alive:
                self._schedule_keep_alive(keep_alive.total_seconds() / 2)
        return answer

    async def subscribe(self, filters: Sequence[str]) -> codec.SubAckPacket:
        """Subscribe and return the broker's answer, which may hold refusals."""
        return await self._ask(codec.subscribe(self.outgoing.next_id(), filters), codec.SubAckPacket)

    async def unsubscribe(self, filters: Sequence[str]) -> codec.UnsubAckPacket:
        """Unsubscribe and return the broker's answer, which may hold refusals."""
        return await self._ask(codec.unsubscribe(self.outgoing.next_id(), filters), codec.UnsubAckPacket)

    async def ping(self) -> None:
        """Return when the broker has answered: it has read what was sent before. Raises BrokerUnavailable."""
        self._pinging = True
        try:
            await self._ask(codec.PING, codec.PingRespPacket)
        finally:
            self._pinging = False

    @property
    def paused(self) -> bool:
        """Whether the broker is not listened to, because too much is held here."""
        return self._paused

    @property
    def backlog(self) -> int:
        """Messages received and not yet taken."""
        return len(self._messages)

    def take(self, most: int) -> Taken:
        """The oldest messages, `most` at the most."""
        messages, acknowledgements = self._messages, self._acknowledgements
        if len(messages) <= most:
            self._messages, self._acknowledgements = [], []
            return Taken(self, messages, acknowledgements)
        taken = Taken(self, messages[:most], acknowledgements[:most])
        del messages[:most], acknowledgements[:most]
        return taken

    def acknowledge(self, messages: Sequence[Message], acknowledgements: Sequence[bytes]) -> None:
        """Send the acknowledgements, in order, in one write."""
        if self.ended.done():
            return
        self._write(b"".join(acknowledgements))
        self._counters.acknowledged += len(acknowledgements)
        self._held -= len(messages)
        self._held_bytes -= sum([len(message.payload) for message in messages])
        if self._paused and not self._too_much() and self._transport is not None:
            self._paused, self._heard = False, True
            self._transport.resume_reading()

    def disconnect(self) -> None:
        """Say goodbye, send what is still to be sent, close. The session stays at the broker."""
        if self._transport is not None and not self._transport.is_closing():
            self._write(codec.DISCONNECT)
            self._transport.close()

    def drop(self, why: BrokerUnavailable) -> None:
        """End it now, for this reason."""
        self._end(why)
        if self._transport is not None:
            self._transport.abort()

    # What the transport tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hot path: no task, future or clock reading a message."""
        self._heard = True
        if self._rest:
            data = self._rest + data
        try:
            packets, used = codec.read_all(data)
        except BrokerUnavailable as error:
            self.drop(error)
            return
        self._rest = data[used:]
        now_ms = self._now_ms()
        messages, acknowledgements, held = self._messages, self._acknowledgements, 0
        before = len(messages)
        for packet in packets:
            if type(packet) is codec.PublishPacket:
                payload = packet.payload
                messages.append(Message(packet.topic, payload, now_ms, packet.retain))
                acknowledgements.append(codec.acknowledgement_of(packet))
                held += len(payload)
            else:
                self._control(packet)
        if len(messages) > before:
            self._counters.received += len(messages) - before
            self._hold(len(messages) - before, held)
            self._arrived()

    def pause_writing(self) -> None:
        self.outgoing.socket_full(True)

    def resume_writing(self) -> None:
        self.outgoing.socket_full(False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(BrokerUnavailable(f"the connection was lost: {exc}" if exc else "the broker closed the connection"))

    # Inside.

    def _control(self, packet: codec.Packet) -> None:
        match packet:
            case codec.PubAckPacket():
                self.outgoing.acknowledged(packet.packet_id, packet.reason_code)
            case codec.ConnAckPacket() | codec.SubAckPacket() | codec.UnsubAckPacket():
                if not self._answer.done():
                    self._answer.set_result(packet)
            case codec.PingRespPacket():  # of a keep-alive, that something was heard is all it says
                if self._pinging and not self._answer.done():
                    self._answer.set_result(packet)
            case codec.PubRelPacket():
                self._write(codec.complete(packet))
            case codec.DisconnectPacket():
                self.drop(BrokerUnavailable(f"the broker ended the session: {codec.words(packet.reason_code)}"))
            case _:
                self.drop(BrokerUnavailable(f"the broker sent an unexpected {type(packet).__name__}"))

    async def _ask(self, packet: bytes, answer: type[_T]) -> _T:
        """Send one packet and wait for its answer. Raises BrokerUnavailable when something else comes, or the end."""
        self._answer = asyncio.get_running_loop().create_future()
        self._write(packet)
        await asyncio.wait((self._answer, self.ended), return_when=asyncio.FIRST_COMPLETED)
        if not self._answer.done():
            raise self.ended.result()
        got = self._answer.result()
        if not isinstance(got, answer):
            raise BrokerUnavailable(f"the broker answered with {type(got).__name__} instead of {answer.__name__}")
        return got

    def _hold(self, messages: int, payload_bytes: int) -> None:
        self._held += messages
        self._held_bytes += payload_bytes
        if self._too_much() and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def _too_much(self) -> bool:
        return self._held > self._most_held or self._held_bytes > HELD_LIMIT_BYTES

    def _keep_alive(self, period_s: float) -> None:
        """Every half keep-alive: was anything heard since the last ping? Then ping again."""
        if not self._heard and not self._paused:
            self.drop(BrokerUnavailable(f"the broker has been silent for {period_s:.0f} s and more"))
            return
        self._heard = False
        self._write(codec.PING)
        self._schedule_keep_alive(period_s)

    def _schedule_keep_alive(self, period_s: float) -> None:
        self._keep_alive_timer = asyncio.get_running_loop().call_later(period_s, self._keep_alive, period_s)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, why: BrokerUnavailable) -> None:
        if self.ended.done():
            return
        self.ended.set_result(why)
        self.outgoing.end(why)
        if self._keep_alive_timer is not None:
            self._keep_alive_timer.cancel()
        self._messages, self._acknowledgements, self._rest = [], [], b""
        self._held = self._held_bytes = 0
