"""The loop between a real broker and a real ledger: what is acknowledged, and when."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
from structlog.testing import capture_logs

from adapters.broker.credentials import Grant
from adapters.broker.session import MqttSession
from adapters.clock import SystemClock
from adapters.ledger import SqlLedger, ledger_key, open_ledger
from alerting.desk import Desk
from alerting.loop import AlertingLoop
from alerting.publish import EventPublisher
from devices.registry import kinds
from domain.alarms import Alarm
from domain.events import EventType
from domain.instants import to_ms
from domain.people import Actor, ActorType
from domain.ports.ledger import AlarmFilter, Ledger
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import CALL, IMPORT, LIFT, SITE
from tests.broker_fixtures import GRANTS, Broker, publisher, session, until

CLOCK = SystemClock()
PRESS = "wk/v1/main/elevator/E-03/event"
EVENTS = Grant(username="wk-alerting", publish=("wk-events/v1/#",), subscribe=("wk-events/v1/#",))


def pressed(seconds_ago: float = 0) -> bytes:
    """A press of the alarm button."""
    ts = to_ms(CLOCK.now() - timedelta(seconds=seconds_ago))
    return b'{"ts": %d, "values": {"alarm_button": true}}' % ts


def registered(ledger: SqlLedger) -> SqlLedger:
    """The ledger with one elevator in it."""
    with ledger.write(at=CLOCK.now(), actor=IMPORT) as tx:
        Desk(TEMPLATES).register(tx, sites=[SITE], devices=[LIFT], actor=IMPORT)
    return ledger


def alarms(ledger: Ledger) -> list[Alarm]:
    with ledger.read() as rows:
        return list(rows.alarms.page(AlarmFilter(open=None), after=None, most=10).items)


@contextlib.asynccontextmanager
async def alerting(inbox: MqttSession, ledger: Ledger) -> AsyncIterator[AlertingLoop]:
    """The loop at work; stopped at the end."""
    loop = AlertingLoop(inbox, ledger, Desk(TEMPLATES), kinds(), [CALL], CLOCK)
    running = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_press_becomes_an_alarm_and_is_acknowledged(mosquitto: Broker, ledger: SqlLedger) -> None:
    registered(ledger)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out, alerting(inbox, ledger):
        await out.publish(PRESS, pressed())
        await until(lambda: len(alarms(ledger)) == 1)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        await out.publish(PRESS, b"the next one")
        batch = await inbox.take(10)
        assert [message.payload for message in batch.messages] == [b"the next one"]


async def test_a_flood_of_many_turns_is_acknowledged_whole(mosquitto: Broker, ledger: SqlLedger) -> None:
    registered(ledger)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        for number in range(250):
            await out.publish(PRESS, pressed(seconds_ago=(250 - number) / 1000))
        await until(lambda: inbox.backlog == 250)
        async with alerting(inbox, ledger):
            await until(lambda: bool(alarms(ledger)) and alarms(ledger)[0].occurrences == 250)
            await until(lambda: inbox.backlog == 0)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        await out.publish(PRESS, b"the next one")
        batch = await inbox.take(10)
        assert [message.payload for message in batch.messages] == [b"the next one"]


async def test_what_was_not_judged_when_we_stopped_comes_again_and_is_judged_once(
    mosquitto: Broker, ledger: SqlLedger
) -> None:
    registered(ledger)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        await out.publish(PRESS, pressed())
        await inbox.take(10)  # taken, and never acknowledged
    async with session(mosquitto) as inbox, alerting(inbox, ledger):
        await until(lambda: len(alarms(ledger)) == 1)
    assert alarms(ledger)[0].occurrences == 1


async def test_while_the_ledger_is_away_nothing_is_acknowledged_and_it_is_said_once(
    mosquitto: Broker, tmp_path: Path
) -> None:
    path = tmp_path / "busy.db"
    ledger = registered(
        open_ledger(
            f"sqlite:///{path}",
            key=ledger_key(tmp_path),
            anchors=tmp_path / "busy-anchors",
            lock_wait=timedelta(milliseconds=20),
        )
    )
    somebody_else = sqlite3.connect(path, isolation_level=None)
    with capture_logs() as logs:
        async with session(mosquitto) as inbox, publisher(mosquitto) as out, alerting(inbox, ledger) as loop:
            await until(lambda: bool(beats(ledger)))
            somebody_else.execute("BEGIN IMMEDIATE")
            await out.publish(PRESS, pressed())
            await until(lambda: loop.ledger_down_since is not None)
            assert alarms(ledger) == []
            somebody_else.execute("ROLLBACK")
            await until(lambda: len(alarms(ledger)) == 1)
            await until(lambda: loop.ledger_down_since is None)
    assert len([entry for entry in logs if entry["log_level"] == "error"]) == 1
    assert alarms(ledger)[0].occurrences == 1
    somebody_else.close()
    ledger.close()


def beats(ledger: Ledger) -> list[dict[str, object]]:
    """What the heartbeats say."""
    with ledger.read() as rows:
        return [beat.detail for beat in rows.heartbeats.all()]


async def test_losing_the_broker_is_in_the_heartbeat_and_logged_once(mosquitto: Broker, ledger: SqlLedger) -> None:
    registered(ledger)
    with capture_logs() as logs:
        async with session(mosquitto) as inbox, alerting(inbox, ledger):
            await until(lambda: any(beat["connected"] for beat in beats(ledger)))
            mosquitto.stop()
            await until(lambda: not any(beat["connected"] for beat in beats(ledger)))
    assert len([entry for entry in logs if entry["event"].startswith("no broker session")]) == 1


async def test_events_are_published_after_their_commit_in_order_and_from_where_publishing_was(
    mosquitto: Broker, ledger: SqlLedger
) -> None:
    registered(ledger)  # before publishing ever ran: nobody is told of that
    mosquitto.set_accounts((*GRANTS, EVENTS))
    received: list[tuple[str, int]] = []
    async with session(mosquitto, EVENTS.username, filters=("wk-events/v1/#",)) as integration:

        async def receive(count: int) -> None:
            while len(received) < count:
                batch = await integration.take(100)
                received.extend((message.topic, number_of(message.payload)) for message in batch.messages)
                batch.settle()

        async with publishing(ledger, integration) as events:
            await until(lambda: mark(ledger) is not None)
            record(ledger, 30)
            events.wake()
            await receive(30)
            await until(lambda: mark(ledger) == f"main:{received[-1][1]}")
        record(ledger, 30)  # while nobody publishes
        async with publishing(ledger, integration):
            await receive(60)
            record(ledger, 30)  # by somebody who wakes nobody
            await receive(90)
    assert {topic for topic, _ in received} == {"wk-events/v1/main/process.started"}
    first = received[0][1]
    assert [number for _, number in received] == list(range(first, first + len(received)))


@contextlib.asynccontextmanager
async def publishing(ledger: Ledger, session: MqttSession) -> AsyncIterator[EventPublisher]:
    """The publisher at work; stopped at the end."""
    events = EventPublisher(ledger, session, CLOCK)
    running = asyncio.create_task(events.run())
    try:
        yield events
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def record(ledger: Ledger, count: int) -> None:
    """Something happens, so many times."""
    with ledger.write(at=CLOCK.now(), actor=Actor(ActorType.TIMER, "test")) as tx:
        tx.take("main")
        for _ in range(count):
            tx.events.record(EventType.PROCESS_STARTED, "main")


def mark(ledger: Ledger) -> str | None:
    """How far publishing came."""
    with ledger.read() as rows:
        return rows.marks.get("published")


def number_of(payload: bytes) -> int:
    """The place in its chain of a published event; the rest of it must be a CloudEvent."""
    event = msgspec.json.decode(payload)
    assert {"specversion", "id", "source", "type", "time", "data"} <= event.keys()
    assert event["specversion"] == "1.0"
    assert event["id"] == f"main/{event['data']['number']}"
    number: int = event["data"]["number"]
    return number
