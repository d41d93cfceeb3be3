"""What our MQTT session does beyond the port's contract: bounds, troubles, other qualities of service."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.broker import connection as connection_module
from adapters.broker import session as session_module
from adapters.broker.address import BrokerAddress
from adapters.broker.session import MqttSession
from domain.errors import BrokerUnavailable, Invalid
from tests.broker_fixtures import Broker, publisher, session, until
from tests.services import require

TOPIC = "wk/v1/main/elevator/E-01/event"
SIZE = 64 * 1024


async def test_what_waits_in_memory_is_bounded_by_bytes_and_nothing_is_lost(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "HELD_LIMIT_BYTES", 10 * SIZE)
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        await asyncio.gather(*(out.publish(TOPIC, bytes([number]) * SIZE) for number in range(200)))
        await until(lambda: inbox.backlog > 10)
        received = []
        while len(received) < 200:
            batch = await inbox.take(1000)
            # over the limit by what one read of the socket can bring
            assert len(batch.messages) <= 10 + 256 * 1024 // SIZE + 1
            received += [message.payload[0] for message in batch.messages]
            batch.settle()
        assert received == list(range(200))


async def test_what_waits_in_memory_is_bounded_by_number_though_the_broker_sends_more_than_it_may(
    mosquitto: Broker,
) -> None:
    most, all_of_it = 100, 4_000
    one_read = 256 * 1024 // 1024
    async with publisher(mosquitto) as out:
        async with session(mosquitto, receive_maximum=most) as inbox:
            await asyncio.gather(*(out.publish(TOPIC, b"%06d" % number + b"x" * 1024) for number in range(all_of_it)))
            await until(lambda: inbox.backlog >= most)
            first = await inbox.take(10)
            first.settle()  # from here on Mosquitto sends whatever waits
            await until(lambda: inbox.backlog > most)
            assert inbox.backlog <= most + one_read
        # a new process subscribes anew, and the answer comes behind the messages
        received = [int(message.payload[:6]) for message in first.messages]
        address = mosquitto.address("wk-ingest")
        async with MqttSession(address, client_id="wk-ingest", filters=("wk/v1/#",), receive_maximum=most) as inbox:
            while len(received) < all_of_it:
                batch = await inbox.take(all_of_it)
                assert len(batch.messages) <= most + one_read
                received += [int(message.payload[:6]) for message in batch.messages]
                batch.settle()
            await until(lambda: inbox.connected)
    # what the first process acknowledged last may not have reached the broker before it ended: that comes again
    assert list(dict.fromkeys(received)) == list(range(all_of_it))
    assert len(received) <= all_of_it + len(first.messages)


async def test_a_broker_that_falls_silent_is_noticed_and_connected_to_again(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "KEEP_ALIVE", timedelta(seconds=1))
    async with session(mosquitto) as inbox:
        mosquitto.freeze()
        await until(lambda: not inbox.connected)
        assert "silent" in (inbox.last_error or "")
        mosquitto.thaw()
        await until(lambda: inbox.connected)


async def test_a_trouble_that_stays_is_logged_once_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "FIRST_PAUSE", timedelta(milliseconds=1))
    connections = 0

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with capture_logs() as logs:
        async with MqttSession(BrokerAddress(host="127.0.0.1", port=port), client_id="hopeful"):
            await until(lambda: connections >= 4)
    assert [entry["event"] for entry in logs] == ["broker away"]
    server.close()


async def test_a_subscription_that_is_refused_is_said_clearly() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"\x20\x03\x00\x00\x00")  # CONNACK: welcome
        await reader.read(1000)
        writer.write(b"\x90\x04\x00\x01\x00\x87")  # SUBACK: not authorized
        await reader.read(1000)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with MqttSession(BrokerAddress(host="127.0.0.1", port=port), client_id="nosy", filters=("a/#",)) as nosy:
        await until(lambda: nosy.last_error is not None)
        assert "refused the subscription to a/#: not authorized" in (nosy.last_error or "")
        assert not nosy.connected
    server.close()


@pytest.mark.parametrize("qos", ["0", "2"])
async def test_messages_of_other_qualities_of_service_arrive_and_can_be_settled(mosquitto: Broker, qos: str) -> None:
    account = ["-u", "wk-simulator", "-P", mosquitto.password("wk-simulator")]
    command = [require("mosquitto_pub"), "-p", str(mosquitto.port), "-q", qos, *account, "-t", TOPIC, "-m", "payload"]
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        await asyncio.to_thread(subprocess.run, command, check=True, timeout=20)
        batch = await inbox.take(10)
        assert [message.payload for message in batch.messages] == [b"payload"]
        batch.settle()
        await out.publish(TOPIC, b"next")
        assert [message.payload for message in (await inbox.take(10)).messages] == [b"next"]


async def test_a_publication_under_way_fails_at_once_when_its_session_is_closed(mosquitto: Broker) -> None:
    async with publisher(mosquitto) as out:
        mosquitto.freeze()
        publishing = asyncio.create_task(out.publish(TOPIC, b"payload"))
        await asyncio.sleep(0)
    mosquitto.thaw()
    with pytest.raises(BrokerUnavailable, match=r"connection|session was closed"):
        await publishing


async def test_a_topic_that_no_packet_can_hold_is_refused_for_good(mosquitto: Broker) -> None:
    async with publisher(mosquitto) as out:
        with pytest.raises(Invalid):
            await out.publish("wk/v1/" + "x" * 70_000, b"")
        await out.publish(TOPIC, b"still connected")
        assert out.counters.reconnects == 0


async def test_more_publications_than_the_broker_takes_at_once_wait_for_their_turn(mosquitto: Broker) -> None:
    async with session(mosquitto) as inbox, publisher(mosquitto) as out:
        count = 12_000  # the broker's receive maximum is 10,000
        await asyncio.gather(*(out.publish(TOPIC, b"") for _ in range(count)))
        received = 0
        while received < count:
            batch = await inbox.take(1000)
            received += len(batch.messages)
            batch.settle()
        assert (received, out.counters.published) == (count, count)
