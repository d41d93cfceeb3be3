"""What every broker adapter promises (`domain.ports.broker`), over each broker that `run` can start."""

from __future__ import annotations

import asyncio

import pytest

from adapters.broker.session import MqttSession
from domain.errors import BrokerUnavailable
from tests.broker_fixtures import Broker, cut, publisher, session, until

TOPIC = "wk/v1/main/elevator/E-01/telemetry"


async def take_all(inbox: MqttSession, count: int, most: int = 1000) -> list[bytes]:
    """The next `count` payloads, each settled."""
    payloads: list[bytes] = []
    while len(payloads) < count:
        batch = await inbox.take(most)
        assert 0 < len(batch.messages) <= most
        payloads += [message.payload for message in batch.messages]
        batch.settle()
    return payloads


async def test_messages_arrive_once_in_order_and_in_batches_no_larger_than_asked(any_broker: Broker) -> None:
    sent = [str(number).encode() for number in range(500)]
    async with session(any_broker) as inbox, publisher(any_broker) as out:
        publishing = asyncio.gather(*(out.publish(TOPIC, payload) for payload in sent))
        assert await take_all(inbox, len(sent), most=7) == sent
        await publishing
        assert (inbox.backlog, inbox.counters.received, inbox.counters.acknowledged) == (0, 500, 500)


async def test_unsettled_messages_come_again_and_settled_ones_do_not(any_broker: Broker) -> None:
    async with session(any_broker) as inbox, publisher(any_broker) as out:
        await out.publish(TOPIC, b"settled")
        (await inbox.take(1)).settle()
        await out.publish(TOPIC, b"taken")
        taken = await inbox.take(1)
        await out.publish(TOPIC, b"waiting")
        await until(lambda: inbox.backlog == 1)
        await cut(any_broker, inbox)
        taken.settle()  # of a connection that is gone: does nothing
        await out.publish(TOPIC, b"last")
        assert await take_all(inbox, 3) == [b"taken", b"waiting", b"last"]
        assert inbox.counters.reconnects == 1


async def test_what_comes_while_nobody_is_connected_waits_at_the_broker(any_broker: Broker) -> None:
    async with session(any_broker):
        pass
    async with publisher(any_broker) as out:
        await out.publish(TOPIC, b"meanwhile")
    async with session(any_broker) as inbox:
        assert await take_all(inbox, 1) == [b"meanwhile"]


async def test_a_retained_message_is_marked_and_not_repeated_for_a_kept_session(mosquitto: Broker) -> None:
    async with publisher(mosquitto) as out:
        await out.publish("wk/v1/main/elevator/E-01/status", b"online", retain=True)
        async with session(mosquitto) as inbox:
            batch = await inbox.take(10)
            assert [(message.payload, message.retained) for message in batch.messages] == [(b"online", True)]
            batch.settle()
            await out.publish("wk/v1/main/elevator/E-01/status", b"offline", retain=True)
            batch = await inbox.take(10)
            assert [(message.payload, message.retained) for message in batch.messages] == [(b"offline", False)]
            batch.settle()
        async with session(mosquitto) as inbox:  # a new process with the old session
            await out.publish(TOPIC, b"next")
            assert await take_all(inbox, 1) == [b"next"]


async def test_a_message_of_one_mebibyte_arrives_whole(any_broker: Broker) -> None:
    payload = bytes(range(256)) * 4096
    async with session(any_broker) as inbox, publisher(any_broker) as out:
        await out.publish(TOPIC, payload)
        assert await take_all(inbox, 1) == [payload]


async def test_publishing_without_a_connection_is_refused_and_says_why(any_broker: Broker) -> None:
    any_broker.stop()
    lonely = MqttSession(any_broker.address("wk-simulator"), client_id="lonely")
    async with lonely:
        await until(lambda: lonely.last_error is not None)
        with pytest.raises(BrokerUnavailable, match="cannot reach"):
            await lonely.publish(TOPIC, b"payload")
        assert (lonely.connected, lonely.connected_since_ms) == (False, None)


async def test_a_publication_under_way_fails_when_the_broker_dies(any_broker: Broker) -> None:
    async with publisher(any_broker) as out:
        any_broker.freeze()
        publishing = asyncio.create_task(out.publish(TOPIC, b"payload"))
        await asyncio.sleep(0)
        any_broker.kill()
        with pytest.raises(BrokerUnavailable, match="connection"):
            await publishing


async def test_a_refused_login_is_said_clearly(any_broker: Broker) -> None:
    intruder = MqttSession(any_broker.address("wk-ingest", password="guess"), client_id="intruder")
    async with intruder:
        await until(lambda: intruder.last_error is not None)
        assert not intruder.connected
        assert "the login of wk-ingest" in (intruder.last_error or "")


async def test_a_closed_session_gives_no_messages_and_says_so(any_broker: Broker) -> None:
    async with session(any_broker) as inbox:
        waiting = asyncio.create_task(inbox.take(1))
        await asyncio.sleep(0)
    with pytest.raises(BrokerUnavailable, match="closed"):
        await waiting
