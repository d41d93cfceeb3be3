"""Late: what readings older than the newest judged still have to say.

Promises: life-safety is raised however late, and a late event is judged once, on what was known as of its instant;
the newer facts stay as they are. What was told before is recognised by its instant, so that telemetry that comes
again raises nothing (a device that spreads one instant over several messages, out of order, may be told of twice:
rather twice than never). All instants here are the device's own clock. Pure.
Leaves to others: recognising an event that comes again (`alerting.facts`), raising (`alerting.examine`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from alerting.facts import Fact
from alerting.judge import RuleInForce
from alerting.memory import ConditionMemory, LateRun
from domain.readings import Reading, Value

RUN_GAP_MS = 5 * 60 * 1000
"""Late readings that said true and are further apart than this are two occurrences, not one that lasted."""

SPANS_REMEMBERED = 16

Spans = tuple[tuple[int, int], ...]


def facts_as_of(known: Mapping[str, Fact], reading: Reading, values: Mapping[str, Value | None]) -> dict[str, Fact]:
    """What was known at the reading's instant: its own values, and facts that are not newer."""
    at_ms = reading.at_ms
    older = {metric: fact for metric, fact in known.items() if fact.at_ms <= at_ms}
    own = {metric: Fact(value, at_ms, reading.received_ms, reading.channel) for metric, value in values.items()}
    return {**older, **own}


def tell(told: Spans, at_ms: int, *, goes_on: bool) -> Spans:
    """The spans with `at_ms`, which lengthens the newest span when the truth `goes_on` from there."""
    if told and goes_on and at_ms >= told[-1][0]:
        return (*told[:-1], (told[-1][0], max(told[-1][1], at_ms)))
    if was_told(told, at_ms):
        return told
    return (*told[-(SPANS_REMEMBERED - 1) :], (at_ms, at_ms))


def was_told(told: Spans, at_ms: int) -> bool:
    """Whether telemetry of that instant is known to have said true."""
    return any(start <= at_ms <= end for start, end in told)


class LateTruth(msgspec.Struct, frozen=True):
    """What a late reading that says true makes of the rule. `news`: it must be told now."""

    memory: ConditionMemory
    news: bool


def say_true(rule: RuleInForce, memory: ConditionMemory, at_ms: int, *, telemetry: bool) -> LateTruth:
    """A late reading of `at_ms` says that the condition was true.

    It is news once its run outlasts the rule's on-delay. Late readings that said false do not split a run: whether
    one of them was known before cannot be told, and what comes again must change nothing.
    """
    if telemetry and was_told(memory.told, at_ms):
        return LateTruth(memory, news=False)
    told = tell(memory.told, at_ms, goes_on=False) if telemetry else memory.told
    run = memory.late
    if run is None or not run.from_ms - RUN_GAP_MS <= at_ms <= run.to_ms + RUN_GAP_MS:
        begun, news = LateRun(at_ms, at_ms), rule.on_delay_ms == 0
    else:
        begun = LateRun(min(run.from_ms, at_ms), max(run.to_ms, at_ms))
        outlasted = run.to_ms - run.from_ms >= rule.on_delay_ms
        news = not outlasted and begun.to_ms - begun.from_ms >= rule.on_delay_ms
    return LateTruth(msgspec.structs.replace(memory, told=told, late=begun), news)
