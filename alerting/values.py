"""Values: what the plain leaves of a condition find in a value.

Promises: one place for what is equal, and for what is past a level, so that judging with its reasons
(`alerting.judge`) and without them (`alerting.rest`) cannot differ. Pure.
Leaves to others: which value (`alerting.view`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.readings import Value
from domain.rules import Level, LimitOf

Truth = bool | None


def level_of(level: Level, limits: Mapping[str, float]) -> float | None:
    """The level in the metric's unit; None where the device and its kind do not give the limit it is taken from."""
    if not isinstance(level, LimitOf):
        return level
    limit = limits.get(level.limit)
    return None if limit is None else limit * level.times


def one_of(values: tuple[Value, ...]) -> Callable[[Value | None], Truth]:
    """Whether a value is among these; of none nothing is known. `true` is not 1."""
    truths = tuple(value for value in values if isinstance(value, bool))
    others = tuple(value for value in values if not isinstance(value, bool))

    def found(value: Value | None) -> Truth:
        if value is None:
            return None
        return value in (truths if isinstance(value, bool) else others)

    return found


def beyond(
    value: Value | None, level: Level, clear: Level | None, sign: float, limits: Mapping[str, float], *, was_past: bool
) -> tuple[Truth, bool]:
    """Above (`sign` 1) and below (-1): whether it is past the level, or was and is not back at the clear level; and
    whether that hangs on what came before.
    """
    raised = level_of(level, limits)
    if raised is None or not isinstance(value, int | float) or isinstance(value, bool):
        return None, False
    if (value - raised) * sign > 0:
        return True, False
    cleared = raised if clear is None else level_of(clear, limits)
    between = cleared is not None and (value - cleared) * sign > 0
    return was_past and between, between
