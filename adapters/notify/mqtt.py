"""MQTT: a notice as a CloudEvent on `wk-notices/v1/{site}/{channel}`, for panels and gateways that listen there.

Promises: QoS 1, sent when the broker has acknowledged it. Leaves to others: the session, and who may listen.
"""

from __future__ import annotations

import msgspec

from adapters.notify.webhook import cloud_event
from domain.errors import BrokerUnavailable, Invalid, NotifierUnavailable, Undeliverable
from domain.ports.broker import Publisher
from domain.ports.notifier import Letter

PREFIX = "wk-notices/v1/"


class Mqtt:
    """The channel, over a session that is somebody else's."""

    def __init__(self, name: str, publisher: Publisher) -> None:
        self._name, self._publisher = name, publisher

    async def send(self, letter: Letter) -> None:
        """Publish it. Raises NotifierUnavailable while the broker is away."""
        topic = f"{PREFIX}{letter.notice.site}/{self._name}"
        try:
            await self._publisher.publish(topic, msgspec.json.encode(cloud_event(letter)))
        except BrokerUnavailable as error:
            raise NotifierUnavailable(str(error)) from error
        except Invalid as error:
            raise Undeliverable(str(error)) from error

    def close(self) -> None:
        """The session is closed by whoever opened it."""
