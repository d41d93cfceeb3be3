"""When a replica that leaves is worked off."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.broker.address import BrokerAddress
from adapters.broker.session import MqttSession
from ingest.draining import LOOK_EVERY, QUIET_LOOKS, Outlook, Seen, look, until_worked_off
from tests.broker_fixtures import Broker, publisher, session, until
from tests.ingest.parts import new_clock, until_on

TOPIC = "wk/v1/main/elevator/E-01/event"
SHARE = "$share/some-group/wk/v1/#"


def after(looks: list[tuple[Seen, bool]]) -> Outlook:
    outlook = Outlook()
    for seen, answered in looks:
        outlook = look(outlook, seen, answered=answered)
    return outlook


QUIET = (Seen(received=7, idle=True), True)


def test_it_takes_several_quiet_looks_in_a_row() -> None:
    assert not after([QUIET] * QUIET_LOOKS).worked_off  # the first one only learns how many came
    assert after([QUIET] * (QUIET_LOOKS + 1)).worked_off


@given(
    st.lists(st.tuples(st.builds(Seen, received=st.integers(0, 3), idle=st.booleans()), st.booleans()), max_size=12),
)
def test_it_is_worked_off_only_if_the_last_looks_saw_nothing_new_nothing_under_way_and_a_broker_that_answers(
    looks: list[tuple[Seen, bool]],
) -> None:
    if after(looks).worked_off:
        last = looks[-QUIET_LOOKS:]
        assert all(seen.idle and answered for seen, answered in last)
        assert len({seen.received for seen, _ in looks[-QUIET_LOOKS - 1 :]}) == 1


async def test_it_waits_while_the_broker_does_not_answer() -> None:
    clock, answering = new_clock(), False

    async def answers() -> bool:
        return answering

    waiting = asyncio.create_task(until_worked_off(answers, lambda: Seen(0, True), clock))
    for _ in range(3 * QUIET_LOOKS):
        await clock.advance(LOOK_EVERY)
    assert not waiting.done()
    answering = True
    await until_on(clock, waiting.done)


async def test_what_waits_for_a_session_still_comes_after_it_left_and_nothing_new_does(mosquitto: Broker) -> None:
    async with session(mosquitto, filters=(SHARE,)):
        pass  # it is a member, and away
    async with publisher(mosquitto) as out:
        for number in range(20):
            await out.publish(TOPIC, b"before %d" % number)
        address = mosquitto.address("wk-ingest")
        async with MqttSession(address, client_id="wk-ingest", leave=(SHARE, "wk/v1/#")) as leaving:
            await until(lambda: leaving.connected and leaving.backlog == 20)
            assert leaving.resumed
            await out.publish(TOPIC, b"after")
            assert await leaving.answers()
            assert leaving.backlog == 20
            (await leaving.take(100)).settle()
            assert await leaving.answers()
            assert (leaving.counters.received, leaving.backlog) == (20, 0)


async def test_going_from_one_to_a_share_and_back_misses_nothing(mosquitto: Broker) -> None:
    plain = ("wk/v1/#",)
    received: list[bytes] = []
    async with publisher(mosquitto) as out:
        for filters, left in ((plain, (SHARE,)), ((SHARE,), plain), (plain, (SHARE,))):
            made = MqttSession(mosquitto.address("wk-ingest"), client_id="wk-ingest", filters=filters, leave=left)
            async with made:
                await until(lambda made=made: made.connected)
                await out.publish(TOPIC, b"%d" % len(received))
                await until(lambda made=made: made.backlog > 0)
                batch = await made.take(10)
                batch.settle()
                received += [message.payload for message in batch.messages]
            await out.publish(TOPIC, b"between")
    assert received.count(b"between") == 2
    assert len(received) == 5


@pytest.mark.parametrize("group", ["$share/guessed/wk/v1/#", "wk/v1/#", "#"])
async def test_a_device_that_subscribes_gets_nothing_and_takes_nothing_away(mosquitto: Broker, group: str) -> None:
    async with (
        session(mosquitto, filters=(SHARE,)) as member,
        session(mosquitto, "main.E-01", filters=(group,)) as nosy,
        publisher(mosquitto) as out,
    ):
        for number in range(20):
            await out.publish(TOPIC, b"%d" % number)
        await until(lambda: member.backlog == 20)
        assert await nosy.answers()
        assert nosy.counters.received == 0


async def test_a_session_without_a_connection_does_not_answer() -> None:
    async with MqttSession(BrokerAddress(host="127.0.0.1", port=1), client_id="nobody") as lost:
        assert not await lost.answers()
