"""Values: which of a reading's values can be true, by its kind.

Promises: a value of the wrong type or outside its physical range is set aside alone, with its reason, and named as
bad; the others stay. An unknown metric is kept as it came, within bounds that a store can hold. Leaves to others:
the message around the values (`devices.decode`).
"""

from __future__ import annotations

import json
import math
from typing import Any

from devices.status import ONLINE
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Reject, RejectReason, Value

MAX_UNKNOWN = 64
"""Unknown metrics kept of one reading; those beyond it are set aside together."""

MAX_UNKNOWN_CHARS = 1024
"""The longest unknown text, or JSON text of an unknown object or array, that is kept."""

_MAX_NAME_CHARS = 64
_MAX_SHOWN_CHARS = 80

INT64_MAX = 2**63 - 1
"""No store holds a larger integer."""

_JSON_NAMES = {MetricType.NUMBER: "a number", MetricType.BOOLEAN: "true or false", MetricType.TEXT: "a text"}
_PYTHON_TYPES: dict[MetricType, tuple[type, ...]] = {
    MetricType.NUMBER: (int, float),
    MetricType.BOOLEAN: (bool,),
    MetricType.TEXT: (str,),
}


class ValueCheck:
    """A kind's metrics, laid out for checking thousands of values a second."""

    __slots__ = ("_booleans", "_derive", "_metrics", "_numbers", "_texts", "_words", "kind")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._derive = kind.derive
        self._metrics = {metric.name: metric for metric in (*kind.metrics, ONLINE)}
        metrics = self._metrics.values()
        self._numbers = {metric.name: _range(metric) for metric in metrics if metric.type is MetricType.NUMBER}
        self._booleans = frozenset(metric.name for metric in metrics if metric.type is MetricType.BOOLEAN)
        texts = [metric for metric in metrics if metric.type is MetricType.TEXT]
        self._words = {metric.name: frozenset(metric.choices) for metric in texts if metric.choices is not None}
        self._texts = {metric.name: metric.max_length for metric in texts if metric.choices is None}

    def check(self, values: dict[str, Any], rejects: list[Reject]) -> tuple[dict[str, Value], tuple[str, ...]]:
        """(good values and those derived from them, names of bad ones); each bad one is added to `rejects`."""
        bad: tuple[str, ...] = ()
        if not self._all_good(values):
            values, bad = self._sift(values, rejects)
        if self._derive is not None:
            derived, impossible = self._sift(self._derive(values), rejects)
            values, bad = {**values, **derived}, bad + impossible
        return values, bad

    def _all_good(self, values: dict[str, Any]) -> bool:
        """Whether all are known and possible. The usual case, so nothing is built and nothing explained."""
        for name, value in values.items():
            form = type(value)
            if form is float or form is int:
                span = self._numbers.get(name)
                if span is None or not span[0] <= value <= span[1]:
                    return False
            elif form is bool:
                if name not in self._booleans:
                    return False
            elif form is str:
                words = self._words.get(name)
                if words is not None:
                    if value not in words:
                        return False
                elif len(value) > self._texts.get(name, -1) or not _storable(value):
                    return False
            else:
                return False
        return True

    def _sift(self, values: dict[str, Any], rejects: list[Reject]) -> tuple[dict[str, Value], tuple[str, ...]]:
        good: dict[str, Value] = {}
        refused: list[Reject] = []
        unknown = 0
        for name, value in values.items():
            metric = self._metrics.get(name)
            if metric is None:
                if value is None:
                    continue
                unknown += 1
                if unknown > MAX_UNKNOWN:
                    continue
            checked = _keep(name, value) if metric is None else _known(metric, value)
            if isinstance(checked, Reject):
                refused.append(checked)
            else:
                good[name] = checked
        rejects += refused
        if unknown > MAX_UNKNOWN:
            detail = f"{unknown} unknown metrics: those after the first {MAX_UNKNOWN} were not kept"
            rejects.append(Reject(RejectReason.TOO_LARGE, detail, "*"))
        return good, tuple(reject.metric for reject in refused if reject.metric is not None)


def _known(metric: Metric, value: Any) -> Value | Reject:
    """The value of a known metric, or why it cannot be its value."""
    name = metric.name
    if type(value) not in _PYTHON_TYPES[metric.type]:
        return Reject(RejectReason.WRONG_TYPE, f"{name} is {show(value)}, not {_JSON_NAMES[metric.type]}", name)
    problem = _impossible(metric, value)
    if problem is not None:
        return Reject(RejectReason.OUT_OF_RANGE, f"{name} {problem}", name)
    if isinstance(value, str) and not _storable(value):
        return _unstorable(name, value)
    kept: Value = value
    return kept


def _impossible(metric: Metric, value: Any) -> str | None:
    """What is wrong with a value of the right type, or None."""
    if metric.type is MetricType.NUMBER:
        low, high = _range(metric)
        return None if low <= value <= high else f"is {show(value)}, outside {low:g} to {high:g} {metric.unit}".rstrip()
    if metric.choices is not None:
        return None if value in metric.choices else f"is {show(value)}, not one of {', '.join(metric.choices)}"
    if metric.type is MetricType.TEXT and len(value) > metric.max_length:
        return f"has {len(value)} characters, more than {metric.max_length}"
    return None


def _keep(name: str, value: Any) -> Value | Reject:
    """An unknown metric as it came, an object or array as its JSON text, if every store can hold it."""
    if not (0 < len(name) <= _MAX_NAME_CHARS and name.isprintable()):
        return Reject(RejectReason.NOT_STORABLE, f"{show(name)} cannot be a metric's name", show(name))
    if isinstance(value, dict | list):
        try:
            value = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            return _unstorable(name, value)
    if isinstance(value, str):
        holds = len(value) <= MAX_UNKNOWN_CHARS and _storable(value)
    else:
        holds = math.isfinite(value) if type(value) is float else -INT64_MAX <= value <= INT64_MAX
    kept: Value = value
    return kept if holds else _unstorable(name, value)


def _range(metric: Metric) -> tuple[float, float]:
    """The physical range of a number; 64 bits where none is declared, so that every store can hold it."""
    low = -INT64_MAX if metric.low is None else metric.low
    return low, INT64_MAX if metric.high is None else metric.high


def _storable(text: str) -> bool:
    """Whether every store can hold it: no NUL (PostgreSQL), no half of a surrogate pair (UTF-8)."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _unstorable(name: str, value: Any) -> Reject:
    return Reject(RejectReason.NOT_STORABLE, f"{name} is {show(value)}, too large or not a text to be kept", name)


def show(value: Any) -> str:
    """A value as it may be told and stored: printable, at most 80 characters."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, a tower of arrays
        return f"a huge {type(value).__name__}"
    return shown if len(shown) <= _MAX_SHOWN_CHARS else shown[: _MAX_SHOWN_CHARS - 3] + "..."
