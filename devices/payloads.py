"""Payloads: from bytes to JSON values that mean one thing.

Promises: strict JSON (no NaN, no Infinity, UTF-8 without exception) and no object that names a key twice: two readers
could take it differently, and one of them might be the one who watches. Never raises, whatever bytes come.
Numbers are given as they were sent, however large. Leaves to others: what the values mean (`devices.decode`).
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from domain.readings import Reject, RejectReason

_MOST_DIGITS = 1000
"""An integer of more digits is read as infinite: it is out of every range, and parsing it would cost time."""

_fast = msgspec.json.Decoder()


class Doubled(dict[str, Any]):
    """An object that names a key twice, or that holds such an object."""


def read_payload(payload: bytes) -> Any:
    """The JSON content of a payload, or a `Reject`. Objects that name a key twice come as `Doubled`.

    The fast reader keeps the last of two equal keys without a word. So the colons of the payload are counted: as many
    as keys, and nothing was lost. A colon inside a text, or an escape that could hide one, costs a careful reading.
    """
    try:
        content = _fast.decode(payload)
    except (ValueError, RecursionError):  # the careful reader knows why, and reads numbers too large for this one
        return _read_carefully(payload)
    if payload.count(b":") == _colons(content) and b"\\" not in payload:
        return content
    return _read_carefully(payload)


def _colons(content: Any) -> int:
    """The colons that a reading, or a batch of them, is written with when no key is doubled and no text has one."""
    if type(content) is dict:
        values = content.get("values")
        sent = content.get("ts")
        count = len(content)
        if type(values) is dict:
            count += len(values)
        return count + sent.count(":") if type(sent) is str else count
    if type(content) is list:
        return sum(_colons(one) for one in content if type(one) is dict)
    return 0


def _read_carefully(payload: bytes) -> Any:
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        return Reject(RejectReason.NOT_UTF8, f"byte {error.start} is not UTF-8")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_refuse_constant)
    except RecursionError:
        return Reject(RejectReason.TOO_DEEP, "objects or arrays are nested too deeply")
    except ValueError as error:
        return Reject(RejectReason.NOT_JSON, str(error))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs) or any(_holds_doubled(value) for value in made.values()):
        return Doubled(made)
    return made


def _holds_doubled(value: Any) -> bool:
    return type(value) is Doubled or (type(value) is list and any(_holds_doubled(one) for one in value))


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
