"""Ingest with a real broker: stored once, acknowledged after that, and what happens while something is away."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.broker.session import MqttSession
from adapters.history.duckdb import DuckDBHistory
from adapters.ledger import SqlLedger
from devices.registry import kinds
from domain.errors import HistoryUnavailable
from domain.readings import Message, Reading, RejectReason
from ingest.quarantine import MOST_HELD_UP, PATIENCE
from ingest.storing import MOST_REFUSED, store
from ingest.turn import TurnReader
from tests.broker_fixtures import Broker, cut, publisher, session, until
from tests.ingest.parts import REFUSED_FLOOR, TOPIC, MemoryHistory, ledger_in, new_clock, running, until_on

NOW_MS = int(time.time() * 1000)


def reading(number: int, floor: int | None = None) -> bytes:
    """A good one, `number` ms before now."""
    return json.dumps({"ts": NOW_MS - number, "values": {"floor": number % 50 if floor is None else floor}}).encode()


BAD = {
    RejectReason.NOT_JSON: [b"", b"floor 3", b'{"values": {"load_pct": NaN}}', b'{"values": {"load_pct": 1e}}'],
    RejectReason.NOT_UTF8: [b'{"values": {"mode": "\xff\xfe"}}'],
    RejectReason.TOO_DEEP: [b"[" * 5000 + b"]" * 5000],
    RejectReason.DUPLICATE_KEY: [b'{"values": {"floor": 3, "floor": 4}}'],
    RejectReason.WRONG_SHAPE: [b'{"floor": 3}', b"3", b"[]", b'{"values": [1]}'],
    RejectReason.BAD_TIME: [b'{"ts": "yesterday", "values": {"floor": 3}}'],
    RejectReason.TOO_LARGE: [b" " * 1_048_576],
    RejectReason.WRONG_TYPE: [b'{"values": {"passenger": "yes"}}'],
    RejectReason.OUT_OF_RANGE: [b'{"values": {"load_pct": 100000}}'],
}


async def publish_all(out: MqttSession, messages: list[tuple[str, bytes]]) -> None:
    await asyncio.gather(*(out.publish(topic, payload) for topic, payload in messages))


async def test_of_a_mixed_flood_every_good_value_is_stored_once_and_every_bad_message_quarantined(
    mosquitto: Broker, tmp_path: Path
) -> None:
    good = [(TOPIC, reading(number)) for number in range(2000)]
    beside_bad = [
        (TOPIC, json.dumps({"ts": NOW_MS - 5000 - number, "values": {"floor": 7, "load_pct": "heavy"}}).encode())
        for number in range(20)
    ]
    bad = [(TOPIC, payload) for payloads in BAD.values() for payload in payloads for _ in range(15)]
    bad += [("wk/v1/main/elevator/E-01/gossip", reading(1)), ("wk/v1/main", b"{}"), ("wk/v1/main/ufo/U-1/event", b"{}")]
    mixed = good + beside_bad + bad
    mixed = [mixed[(place * 7919) % len(mixed)] for place in range(len(mixed))]  # 7919 is prime: each comes once
    history, ledger = DuckDBHistory(tmp_path / "history", kinds()), ledger_in(tmp_path / "ledger")
    clock = new_clock()
    async with running(mosquitto, history, ledger, clock) as (loop, inbox), publisher(mosquitto) as out:
        await publish_all(out, mixed)
        await publish_all(out, good[:300])  # the same readings again
        await until(lambda: inbox.counters.acknowledged == len(mixed) + 300, seconds=60)
        assert loop.status() == (True, "")
    start, end = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
    floors = [point.value for point in history.raw("main", "E-01", "floor", start, end, 10_000)]
    assert Counter(floors) == Counter([number % 50 for number in range(2000)] + [7] * 20)
    with ledger.read() as rows:
        entries = rows.quarantine.page(after=None, most=500).items
        total = rows.quarantine.total()
    counts: Counter[str] = Counter()
    for entry in entries:
        counts[entry.reason] += entry.count
    expected = Counter({reason.value: 15 * len(payloads) for reason, payloads in BAD.items()})
    expected.update({"bad_topic": 2, "unknown_kind": 1, "wrong_type": 20})
    assert counts == expected
    assert total == sum(expected.values())
    history.close()
    ledger.close()


@pytest.fixture
def ledger(tmp_path: Path) -> SqlLedger:
    return ledger_in(tmp_path / "ledger")


async def test_while_history_is_away_nothing_is_acknowledged_and_nothing_is_lost(
    mosquitto: Broker, ledger: SqlLedger
) -> None:
    history, clock = MemoryHistory(), new_clock()
    history.down = True
    with capture_logs() as logs:
        async with running(mosquitto, history, ledger, clock) as (loop, inbox), publisher(mosquitto) as out:
            await publish_all(out, [(TOPIC, reading(number)) for number in range(100)])
            await until_on(clock, lambda: history.tries >= 3)
            assert inbox.counters.acknowledged == 0
            status = loop.status()
            assert not status.ready
            assert "history is away" in status.detail
            assert "the disk is gone" in status.detail
            history.down = False
            await until_on(clock, lambda: inbox.counters.acknowledged == 100)
            assert loop.status().ready
    assert sorted(history.floors()) == sorted(number % 50 for number in range(100))
    assert [entry["event"] for entry in logs if entry["event"].startswith("history")] == [
        "history away",
        "history back",
    ]


async def test_a_crash_between_storing_and_acknowledging_stores_nothing_twice(
    mosquitto: Broker, ledger: SqlLedger
) -> None:
    history = MemoryHistory()
    async with running(mosquitto, history, ledger, new_clock()) as (_, inbox), publisher(mosquitto) as out:
        history.gate.clear()
        await out.publish(TOPIC, reading(1))
        await until(lambda: history.tries == 1)
        await cut(mosquitto, inbox)
        history.gate.set()
        await until(lambda: inbox.counters.acknowledged == 1)
        assert history.tries == 2
        assert len(history.stored) == 1


async def test_a_stop_stores_and_acknowledges_what_was_taken(mosquitto: Broker, ledger: SqlLedger) -> None:
    history = MemoryHistory()
    async with running(mosquitto, history, ledger, new_clock()) as (_, inbox), publisher(mosquitto) as out:
        history.gate.clear()
        await out.publish(TOPIC, reading(1))
        await until(lambda: history.tries == 1)
        asyncio.get_running_loop().call_later(0.1, history.gate.set)
    assert inbox.counters.acknowledged == 1
    async with session(mosquitto) as later, publisher(mosquitto) as out:
        await out.publish(TOPIC, b"next")
        assert [message.payload for message in (await later.take(10)).messages] == [b"next"]


async def test_one_reading_that_history_refuses_is_quarantined_and_the_others_are_stored(
    mosquitto: Broker, ledger: SqlLedger
) -> None:
    history = MemoryHistory()
    async with running(mosquitto, history, ledger, new_clock()) as (loop, inbox), publisher(mosquitto) as out:
        history.gate.clear()
        await publish_all(out, [(TOPIC, reading(number, 5 if number != 30 else REFUSED_FLOOR)) for number in range(60)])
        history.gate.set()
        await until(lambda: inbox.counters.acknowledged == 60)
        assert loop.status().ready
    assert history.floors() == [5] * 59
    with ledger.read() as rows:
        [entry] = rows.quarantine.page(after=None, most=10).items
    assert (entry.reason, entry.topic, json.loads(entry.head)["values"]) == (
        "not_storable",
        TOPIC,
        {"floor": REFUSED_FLOOR},
    )


def refused_by_history(count: int) -> list[Reading]:
    messages = [Message(TOPIC, reading(number, REFUSED_FLOOR), NOW_MS) for number in range(count)]
    return TurnReader(kinds()).read(messages).readings


def test_a_history_that_refuses_very_much_is_taken_for_away_and_nothing_is_given_up() -> None:
    assert len(store(MemoryHistory(), refused_by_history(MOST_REFUSED))) == MOST_REFUSED
    with pytest.raises(HistoryUnavailable, match="refused more than"):
        store(MemoryHistory(), refused_by_history(MOST_REFUSED + 1))


def test_a_reading_is_not_given_up_while_history_says_that_it_is_not_well() -> None:
    class Confused(MemoryHistory):
        """Fails in a way of its own, and knows that it is not well."""

        def write(self, readings: Sequence[Reading]) -> None:
            raise RuntimeError("unheard of")

        def check(self) -> None:
            raise HistoryUnavailable("not well")

    with pytest.raises(HistoryUnavailable, match="not well"):
        store(Confused(), refused_by_history(1))


async def test_a_ledger_that_stays_away_holds_up_bad_messages_for_a_while_and_good_ones_never(
    mosquitto: Broker, ledger: SqlLedger, tmp_path: Path
) -> None:
    history, clock = MemoryHistory(), new_clock()
    blocker = sqlite3.connect(tmp_path / "ledger" / "ledger.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    async with running(mosquitto, history, ledger, clock) as (loop, inbox), publisher(mosquitto) as out:
        await out.publish(TOPIC, b"bad 1")
        await until(lambda: "quarantine is away" in loop.status().detail)
        await out.publish(TOPIC, reading(1))
        await until(lambda: len(history.stored) == 1)
        assert inbox.counters.acknowledged == 0  # in order: the bad one is not safe yet
        before = clock.now()
        await until_on(clock, lambda: inbox.counters.acknowledged == 2)
        assert clock.now() - before >= PATIENCE
        await publish_all(out, [(TOPIC, b"bad 2"), (TOPIC, reading(2))])
        await until(lambda: inbox.counters.acknowledged == 4)
        assert len(history.stored) == 2
        blocker.execute("ROLLBACK")
        await until_on(clock, lambda: loop.status().ready and _total(ledger) == 2)
    blocker.close()


async def test_a_flood_of_bad_messages_does_not_hold_up_good_ones_while_the_ledger_is_slow(
    mosquitto: Broker, ledger: SqlLedger, tmp_path: Path
) -> None:
    history, clock = MemoryHistory(), new_clock()
    blocker = sqlite3.connect(tmp_path / "ledger" / "ledger.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    bad = [(TOPIC, b"bad %d" % number) for number in range(MOST_HELD_UP + 300)]
    async with (
        running(mosquitto, history, ledger, clock, receive_maximum=5000) as (_, inbox),
        publisher(mosquitto) as out,
    ):
        await publish_all(out, [*bad, (TOPIC, reading(1))])
        await until(lambda: inbox.counters.acknowledged == len(bad) + 1)  # the clock stands: no patience was lost
        assert len(history.stored) == 1
        blocker.execute("ROLLBACK")
        await until_on(clock, lambda: _total(ledger) == len(bad))
    blocker.close()


def _total(ledger: SqlLedger) -> int:
    with ledger.read() as rows:
        return rows.quarantine.total()
