"""Readings: what a device said at one instant.

Promises: the shapes between decode, store and judge, and the identity by which a reading is stored and judged
once. These are made thousands of times a second, so instants are epoch milliseconds and the structs are bare.
Leaves to others: reading bytes (`devices.decode`), the meaning of a metric (`domain.kinds`).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

Value = bool | int | float | str
"""A metric's value. Numbers of known metrics are float or int as sent; history stores them as float."""

MAX_PAYLOAD_BYTES = 64 * 1024
"""A larger payload is quarantined (design, section 3)."""

AHEAD_LIMIT_MS = 5 * 60 * 1000
BEHIND_LIMIT_MS = 7 * 24 * 3600 * 1000
"""A `ts` further ahead or behind than these is not believed: time of receipt is used (design, section 3)."""


class Channel(StrEnum):
    """The last level of a device's topic."""

    TELEMETRY = "telemetry"
    EVENT = "event"
    STATUS = "status"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One MQTT message as it arrived. `received_ms` is our own clock, in epoch milliseconds."""

    topic: str
    payload: bytes
    received_ms: int
    retained: bool = False


class Reading(msgspec.Struct, frozen=True, gc=False):
    """Named values that one device sent for one instant.

    `at_ms` is the instant that counts: `ts` where it can be believed, else time of receipt. `sent_ms` is `ts` as
    sent (None without one). `bad` names metrics that came with an impossible value; they are not in `values`.
    """

    site: str
    kind: str
    device: str
    channel: Channel
    at_ms: int
    received_ms: int
    values: dict[str, Value]
    sent_ms: int | None = None
    bad: tuple[str, ...] = ()
    clock_suspect: bool = False
    seq: int | None = None

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """(site, device, channel, `ts` as sent): the same identity again is the same reading (design, section 3)."""
        return (self.site, self.device, self.channel, self.at_ms if self.sent_ms is None else self.sent_ms)


class RejectReason(StrEnum):
    """Why something went to quarantine. Stable codes: the API and the console's catalogue use them."""

    BAD_TOPIC = "bad_topic"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_SHAPE = "wrong_shape"
    BAD_TIME = "bad_time"
    UNKNOWN_KIND = "unknown_kind"
    KIND_MISMATCH = "kind_mismatch"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_STORABLE = "not_storable"


class Reject(msgspec.Struct, frozen=True, gc=False):
    """Something that cannot be taken as a reading. `metric` is set when only one metric of a message is bad."""

    reason: RejectReason
    detail: str
    metric: str | None = None


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """What one message holds: readings to store and judge, and what of it is for quarantine."""

    readings: tuple[Reading, ...] = ()
    rejects: tuple[Reject, ...] = ()
