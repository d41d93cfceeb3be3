"""MQTT 5 packets as bytes: the one file that knows the codec library, `mqtt5`.

Promises: packets to and from bytes, nothing else; every failure of the library, a panic of its native code
included, is a `BrokerUnavailable`. A PUBLISH whose text is not UTF-8 (some brokers pass it on) is read all the
same, with replacement characters in its topic: it can then be quarantined and acknowledged, where an error would
make the broker send it again for ever.
Leaves to others: sockets and order (`adapters.broker.connection`). `tests/adapters/test_broker_codec.py` holds the
library to what is relied on here, so that a new version shows what it changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    DisconnectPacket,
    PingRespPacket,
    PubAckPacket,
    PublishPacket,
    PubRelPacket,
    SubAckPacket,
    UnsubAckPacket,
)

from adapters.broker.address import BrokerAddress
from domain.errors import BrokerUnavailable

__all__ = [
    "DISCONNECT",
    "LARGEST_PACKET_BYTES",
    "PING",
    "ConnAckPacket",
    "ConnAckReasonCode",
    "DisconnectPacket",
    "Packet",
    "PingRespPacket",
    "PubAckPacket",
    "PubRelPacket",
    "PublishPacket",
    "SubAckPacket",
    "UnsubAckPacket",
    "acknowledgement_of",
    "complete",
    "connect",
    "publish",
    "read_all",
    "refused",
    "subscribe",
    "unsubscribe",
    "words",
]

Packet = mqtt5.Packet

LARGEST_PACKET_BYTES = 4 * 1024 * 1024
"""What we tell the broker that we take. Twice the 2 MiB that a broker should accept, so that it drops none for us."""

_FIRST_ERROR = 128
_PUBLISH = 3
_LONGEST_HEADER_BYTES = 5  # one byte of type, four of length

PING = mqtt5.PingReqPacket().write()
DISCONNECT = mqtt5.DisconnectPacket().write()
"""A normal end: the broker keeps the session and publishes no will."""


def read_all(data: bytes) -> tuple[list[Packet], int]:
    """All whole packets at the start of `data`, and how many bytes they took; the rest is an unfinished one.

    Raises BrokerUnavailable for bytes that are not MQTT 5.
    """
    packets: list[Packet] = []
    at = 0
    read, keep, view = mqtt5.read, packets.append, memoryview(data)
    while True:
        try:
            packet, size = read(view[at:])
        except IndexError:  # not enough bytes
            if len(data) - at > LARGEST_PACKET_BYTES + _LONGEST_HEADER_BYTES:
                raise BrokerUnavailable("the broker sent a packet larger than we allow") from None
            return packets, at
        except BaseException as error:  # the native code panics on text that is not UTF-8, with a BaseException
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            packet, size = _read_leniently(bytes(view[at:]), error)
        keep(packet)
        at += size


def _read_leniently(data: bytes, cause: BaseException) -> tuple[PublishPacket, int]:
    """A PUBLISH that the library refuses: topic with replacements, payload as it is, properties passed over."""
    not_ours = BrokerUnavailable(f"what was received is not MQTT 5 ({cause}); is this an MQTT 5 port?")
    if data[0] >> 4 != _PUBLISH:
        raise not_ours from cause
    try:
        length, at = _variable_integer(data, 1)
        end = at + length
        topic_length = int.from_bytes(data[at : at + 2], "big")
        at += 2
        topic = data[at : at + topic_length].decode("utf-8", errors="replace")
        at += topic_length
        qos = mqtt5.QoS((data[0] >> 1) & 3)
        packet_id = None
        if qos is not mqtt5.QoS.AT_MOST_ONCE:
            packet_id = int.from_bytes(data[at : at + 2], "big")
            at += 2
        properties, at = _variable_integer(data, at)
        at += properties
        packet = PublishPacket(topic, data[at:end], qos=qos, retain=bool(data[0] & 1), packet_id=packet_id)
    except (ValueError, IndexError, OverflowError):
        raise not_ours from cause
    if at > end or end > len(data):
        raise not_ours from cause
    return packet, end


def _variable_integer(data: bytes, at: int) -> tuple[int, int]:
    """MQTT's variable byte integer at `at`, and where it ends."""
    value = 0
    for place in range(4):
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a length of more than four bytes")


def connect(
    address: BrokerAddress,
    *,
    client_id: str,
    clean_start: bool,
    keep_alive: timedelta,
    session_expiry: timedelta,
    receive_maximum: int,
) -> bytes:
    """CONNECT. Spans in whole seconds."""
    return mqtt5.ConnectPacket(
        client_id,
        username=address.username,
        password=None if address.password is None else address.password.encode(),
        clean_start=clean_start,
        keep_alive=int(keep_alive.total_seconds()),
        session_expiry_interval=int(session_expiry.total_seconds()),
        receive_max=receive_maximum,
        max_packet_size=LARGEST_PACKET_BYTES,
    ).write()


def subscribe(packet_id: int, filters: Sequence[str]) -> bytes:
    """SUBSCRIBE at QoS 1. Retained messages come only for a subscription that the broker did not have yet; a message
    has its retain flag only when it comes out of the broker's store.
    """
    return mqtt5.SubscribePacket(
        packet_id,
        [
            mqtt5.TopicFilter(
                pattern,
                max_qos=mqtt5.QoS.AT_LEAST_ONCE,
                retain_as_published=False,
                retain_handling=mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
            )
            for pattern in filters
        ],
    ).write()


def unsubscribe(packet_id: int, filters: Sequence[str]) -> bytes:
    """UNSUBSCRIBE. A filter that was not subscribed to is no error to a broker."""
    return mqtt5.UnsubscribePacket(packet_id, list(filters)).write()


def publish(packet_id: int, topic: str, payload: bytes, *, retain: bool) -> bytes:
    """PUBLISH at QoS 1. Raises ValueError for a topic or payload that does not fit into a packet."""
    return PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=retain, packet_id=packet_id).write()


def acknowledgement_of(packet: PublishPacket) -> bytes:
    """What acknowledges this message: nothing at QoS 0, PUBACK at 1, PUBREC at 2."""
    if packet.packet_id is None:
        return b""
    if packet.qos is mqtt5.QoS.EXACTLY_ONCE:
        return mqtt5.PubRecPacket(packet.packet_id).write()
    return PubAckPacket(packet.packet_id).write()


def complete(packet: PubRelPacket) -> bytes:
    """PUBCOMP, which ends a QoS 2 message."""
    return mqtt5.PubCompPacket(packet.packet_id).write()


def refused(reason: int) -> bool:
    """Whether a reason code of MQTT 5 says that it was not done."""
    return int(reason) >= _FIRST_ERROR  # the library's codes compare only for equality, whatever its stub says


def words(reason: int) -> str:
    """A reason code of MQTT 5 as words: `not authorized`."""
    name = getattr(reason, "name", None)
    return f"reason {int(reason)}" if name is None else str(name).lower().replace("_", " ")
