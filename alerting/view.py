"""View: what a condition is judged on.

Promises: facts, instants and what the reading at hand said, in one place that is the same for every leaf; nothing here
decides. Leaves to others: making one (`alerting.examine`), judging on it (`alerting.judge`, `alerting.windows`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerting.facts import Fact
from alerting.memory import Remembered
from domain.readings import Value

Truth = bool | None

LeafMemory = list[Remembered]
"""What the leaves of one rule remember, each at its place."""

Judge = Callable[["View", LeafMemory, "list[Truth]"], Truth]
"""A condition laid out: says what it finds, keeps its leaves' memories up to date and adds their outcomes."""


class View:
    """What a rule is judged on: facts, the instant, and what the reading at hand said (nothing, for a timer).

    `now_ms` is our own clock, `instant_ms` the reading's instant by the device's. `reported` holds values to judge
    once, also late events that are no facts. `watching_ms` is since when silence counts, None while we cannot tell.
    `as_of` marks a look back at a late reading: nothing remembered applies to it.
    """

    __slots__ = (
        "as_of",
        "facts",
        "heard_ms",
        "instant_ms",
        "interval_ms",
        "is_event",
        "limits",
        "now_ms",
        "pressed",
        "registered",
        "reported",
        "review_ms",
        "still",
        "watching_ms",
    )

    def __init__(
        self,
        facts: Mapping[str, Fact],
        now_ms: int,
        *,
        limits: Mapping[str, float],
        interval_ms: int,
        heard_ms: int | None,
        registered: bool = True,
    ) -> None:
        self.facts, self.now_ms, self.heard_ms = facts, now_ms, heard_ms
        self.limits, self.interval_ms, self.registered = limits, interval_ms, registered
        self.reported: Mapping[str, Value | None] = {}
        self.is_event = False
        self.as_of = False
        self.instant_ms: int | None = None
        self.watching_ms: int | None = None
        self.review_ms: int | None = None
        self.pressed = self.still = False

    def look_again(self, at_ms: int) -> None:
        """Note that a leaf may say something else at `at_ms` without any reading."""
        if self.review_ms is None or at_ms < self.review_ms:
            self.review_ms = at_ms


def known(view: View, metric: str, age_ms: int | None) -> Value | None:
    """The value to judge, None where nothing (or, for a filter, nothing recent enough) is known."""
    fact = view.facts.get(metric)
    if fact is None or fact.value is None:
        return None
    if age_ms is not None:
        age_now_ms = view.now_ms - fact.received_ms
        if view.instant_ms is not None:
            age_now_ms = max(age_now_ms, abs(view.instant_ms - fact.at_ms))
        if age_now_ms > age_ms:
            return None
        view.look_again(view.now_ms + age_ms - age_now_ms + 1)
    return fact.value


def number_at(memory: LeafMemory, place: int) -> int | None:
    """What a leaf remembers, as a number; None for what another condition left there before the rule was changed."""
    found = memory[place]
    return found if isinstance(found, int) else None
