"""A steady flow of readings, with what must be in history afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from tests.acceptance.machine import Reach, eventually
from tests.acceptance.property import exported
from tests.acceptance.sender import Message, Sender
from tests.faults.beside import beside

LIFTS = ("E-01", "E-02", "E-03", "E-04", "E-05", "E-06")
_PORTION_MS = 60
_MOST_OUTSTANDING = 20_000
"""Ten seconds of the flow, longer than the broker is away. On a machine that is slower than that the flow is, too."""
_LOADS = 101
"""Values go round: the prime tells a reading from its neighbours, whatever goes missing between them."""


class Loss(NamedTuple):
    """Messages that the broker acknowledged and that are not in history: when each was acknowledged, epoch seconds."""

    acknowledged_at: list[float]

    def before(self, instant: float) -> int:
        """How many of them were acknowledged before an instant."""
        return sum(at < instant for at in self.acknowledged_at)


class Flow:
    """Telemetry of some elevators in turn, `rate` messages a second, sent from a thread of its own.

    Every reading has an instant of its own on its elevator, its `ts`: by that it is known again.
    """

    def __init__(self, sender: Sender, rate: int) -> None:
        self._sender = sender
        self._portion = rate * _PORTION_MS // 1000 // len(LIFTS) * len(LIFTS)
        assert 0 < self._portion <= _PORTION_MS * len(LIFTS), "two readings of a lift would share a millisecond"
        self.start = datetime.now(UTC).replace(microsecond=0)
        self._begun_ms: list[int] = []  # of each portion, when its first message was sent
        self._enough = threading.Event()

    @property
    def sent(self) -> int:
        """How many messages so far."""
        return len(self._begun_ms) * self._portion

    @contextmanager
    def running(self) -> Iterator[Flow]:
        """The flow beside the test; at the end of the block it stops and everything was acknowledged."""
        with beside(self._send, self._enough, name="flow"):
            yield self
        assert self._sender.settled(120), "the broker did not acknowledge everything"

    def _send(self) -> None:
        due = time.monotonic()
        while not self._enough.wait(max(0.0, due - time.monotonic())):
            due = max(due + _PORTION_MS / 1000, time.monotonic())
            if self._sender.outstanding < _MOST_OUTSTANDING:
                number = len(self._begun_ms)
                now_ms = int(time.time() * 1000)
                self._begun_ms.append(max(now_ms, self._begun_ms[-1] + _PORTION_MS) if number else now_ms)
                self._sender.send(self._messages(number))

    def _messages(self, portion: int) -> Iterator[Message]:
        for number in range(portion * self._portion, (portion + 1) * self._portion):
            of_lift, lift = divmod(number, len(LIFTS))
            values = {"floor": of_lift // 50 % 22, "load_pct": of_lift % _LOADS, "door": "closed", "motor_temp_c": 41.5}
            body = {"ts": self._ts_ms(of_lift), "seq": of_lift, "values": values}
            yield _topic(LIFTS[lift]), json.dumps(body).encode()

    def _ts_ms(self, of_lift: int) -> int:
        portion, place = divmod(of_lift * len(LIFTS), self._portion)
        return self._begun_ms[portion] + place * _PORTION_MS // self._portion

    def reached(self, machine: Reach, instant: datetime) -> bool:
        """Whether readings of `instant` or later are in history, of every elevator."""
        query = {"metric": "load_pct", "start": instant.isoformat(), "points": "1"}
        query["end"] = (instant + timedelta(hours=1)).isoformat()
        answers = [machine.api("GET", f"/api/v1/history/demo/{lift}", params=query) for lift in LIFTS]
        return all(answer.is_success and answer.json()["items"] for answer in answers)

    def missing(self, machine: Reach) -> Loss:
        """What is not in history although it was acknowledged. Asserts that everything else is there once, as sent.

        Waits for the newest reading of each elevator: whatever is missing then does not come any more.
        """
        acknowledged = {
            (topic, json.loads(payload)["ts"]): at
            for (topic, payload), at in zip(self._sender.acknowledged, self._sender.acknowledged_at, strict=True)
            if topic in map(_topic, LIFTS)
        }
        missing: list[float] = []
        for number, lift in enumerate(LIFTS):
            count = len(range(number, self.sent, len(LIFTS)))
            expected = {self._ts_ms(of_lift): of_lift % _LOADS for of_lift in range(count)}
            newest = datetime.fromtimestamp(self._ts_ms(count - 1) / 1000, UTC)
            eventually(partial(exported, machine, lift, newest, newest), within=180)
            rows = exported(machine, lift, self.start, newest)
            stored = [(_ms(row["at"]), float(row["load_pct"])) for row in rows]
            found = dict(stored)
            assert len(found) == len(stored), f"{lift} has readings twice"
            assert all(expected.get(ts_ms) == load for ts_ms, load in stored), f"{lift} has readings that nobody sent"
            topic = _topic(lift)
            missing += [acknowledged[topic, ts_ms] for ts_ms in expected if ts_ms not in found]
        return Loss(missing)


def _topic(lift: str) -> str:
    return f"wk/v1/demo/elevator/{lift}/telemetry"


def _ms(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)
