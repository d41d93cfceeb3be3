"""Decode: from one MQTT message to readings, and to what must be set aside.

Promises: the contract with devices, whole, as a pure function that never raises. What cannot be read at all is one
`Reject`; one impossible metric beside good ones is set aside alone and named in `Reading.bad`, so that a broken
thermometer never hides an alarm button. Both consumers call this and see the same. Leaves to others: keeping rejects
(`ingest`), whether a device is registered and under which kind, merging a reading that comes twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from devices.payloads import Doubled, read_payload
from devices.status import ONLINE
from devices.topics import Address, read_topic
from devices.values import INT64_MAX, ValueCheck, show
from domain.instants import to_ms
from domain.kinds import Kind
from domain.readings import (
    AHEAD_LIMIT_MS,
    BEHIND_LIMIT_MS,
    MAX_PAYLOAD_BYTES,
    Channel,
    Decoded,
    Message,
    Reading,
    Reject,
    RejectReason,
)

MAX_BATCH = 1000
"""Objects read of one batch; those beyond it are set aside together."""

MAX_REJECTS = 64
"""Rejects told of one message; the last one counts the others, so that one message cannot flood the quarantine."""

_LAST_MS = 253_402_300_799_999
"""The last millisecond of year 9999: nothing later is an instant."""

_AwareInstant = Annotated[datetime, msgspec.Meta(tz=True)]
_STATUS = {b"online": True, b"offline": False}

_checks: dict[str, ValueCheck] = {}


def decode(message: Message, kinds: Mapping[str, Kind]) -> Decoded:
    """Readings to store and judge, and what of the message is for quarantine. `kinds` is `devices.registry.kinds()`.

    A reject without `metric` means that the whole message, or one object of a batch, gave no reading.
    """
    payload = message.payload
    if len(payload) > MAX_PAYLOAD_BYTES:
        return _refuse(RejectReason.TOO_LARGE, f"the payload has {len(payload)} bytes, more than {MAX_PAYLOAD_BYTES}")
    address = read_topic(message.topic)
    if isinstance(address, Reject):
        return Decoded(rejects=(address,))
    kind = kinds.get(address.kind)
    if kind is None:
        return _refuse(RejectReason.UNKNOWN_KIND, f"there is no kind {address.kind!r}")
    if address.channel is Channel.STATUS:
        return _decode_status(address, payload, message.received_ms)
    return _decode_values(address, _check_of(kind), payload, message.received_ms)


def _decode_status(address: Address, payload: bytes, received_ms: int) -> Decoded:
    online = _STATUS.get(payload)
    if online is None:
        return _refuse(RejectReason.WRONG_SHAPE, f"a status is bare online or offline, not {show(payload)}")
    site, kind, device, channel = address
    return Decoded((Reading(site, kind, device, channel, received_ms, received_ms, {ONLINE.name: online}),))


def _decode_values(address: Address, check: ValueCheck, payload: bytes, received_ms: int) -> Decoded:
    content = read_payload(payload)
    rejects: list[Reject] = []
    if type(content) is dict:
        reading = _read(address, check, content, received_ms, rejects)
        return Decoded(() if reading is None else (reading,), _told(rejects) if rejects else ())
    if type(content) is not list:
        return Decoded(rejects=(content if isinstance(content, Reject) else _misshapen(content),))
    if not content:
        return _refuse(RejectReason.WRONG_SHAPE, "the batch is empty")
    if len(content) > MAX_BATCH:
        beyond = f"{len(content)} objects in a batch: those after the first {MAX_BATCH} were not read"
        rejects.append(Reject(RejectReason.TOO_LARGE, beyond))
    readings = [_read(address, check, one, received_ms, rejects) for one in content[:MAX_BATCH]]
    return Decoded(tuple(reading for reading in readings if reading is not None), _told(rejects))


def _read(address: Address, check: ValueCheck, content: Any, received_ms: int, rejects: list[Reject]) -> Reading | None:
    """One object as a reading, or None; what is wrong with it is added to `rejects`."""
    values = content.get("values") if type(content) is dict else None
    if type(values) is not dict:
        rejects.append(_misshapen(content))
        return None
    at_ms, clock_suspect = received_ms, False
    sent_ms = content.get("ts")
    if sent_ms is not None:
        if type(sent_ms) is not int:
            sent_ms = _instant_ms(sent_ms)
        if sent_ms is None or not 0 <= sent_ms <= _LAST_MS:
            detail = f"ts is {show(content['ts'])}, not epoch milliseconds nor RFC 3339 with an offset"
            rejects.append(Reject(RejectReason.BAD_TIME, detail))
            return None
        if -BEHIND_LIMIT_MS <= sent_ms - received_ms <= AHEAD_LIMIT_MS:
            at_ms = sent_ms
        else:
            clock_suspect = True
    seq = content.get("seq")
    if seq is not None and not (type(seq) is int and 0 <= seq <= INT64_MAX):
        # a counter gone wrong is worth knowing, and no reason to lose what was measured
        rejects.append(Reject(RejectReason.WRONG_TYPE, f"seq is {show(seq)}, not a whole number from 0", "seq"))
        seq = None
    good, bad = check.check(values, rejects)
    site, kind, device, channel = address
    return Reading(site, kind, device, channel, at_ms, received_ms, good, sent_ms, bad, clock_suspect, seq)


def _check_of(kind: Kind) -> ValueCheck:
    check = _checks.get(kind.name)
    if check is None or check.kind is not kind:
        check = _checks[kind.name] = ValueCheck(kind)
    return check


def _instant_ms(sent: Any) -> int | None:
    """Epoch milliseconds of a `ts` that is not an int; None for what is no instant."""
    if type(sent) is float:
        return int(sent) if sent.is_integer() else None
    if type(sent) is not str:
        return None
    try:
        return to_ms(msgspec.convert(sent, _AwareInstant))
    except (ValueError, OverflowError):
        return None


def _misshapen(content: Any) -> Reject:
    if type(content) is Doubled:
        return Reject(RejectReason.DUPLICATE_KEY, "an object names a key twice")
    if type(content) is not dict:
        return Reject(RejectReason.WRONG_SHAPE, f"an object with values is expected, not {show(content)}")
    return Reject(RejectReason.WRONG_SHAPE, "values is missing or not an object")


def _refuse(reason: RejectReason, detail: str) -> Decoded:
    return Decoded(rejects=(Reject(reason, detail),))


def _told(rejects: list[Reject]) -> tuple[Reject, ...]:
    """All, or the first ones with the number of the others."""
    beyond = len(rejects) - MAX_REJECTS
    if beyond <= 0:
        return tuple(rejects)
    last = rejects[MAX_REJECTS - 1]
    return (
        *rejects[: MAX_REJECTS - 1],
        Reject(last.reason, f"{last.detail} (and {beyond} more of this message)", last.metric),
    )
