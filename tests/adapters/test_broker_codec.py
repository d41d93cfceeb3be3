"""What is relied on of the MQTT 5 codec library, so that a new version shows what it changed."""

from __future__ import annotations

from datetime import timedelta

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.broker import codec
from adapters.broker.address import BrokerAddress
from domain.errors import BrokerUnavailable

topics = st.text(st.characters(exclude_characters="+#\0", exclude_categories=("Cs",)), min_size=1, max_size=50)


def published(topic: str, payload: bytes, packet_id: int = 7) -> bytes:
    return codec.publish(packet_id, topic, payload, retain=False)


@given(messages=st.lists(st.tuples(topics, st.binary(max_size=300), st.integers(1, 65535))), cut=st.integers(0, 4000))
def test_a_stream_is_read_wherever_it_is_cut(messages: list[tuple[str, bytes, int]], cut: int) -> None:
    stream = b"".join(published(topic, payload, packet_id) for topic, payload, packet_id in messages)
    first, used = codec.read_all(stream[:cut])
    second, rest = codec.read_all(stream[used:])
    assert used + rest == len(stream)
    assert [(packet.topic, packet.payload, packet.packet_id) for packet in (*first, *second)] == messages


def test_an_unfinished_packet_waits_for_its_rest() -> None:
    whole = published("wk/v1/main/elevator/E-01/telemetry", b"x" * 200)
    for size in range(len(whole)):
        assert codec.read_all(whole[:size]) == ([], 0)


@pytest.mark.parametrize(
    ("qos", "acknowledgement"),
    [(0, b""), (1, b"\x40\x02\x01\x02"), (2, b"\x50\x02\x01\x02")],
    ids=["none at QoS 0", "PUBACK at 1", "PUBREC at 2"],
)
def test_a_message_is_acknowledged_as_its_quality_of_service_asks(qos: int, acknowledgement: bytes) -> None:
    packet_id = 0x0102 if qos else None
    [packet], _ = codec.read_all(mqtt5.PublishPacket("t", b"", qos=mqtt5.QoS(qos), packet_id=packet_id).write())
    assert codec.acknowledgement_of(packet) == acknowledgement


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves an error behind
def test_a_topic_that_is_not_utf8_is_read_with_replacements_and_can_be_acknowledged() -> None:
    whole = published("wk/v1/main", b"payload").replace(b"main", b"m\xff\xfen")
    packets, used = codec.read_all(whole + published("next", b""))
    assert [(packet.topic, packet.payload) for packet in packets] == [
        ("wk/v1/m\ufffd\ufffdn", b"payload"),
        ("next", b""),
    ]
    assert codec.acknowledgement_of(packets[0]) == b"\x40\x02\x00\x07"
    assert used == len(whole) + len(published("next", b""))


@pytest.mark.parametrize(
    "data",
    [
        b"\x20\x02\x00\x01",  # CONNACK of MQTT 3.1.1
        b"\x00\x00",
        b"\xff\xff\xff\xff\xff\xff",
        b"\x32\x03\x00\x10a",
    ],
)
def test_what_is_not_mqtt_5_is_said_to_be_so(data: bytes) -> None:
    with pytest.raises(BrokerUnavailable, match="not MQTT 5"):
        codec.read_all(data)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_broker_unavailable(data: bytes) -> None:
    try:
        _, used = codec.read_all(data)
    except BrokerUnavailable:
        return
    assert 0 <= used <= len(data)


def test_a_packet_beyond_what_we_allow_is_refused_before_it_is_complete() -> None:
    endless = b"\x32\xff\xff\xff\x7f" + bytes(codec.LARGEST_PACKET_BYTES + 1)
    with pytest.raises(BrokerUnavailable, match="larger"):
        codec.read_all(endless)


def test_connect_says_how_much_we_take_and_how_long_the_session_lasts() -> None:
    data = codec.connect(
        BrokerAddress(host="broker", port=1883, username="wk-ingest", password="secret"),
        client_id="wk-ingest",
        clean_start=False,
        keep_alive=timedelta(seconds=30),
        session_expiry=timedelta(days=1),
        receive_maximum=5000,
    )
    [packet], _ = codec.read_all(data)
    assert (packet.client_id, packet.username, packet.password) == ("wk-ingest", "wk-ingest", b"secret")
    assert (packet.clean_start, packet.keep_alive, packet.session_expiry_interval) == (False, 30, 86400)
    assert (packet.receive_max, packet.max_packet_size) == (5000, codec.LARGEST_PACKET_BYTES)


def test_a_subscription_asks_for_retained_messages_only_where_it_is_new() -> None:
    [packet], _ = codec.read_all(codec.subscribe(3, ["wk/v1/#"]))
    [topic] = packet.topic_filters
    assert (topic.pattern, int(topic.max_qos), int(topic.retain_handling), topic.retain_as_published) == (
        "wk/v1/#", 1, 1, False,
    )  # fmt: skip


def test_reason_codes_are_numbers_and_words() -> None:
    refusal, success = mqtt5.ConnAckReasonCode.NOT_AUTHORIZED, mqtt5.ConnAckReasonCode.SUCCESS
    assert codec.refused(refusal)
    assert not codec.refused(success)
    assert codec.words(refusal) == "not authorized"


def test_a_password_never_shows_in_an_addresss_text() -> None:
    address = BrokerAddress(host="broker", port=1883, username="wk-ingest", password="secret")
    assert "secret" not in f"{address} {address!r}"
