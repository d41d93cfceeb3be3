"""The broker port: a persistent subscription with acknowledgement after delivery, and publishing.

Promises made by an adapter: messages arrive in the broker's order; none is acknowledged to the broker before
`settle` is called for it; after a reconnect unacknowledged ones come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.readings import Message


class Batch(Protocol):
    """Messages taken together, and the means to acknowledge them all."""

    @property
    def messages(self) -> Sequence[Message]:
        """The messages, in the broker's order."""
        ...

    def settle(self) -> None:
        """Acknowledge all of them to the broker, in order. Call it only after they are durable.

        A no-op for messages of a connection that is gone: the broker sends those again.
        """
        ...


class Inbox(Protocol):
    """One persistent MQTT session with its subscriptions."""

    async def take(self, most: int) -> Batch:
        """Wait for at least one message; return all that have arrived, `most` at the most. Never waits for more."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the session is up now."""
        ...

    @property
    def connected_since_ms(self) -> int | None:
        """When the present connection came up, epoch milliseconds; None while there is none."""
        ...

    @property
    def backlog(self) -> int:
        """Messages received and not yet taken."""
        ...


class Publisher(Protocol):
    """Publishing at QoS 1."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Return after the broker's acknowledgement. Raises BrokerUnavailable while there is no connection."""
        ...
