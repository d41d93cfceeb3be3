"""Clients that mean no good, over our own session and over a bare socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

from adapters.broker.address import BrokerAddress
from adapters.broker.session import MqttSession
from domain.errors import BrokerUnavailable
from tests.broker_fixtures import until

MOST_BYTES = 256 * 1024 * 1024 - 1
"""The longest packet that MQTT can announce."""

PUBLISH_HEADER = b"\x32\xff\xff\xff\x7f" + b"\x00\x04wk/v" + b"\x00\x01"
CONNECT_HEADER = b"\x10\xff\xff\xff\x7f" + b"\x00\x04MQTT\x04\xc2\x00\x3c"


@asynccontextmanager
async def client(address: BrokerAddress, *filters: str) -> AsyncIterator[MqttSession]:
    """Signed in and subscribed. Raises BrokerUnavailable when it was not let in."""
    made = MqttSession(address, client_id=f"somebody-{token_hex(4)}", filters=filters, clean_start=True)
    async with made:
        await until(lambda: made.connected or made.last_error is not None)
        if not made.connected:
            raise BrokerUnavailable(made.last_error)
        yield made


async def answer_to(client: MqttSession, topic: str, payload: bytes = b"forged") -> str:
    """What the broker says to a message: nothing when it took it."""
    try:
        await client.publish(topic, payload)
    except BrokerUnavailable as error:
        return str(error)
    return ""


async def payloads(client: MqttSession, count: int) -> list[bytes]:
    """The next messages, acknowledged."""
    found: list[bytes] = []
    while len(found) < count:
        batch = await client.take(100)
        batch.settle()
        found += [message.payload for message in batch.messages]
    return found


def sign_in_packet(username: str, password: str) -> bytes:
    """CONNECT of MQTT 3.1.1 with a clean session."""
    fields = b"".join(len(text).to_bytes(2, "big") + text.encode() for text in ("giant", username, password))
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields
    return b"\x10" + bytes([len(body)]) + body


def send_giant(port: int, beginning: bytes, header: bytes) -> int:
    """Announce a packet of 256 MiB and send on until the broker hangs up; how many bytes left this process."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        if beginning:
            wire.sendall(beginning)
            assert wire.recv(4) == b"\x20\x02\x00\x00", "the giant was not let in"
        part = bytes(65536)
        try:
            wire.sendall(header)
            while sent < MOST_BYTES:
                sent += wire.send(part)
        except OSError:
            pass
    return sent
