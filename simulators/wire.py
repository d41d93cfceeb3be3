"""The wire: simulated devices' MQTT connections.

Promises: messages go out as the contract says (QoS 1, `ts` in epoch milliseconds, retained `status` with a last will),
one connection a credential, reconnecting by itself. What cannot be sent while a connection is down is lost, as with a
device that has no buffer. Leaves to others: what to send (`simulators.fleet`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

import aiomqtt
import msgspec
import structlog

from domain.instants import to_ms
from domain.readings import Channel, Value
from simulators.fleet import Sent

log = structlog.get_logger()

_RECONNECT_SECONDS = 1.0
_QOS = 1

Incoming = Callable[[str, bytes], Awaitable[None]]


class Login(msgspec.Struct, frozen=True):
    """How one connection signs in. `status_topic` gets a retained `online`, and `offline` as the last will."""

    client_id: str
    username: str | None = None
    password: str | None = None
    status_topic: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where the broker is."""

    host: str
    port: int


class Link:
    """One MQTT connection that comes back by itself. `incoming` is called for messages of `filters`."""

    def __init__(
        self, place: Place, login: Login, *, filters: tuple[str, ...] = (), incoming: Incoming | None = None
    ) -> None:
        self._place, self._login = place, login
        self._filters, self._incoming = filters, incoming
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._up = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._keep(), name=f"link {self._login.client_id}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None and self._login.status_topic is not None:
            await self.publish(self._login.status_topic, b"offline", retain=True)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ready(self) -> None:
        """Wait until the connection is up."""
        await self._up.wait()

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send at QoS 1; whether the broker acknowledged it."""
        client = self._client
        if client is None:
            return False
        try:
            await client.publish(topic, payload, qos=_QOS, retain=retain, timeout=10)
        except aiomqtt.MqttError as error:
            log.warning("message not sent", topic=topic, error=str(error))
            return False
        return True

    async def _keep(self) -> None:
        while True:
            try:
                await self._serve()
            except aiomqtt.MqttError as error:
                log.warning("simulated connection lost", client=self._login.client_id, error=str(error))
            finally:
                self._client = None
                self._up.clear()
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _serve(self) -> None:
        status = self._login.status_topic
        will = aiomqtt.Will(status, b"offline", qos=_QOS, retain=True) if status else None
        async with aiomqtt.Client(
            self._place.host,
            self._place.port,
            username=self._login.username,
            password=self._login.password,
            identifier=self._login.client_id,
            will=will,
            keepalive=30,
        ) as client:
            for pattern in self._filters:
                await client.subscribe(pattern, qos=_QOS)
            self._client = client
            if status is not None:
                await self.publish(status, b"online", retain=True)
            self._up.set()
            async for message in client.messages:
                if self._incoming is not None and isinstance(message.payload, bytes):
                    await self._incoming(str(message.topic), message.payload)


class Wire:
    """All connections of a fleet. A device behind a gateway speaks through it, any other through `direct`."""

    def __init__(self, direct: Link, gateways: Mapping[str, Link]) -> None:
        self._direct, self._gateways = direct, gateways
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for link in (self._direct, *self._gateways.values()):
            await self._open.enter_async_context(link)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def send(self, sent: Sent) -> bool:
        """Send one report over its device's connection; whether it was acknowledged."""
        device = sent.device
        link = self._gateways.get(device.gateway or device.id, self._direct)
        topic = topic_of(device.site, device.kind, device.id, sent.report.channel)
        return await link.publish(topic, payload_of(sent))


def topic_of(site: str, kind: str, device: str, channel: Channel) -> str:
    """The contract's topic."""
    return f"wk/v1/{site}/{kind}/{device}/{channel}"


def payload_of(sent: Sent) -> bytes:
    """The contract's JSON object."""
    body: dict[str, int | dict[str, Value]] = {"ts": to_ms(sent.at), "values": sent.report.values}
    return msgspec.json.encode(body)
