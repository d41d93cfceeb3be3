"""Domain values as the text that a row's `body` holds.

Promises: the same value always gives the same text (keys and sets sorted), so that a digest of it means something;
reading the text gives an equal value back. Leaves to others: which columns stand beside it.
"""

from __future__ import annotations

import hashlib

import msgspec

_ENCODER = msgspec.json.Encoder(order="deterministic")


def write_body(value: object) -> str:
    """The value as canonical JSON. Raises TypeError for what JSON cannot hold."""
    return _ENCODER.encode(value).decode()


def digest_of(body: str) -> str:
    """The SHA-256 of a body, in hex, as an event's `digests` name it."""
    return hashlib.sha256(body.encode()).hexdigest()
