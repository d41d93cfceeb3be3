"""Reading a turn: nothing is lost between what is stored and what is set aside."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from devices.registry import kinds
from domain.readings import Message, RejectReason
from ingest.turn import Replica, TurnReader
from tests.ingest.parts import TOPIC

STATUS = "wk/v1/main/elevator/E-01/status"


def test_readings_without_an_own_instant_in_one_millisecond_stay_apart_also_across_turns() -> None:
    reader = TurnReader(kinds())
    first = reader.read([Message(STATUS, b"offline", 5000), Message(STATUS, b"online", 5000)])
    second = reader.read([Message(STATUS, b"offline", 5000)])
    assert [reading.at_ms for reading in (*first.readings, *second.readings)] == [5000, 5001, 5002]
    assert len({reading.identity for reading in (*first.readings, *second.readings)}) == 3


@given(st.integers(1, 5), st.lists(st.integers(5000, 5010), max_size=30))
def test_replicas_never_give_two_readings_without_an_own_instant_the_same_one(count: int, received: list[int]) -> None:
    readers = [TurnReader(kinds(), Replica(ordinal, count)) for ordinal in range(count)]
    messages = [Message(STATUS, b"online", at_ms) for at_ms in sorted(received)]
    readings = [reading for reader in readers for reading in reader.read(messages).readings]
    assert len({reading.identity for reading in readings}) == len(messages) * count
    assert all(0 <= reading.at_ms - 5000 <= 10 + count * (len(messages) + 1) for reading in readings)


def test_a_reading_that_comes_twice_keeps_its_identity() -> None:
    message = Message(TOPIC, b'{"ts": 1763712000000, "values": {"floor": 3}}', 1763712000500)
    turn = TurnReader(kinds()).read([message, message])
    assert len(turn.readings) == 2
    assert turn.readings[0].identity == turn.readings[1].identity


def test_a_decoder_that_fails_sets_the_message_aside_and_goes_on() -> None:
    def fail(values: object) -> dict[str, object]:
        raise ZeroDivisionError

    broken = msgspec.structs.replace(kinds()["lighting"], derive=fail)
    good = Message(TOPIC, b'{"values": {"floor": 3}}', 5000)
    bad = Message("wk/v1/main/lighting/L-01/telemetry", b'{"values": {"on": true}}', 5000)
    turn = TurnReader({**kinds(), "lighting": broken}).read([bad, good])
    assert [reading.values for reading in turn.readings] == [{"floor": 3}]
    assert [(each.topic, each.payload, each.reject.reason) for each in turn.set_aside] == [
        (bad.topic, bad.payload, RejectReason.WRONG_SHAPE)
    ]


@given(st.lists(st.tuples(st.sampled_from([TOPIC, STATUS, "wk/v1/x", ""]), st.binary(max_size=40))))
def test_every_message_is_stored_or_set_aside(messages: list[tuple[str, bytes]]) -> None:
    for topic, payload in messages:
        turn = TurnReader(kinds()).read([Message(topic, payload, 5000)])
        assert turn.readings or turn.set_aside
