"""Chatter: a condition that comes and goes faster than anybody can look at it is held together as one alarm.

Three raises within a minute stretch the rule's off-delay on that subject to five minutes: the alarm stays active until
its condition was certainly gone for so long. That calm is also what ends the stretch, with the alarm's return: nothing
else has to remember it. Raising is never delayed, and a life-safety rule is never stretched.

Promises: pure functions over what a condition remembers (`alerting.memory`), so that it survives a restart. Leaves to
others: when a condition begins and ends (`alerting.settle`), telling (`alerting.desk.alarm_acts`). Figures: design,
section 5 (three raises in 60 s); the stretch is longer than the minute that it takes to chatter, and short enough that
an operator still sees on the same watch that it is over.
"""

from __future__ import annotations

from datetime import timedelta

from domain.instants import span_ms

RAISES = 3
WITHIN = timedelta(seconds=60)
STRETCHED_OFF_DELAY = timedelta(minutes=5)
"""A rule whose own off-delay is longer keeps that."""

_WITHIN_MS = span_ms(WITHIN)
_STRETCHED_MS = span_ms(STRETCHED_OFF_DELAY)


def after_raise(raises: tuple[int, ...], at_ms: int) -> tuple[int, ...]:
    """The newest raises, this one with them, as many as it takes to tell."""
    return (*recent(raises, at_ms), at_ms)[-RAISES:]


def recent(raises: tuple[int, ...], at_ms: int) -> tuple[int, ...]:
    """The raises that may still count at `at_ms`."""
    return tuple(one for one in raises if at_ms - one <= _WITHIN_MS)


def chatters(raises: tuple[int, ...]) -> bool:
    """Whether these newest raises are too many, too close together."""
    return len(raises) >= RAISES and raises[-1] - raises[-RAISES] <= _WITHIN_MS


def stretched_ms(off_delay_ms: int) -> int:
    """The off-delay of a rule that chatters."""
    return max(off_delay_ms, _STRETCHED_MS)
