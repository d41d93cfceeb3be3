"""Ingest with a real broker while history stays away: messages go to the spool, and from there to history in order."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from adapters.broker.session import MqttSession
from adapters.history.duckdb import DuckDBHistory
from adapters.ledger import SqlLedger
from devices.registry import kinds
from domain.readings import Message, Reading
from ingest.spool import Spool
from ingest.spooling import DRAINED_TOGETHER, SPOOL_AFTER, Spooling
from tests.broker_fixtures import Broker, publisher, until
from tests.ingest.parts import TOPIC, MemoryHistory, ledger_in, new_clock, running, until_on

NOW_MS = int(time.time() * 1000)


def reading(number: int, floor: int | None = None, **more: object) -> bytes:
    """The reading of a second of its own."""
    values = {"floor": number % 50 if floor is None else floor, **more}
    return json.dumps({"ts": NOW_MS - 1_000_000 + 1000 * number, "values": values}).encode()


async def publish(out: MqttSession, payloads: Sequence[bytes]) -> None:
    await asyncio.gather(*(out.publish(TOPIC, payload) for payload in payloads))


@pytest.fixture
def ledger(tmp_path: Path) -> SqlLedger:
    return ledger_in(tmp_path / "ledger")


class OrderedHistory(MemoryHistory):
    """Remembers in which order it was written."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[int] = []

    def write(self, readings: Sequence[Reading]) -> None:
        super().write(readings)
        self.order += [int(reading.at_ms - NOW_MS + 1_000_000) // 1000 for reading in readings]


class HeldHistory(OrderedHistory):
    """Holds a write back, once it is not down, until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.released = threading.Event(), threading.Event()

    def write(self, readings: Sequence[Reading]) -> None:
        self.check()
        self.entered.set()
        assert self.released.wait(30)
        super().write(readings)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "spool"
    Spool(tmp_path / "spool", 1).close()  # whatever a test did: nobody holds it any more


async def test_after_a_minute_messages_go_to_the_spool_and_are_acknowledged_and_drain_in_order(
    mosquitto: Broker, ledger: SqlLedger, folder: Path
) -> None:
    history, clock = OrderedHistory(), new_clock()
    history.down = True
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 64)) as (loop, inbox),
        publisher(mosquitto) as out,
    ):
        began = clock.now()
        await publish(out, [reading(number) for number in range(50)])
        await until_on(clock, lambda: inbox.counters.acknowledged == 50)
        assert clock.now() - began >= SPOOL_AFTER
        for number in range(50, 60):
            await out.publish(TOPIC, reading(number))
        await publish(out, [b"bad"])
        await until(lambda: inbox.counters.acknowledged == 61)  # the clock stands: these wait for nothing
        assert history.stored == {}
        status = loop.status()
        assert not status.ready
        assert "history is away" in status.detail
        assert "spool holds 0.0 of 64 MiB, full in about" in status.detail
        history.down = False
        await until_on(clock, lambda: loop.status() == (True, ""))
        await out.publish(TOPIC, reading(60))
        await until(lambda: inbox.counters.acknowledged == 62)
    assert history.order == list(range(61))
    assert os.listdir(folder) == ["lock"]
    with ledger.read() as rows:
        assert rows.quarantine.total() == 1


async def test_what_comes_while_the_spool_drains_goes_behind_it_so_the_first_value_stays(
    mosquitto: Broker, ledger: SqlLedger, folder: Path
) -> None:
    history, clock = HeldHistory(), new_clock()
    history.down = True
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 64)) as (loop, inbox),
        publisher(mosquitto) as out,
    ):
        await out.publish(TOPIC, reading(1, floor=7))
        await until_on(clock, lambda: inbox.counters.acknowledged == 1)
        history.down = False
        await until_on(clock, history.entered.is_set)
        await out.publish(TOPIC, reading(1, floor=8, load_pct=3))
        await until(lambda: inbox.counters.acknowledged == 2)  # on the disk, while history still works on the first
        assert history.stored == {}
        history.released.set()
        await until_on(clock, lambda: len(history.order) == 2)
        await until_on(clock, lambda: loop.status().detail == "")
    assert [stored.values for stored in history.stored.values()] == [{"floor": 7, "load_pct": 3}]


async def test_a_process_that_ends_with_a_spool_is_followed_by_one_that_drains_it(
    mosquitto: Broker, ledger: SqlLedger, folder: Path
) -> None:
    history, clock = OrderedHistory(), new_clock()
    history.down = True
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 64)) as (_, inbox),
        publisher(mosquitto) as out,
    ):
        await publish(out, [reading(number) for number in range(20)])
        await until_on(clock, lambda: inbox.counters.acknowledged == 20)
    assert history.stored == {}
    history.down = False
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 64)) as (loop, inbox),
        publisher(mosquitto) as out,
    ):
        await out.publish(TOPIC, reading(20))
        await until_on(clock, lambda: inbox.counters.acknowledged == 1 and loop.status() == (True, ""))
    assert history.order == list(range(21))


async def test_a_full_spool_leaves_the_rest_at_the_broker_and_nothing_is_lost(
    mosquitto: Broker, ledger: SqlLedger, folder: Path
) -> None:
    history, clock, random = MemoryHistory(), new_clock(), Random(3)
    history.down = True
    payloads = [reading(number, noise=random.randbytes(500).hex()) for number in range(3000)]
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 1)) as (loop, inbox),
        publisher(mosquitto) as out,
    ):
        await publish(out, payloads)
        await until_on(clock, lambda: "1 MiB that it may" in loop.status().detail)
        assert 0 < inbox.counters.acknowledged < 3000
        history.down = False
        await until_on(clock, lambda: inbox.counters.acknowledged == 3000 and loop.status() == (True, ""))
    assert len(history.stored) == 3000


async def test_the_embedded_history_gone_for_minutes_gets_everything_once(
    mosquitto: Broker, ledger: SqlLedger, folder: Path, tmp_path: Path
) -> None:
    history, clock = DuckDBHistory(tmp_path / "history", kinds()), new_clock()
    async with (
        running(mosquitto, history, ledger, clock, spool=Spool(folder, 64)) as (loop, inbox),
        publisher(mosquitto) as out,
    ):
        await publish(out, [reading(number) for number in range(100)])
        await until(lambda: inbox.counters.acknowledged == 100)
        (tmp_path / "history").rename(tmp_path / "away")
        await publish(out, [reading(number) for number in range(50, 400)])
        await until_on(clock, lambda: inbox.counters.acknowledged == 450)
        assert "is gone" in loop.status().detail
        (tmp_path / "away").rename(tmp_path / "history")
        await until_on(clock, lambda: loop.status() == (True, ""))
    start, end = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    found = [point.value for point in history.raw("main", "E-01", "floor", start, end, 10_000)]
    assert found == [number % 50 for number in range(400)]
    history.close()


@pytest.mark.parametrize(
    ("frames", "in_each", "payload_bytes", "given_out"),
    [
        pytest.param(102, 40, 20, [DRAINED_TOGETHER, DRAINED_TOGETHER, 80], id="as many as a turn takes"),
        pytest.param(50, 1, 50_000, [21, 21, 8], id="no more than a large frame holds"),
    ],
)
async def test_what_trickled_in_is_given_out_in_bulk(
    folder: Path, frames: int, in_each: int, payload_bytes: int, given_out: list[int]
) -> None:
    spool = Spool(folder, 64)
    sent = [Message(TOPIC, b"%d" % number + b"x" * payload_bytes, number) for number in range(frames * in_each)]
    for begin in range(0, len(sent), in_each):
        spool.append(sent[begin : begin + in_each])
    spooling = Spooling(spool, new_clock())
    waiting = spooling.waiting()
    parts = [await anext(waiting) for _ in given_out]
    assert [len(part) for part in parts] == given_out
    assert [message for part in parts for message in part] == sent
    await waiting.aclose()
    await spooling.close()
