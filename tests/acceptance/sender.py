"""A device that remembers which of its messages the broker acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as paho

Message = tuple[str, bytes]


class Sender:
    """One MQTT 3.1.1 connection at QoS 1 that keeps what it sent and what was acknowledged."""

    def __init__(self, port: int, username: str, password: str, client_id: str) -> None:
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, protocol=paho.MQTTv311
        )
        self._client.username_pw_set(username, password)
        self._client.max_inflight_messages_set(500)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_publish = self._published
        self._client.on_connect = self._connected
        self._up = threading.Event()
        self._waiting: dict[int, Message] = {}
        self._early: set[int] = set()
        self._lock = threading.Condition()
        self._client.connect("127.0.0.1", port, keepalive=30)
        self.acknowledged: list[Message] = []
        self.acknowledged_at: list[float] = []
        """When each of them was, in seconds of the epoch: not before the broker had it."""

    def _connected(self, *_: Any) -> None:
        self._up.set()

    def _published(self, _client: Any, _userdata: Any, mid: int, *_: Any) -> None:
        with self._lock:
            message = self._waiting.pop(mid, None)
            if message is None:
                self._early.add(mid)  # the broker was quicker than `send`
            else:
                self._note(message)
            self._lock.notify_all()

    def _note(self, message: Message) -> None:
        self.acknowledged.append(message)
        self.acknowledged_at.append(time.time())

    def send(self, messages: Iterable[Message]) -> None:
        """Hand all to the connection; they leave in this order."""
        for topic, payload in messages:
            # not under our lock: the client calls `_published` while it holds its own
            mid = self._client.publish(topic, payload, qos=1).mid
            with self._lock:
                if mid in self._early:
                    self._early.remove(mid)
                    self._note((topic, payload))
                else:
                    self._waiting[mid] = (topic, payload)

    @property
    def outstanding(self) -> int:
        """How many were handed over and are not acknowledged. Packets are numbered by 16 bits: more are not sent."""
        return len(self._waiting)

    def settled(self, within: float = 30.0) -> bool:
        """Wait until everything handed over was acknowledged; whether that happened in time."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._waiting, timeout=within)

    @contextmanager
    def connected(self) -> Iterator[Sender]:
        self._client.loop_start()
        assert self._up.wait(10), "the broker did not let the sender in"
        try:
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()
