"""Topics: who sent a message, from where it was sent to.

Promises: `wk/v1/{site}/{kind}/{device}/{channel}` read strictly, names `[A-Za-z0-9_-]{1,64}`; whatever else comes is a
`Reject` that says what is wrong. Leaves to others: whether that kind and device exist, and who may publish there (the
broker's access list).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from domain.readings import Channel, Reject, RejectReason

PREFIX = "wk/v1/"

MAX_TOPIC_CHARS = 256
"""More than the longest valid topic has (6 + 3 x 65 + 9); a longer one is refused unread, and never cached."""

_FORM = re.compile(r"wk/v1/([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,64})/([A-Za-z0-9_-]{1,64})/([a-z]+)")
_CHANNELS = {channel.value: channel for channel in Channel}


class Address(NamedTuple):
    """What a topic says."""

    site: str
    kind: str
    device: str
    channel: Channel


def read_topic(topic: str) -> Address | Reject:
    """The address in a topic, or why there is none. Devices repeat theirs, so the answer is cached."""
    if len(topic) > MAX_TOPIC_CHARS:
        return Reject(RejectReason.BAD_TOPIC, f"the topic has {len(topic)} characters, more than {MAX_TOPIC_CHARS}")
    return _read(topic)


@lru_cache(maxsize=32_768)
def _read(topic: str) -> Address | Reject:
    match = _FORM.fullmatch(topic)
    if match is None:
        return Reject(
            RejectReason.BAD_TOPIC,
            "the topic is not wk/v1/{site}/{kind}/{device}/{channel} with names of 1 to 64 letters, digits, _ or -",
        )
    site, kind, device, name = match.groups()
    channel = _CHANNELS.get(name)
    if channel is None:
        return Reject(RejectReason.BAD_TOPIC, f"{name[:64]!r} is not a channel; there are {', '.join(_CHANNELS)}")
    return Address(site, kind, device, channel)
