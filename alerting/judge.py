"""Judge: does a rule's condition hold on what is known of a device?

Promises: three-valued (Kleene) logic: True, False, and None where a value is missing or bad. A rule is laid out once
as `RuleInForce`; judging it is pure. A filter (`unless`) counts only when certainly true on values that are recent
both by receipt and beside the instant judged: an unknown or old value never hides an alarm.
Leaves to others: delays and edges (`alerting.settle`), which rules to judge (`alerting.examine`).

What a leaf remembers is one number or None: above/below 1 while past its level; pressed the instant until which it
lasts; silent the receipt after which silence was found; missing the instant from which it counts. Leaves that look at
a window (`alerting.windows`) remember what they saw in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerting.facts import same
from alerting.memory import Remembered
from alerting.rest import rest_of
from alerting.values import beyond, one_of
from alerting.view import Judge, LeafMemory, Truth, View, known, number_at
from alerting.windows import bad, changed, counted, rate
from domain.errors import ConfigError
from domain.instants import span_ms
from domain.readings import Value
from domain.rules import (
    Above,
    Alarmed,
    All,
    Any,
    Bad,
    Below,
    Changed,
    Coded,
    Condition,
    Count,
    Equals,
    In,
    Level,
    Missing,
    Not,
    Pressed,
    Rate,
    Rule,
    Silent,
    Some,
    metrics_of,
)

HELD = 1 << 62
"""A press that lasts until `false`: later than any instant."""

NEVER_HEARD = -1

_Leaf = Equals | In | Above | Below | Pressed | Silent | Missing | Rate | Changed | Bad


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What judging found, and why: `outcomes` are the leaves' own, in the order of `RuleInForce.leaves`.

    `when` is the condition without its filter, `filtered` whether the filter hid it. `pressed`: a button was pressed
    anew on the event channel; `still`: telemetry says that it is still held. `review_ms`: when time alone may
    change the verdict.
    """

    holds: Truth
    when: Truth
    filtered: bool
    outcomes: tuple[Truth, ...]
    leaves: tuple[Remembered, ...]
    review_ms: int | None = None
    pressed: bool = False
    still: bool = False


class RuleInForce:
    """A rule, laid out for judging thousands of times a second.

    Raises ConfigError for a condition with an unresolved code group.
    """

    __slots__ = (
        "_unless",
        "_when",
        "any_metric",
        "clocked",
        "leaves",
        "may_stretch",
        "metrics",
        "nothing",
        "off_delay_ms",
        "on_delay_ms",
        "presses",
        "reported",
        "rest",
        "rule",
        "turns_on",
        "unless_leaves",
    )

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.on_delay_ms, self.off_delay_ms = span_ms(rule.on_delay), span_ms(rule.off_delay)
        self.may_stretch = not rule.life_safety
        leaves: list[Condition] = []
        self._when = layout(rule.when, leaves, None, rule)
        self.unless_leaves = len(leaves)
        self._unless = None if rule.unless is None else layout(rule.unless, leaves, span_ms(rule.unless_age), rule)
        self.leaves = tuple(leaves)
        self.rest = rest_of(rule, leaves, self.unless_leaves)
        """How to tell without judging that nothing changes, for a rule whose condition allows it."""
        self.nothing: tuple[Remembered, ...] = (None,) * len(leaves)
        self.metrics = frozenset().union(*(metrics_of(leaf) for leaf in leaves))
        self.turns_on = frozenset().union(
            *(metrics_of(leaf) for leaf in leaves[: self.unless_leaves]),
            *(metrics_of(leaf) for leaf in leaves if isinstance(leaf, Above | Below | Rate | Changed | Bad | Count)),
        )
        """Metrics whose change may turn it on, or must be followed for the sake of what came before."""
        self.presses = any(isinstance(leaf, Pressed) for leaf in leaves)
        self.reported = frozenset(leaf.metric for leaf in leaves if isinstance(leaf, Pressed | Missing | Rate))
        self.clocked = any(isinstance(leaf, Silent | Missing) for leaf in leaves)
        self.any_metric = any(isinstance(leaf, Bad) and leaf.metric is None for leaf in leaves)
        """Whether every metric of the kind concerns it."""

    def judge(self, remembered: Sequence[Remembered], view: View) -> Verdict:
        """The verdict at `view.now_ms`, given what the leaves remember."""
        memory = list(remembered) if len(remembered) == len(self.nothing) else list(self.nothing)
        outcomes: list[Truth] = []
        view.review_ms, view.pressed, view.still = None, False, False
        when = self._when(view, memory, outcomes)
        holds, filtered = when, False
        if self._unless is not None:
            without_filter_ms = view.review_ms
            if self._unless(view, memory, outcomes) is True and when is not False:
                holds, filtered = False, True
            else:
                view.review_ms = without_filter_ms  # values of a filter that hides nothing may grow old
        return Verdict(
            holds, when, filtered, tuple(outcomes), tuple(memory), view.review_ms, view.pressed, view.still
        )  # fmt: skip


def layout(condition: Condition, leaves: list[Condition], age_ms: int | None, rule: Rule) -> Judge:
    """The condition as one function; its leaves are added to `leaves`. `age_ms` bounds the values of a filter."""
    match condition:
        case All(of=parts):
            return _all([layout(part, leaves, age_ms, rule) for part in parts])
        case Any(of=parts):
            return _any([layout(part, leaves, age_ms, rule) for part in parts])
        case Not(condition=inner):
            return _not(layout(inner, leaves, age_ms, rule))
        case Count(condition=inner):
            counting = layout(inner, leaves, age_ms, rule)
            leaves.append(condition)
            return counted(counting, condition, age_ms, len(leaves) - 1)
        case Some() | Alarmed():
            raise ConfigError(
                file="rules",
                place=f"{rule.id}.when",
                problem="it looks at the devices of a building",
                remedy='Set over = "building"',
            )
        case Coded(group=group):
            raise ConfigError(
                file="rules",
                place=f"{rule.id}.when",
                problem=f"the code group {group!r} was not resolved",
                remedy="Name a group of the fault code map",
            )
        case _:
            leaves.append(condition)
            return _leaf(condition, len(leaves) - 1, age_ms)


def _leaf(leaf: _Leaf, place: int, age_ms: int | None) -> Judge:
    """A leaf as a function; `place` is where its memory is."""
    match leaf:
        case Equals(metric=metric, value=value):
            judge = _one_of(metric, (value,), age_ms)
        case In(metric=metric, values=values):
            judge = _one_of(metric, values, age_ms)
        case Above(metric=metric, level=level, clear=clear):
            judge = _beyond(metric, level, clear, 1.0, age_ms, place)
        case Below(metric=metric, level=level, clear=clear):
            judge = _beyond(metric, level, clear, -1.0, age_ms, place)
        case Pressed(metric=metric, holds=holds):
            judge = _pressed(metric, span_ms(holds), place)
        case Silent(after=after, intervals=intervals):
            judge = _silent(None if after is None else span_ms(after), intervals or 1.0, place)
        case Missing(metric=metric, value=value, after=after):
            judge = _missing(metric, value, span_ms(after), place)
        case Rate():
            judge = rate(leaf, age_ms, place)
        case Changed():
            judge = changed(leaf, age_ms, place)
        case Bad(metric=one, after=after):
            judge = bad(one, span_ms(after), place)
    return judge


def _all(parts: Sequence[Judge]) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        result: Truth = True
        for part in parts:  # every part is judged: each leaf keeps its own memory up to date
            one = part(view, memory, outcomes)
            if one is not True and result is not False:
                result = one
        return result

    return judge


def _any(parts: Sequence[Judge]) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        result: Truth = False
        for part in parts:
            one = part(view, memory, outcomes)
            if one is not False and result is not True:
                result = one
        return result

    return judge


def _not(inner: Judge) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        one = inner(view, memory, outcomes)
        return None if one is None else not one

    return judge


def _one_of(metric: str, values: tuple[Value, ...], age_ms: int | None) -> Judge:
    found = one_of(values)

    def judge(view: View, _: LeafMemory, outcomes: list[Truth]) -> Truth:
        result = found(known(view, metric, age_ms))
        outcomes.append(result)
        return result

    return judge


def _beyond(metric: str, level: Level, clear: Level | None, sign: float, age_ms: int | None, place: int) -> Judge:
    """Above (`sign` 1) and below (-1): past the level until back at the clear level."""

    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        value = known(view, metric, age_ms)
        was_past = memory[place] is not None
        result, depends = beyond(value, level, clear, sign, view.limits, was_past=was_past)
        if result is not None:
            memory[place] = 1 if result else None
        if view.as_of and depends:
            result = None  # between the two levels it depends on what came before, which a look back cannot tell
        outcomes.append(result)
        return result

    return judge


def _pressed(metric: str, holds_ms: int, place: int) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        until = number_at(memory, place)
        ran_out = until is not None and view.now_ms >= until
        if ran_out:
            until = None
        said = view.reported.get(metric)
        if said is True and view.is_event:
            view.pressed = True
            until = max(until or 0, view.now_ms + holds_ms)
        elif said is True:
            view.still = until is not None
            until = HELD
        elif said is False:
            until = None
        fact = view.facts.get(metric)
        unknown = said is None and (fact is None or fact.value is None)
        result: Truth = until is not None
        if unknown and (until is None or until == HELD) and not ran_out:
            result = None
        if until is not None and until != HELD:
            view.look_again(until)
        memory[place] = until
        outcomes.append(result)
        return result

    return judge


def _silent(after_ms: int | None, intervals: float, place: int) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        heard = NEVER_HEARD if view.heard_ms is None else view.heard_ms
        found = number_at(memory, place)
        result: Truth
        if view.as_of or (heard == NEVER_HEARD and not view.registered):
            result = None
        elif found is not None and found == heard:
            result = True  # still silent, also after a restart
        else:
            memory[place] = None
            span = int(view.interval_ms * intervals) if after_ms is None else after_ms
            counts_from = heard if view.watching_ms is None else max(heard, view.watching_ms)
            silent = view.now_ms - counts_from >= span
            if not silent:
                result = False
                view.look_again(counts_from + span)
            elif view.watching_ms is None:
                result = None  # long ago, but we were not listening
            else:
                result = True
                memory[place] = heard
        outcomes.append(result)
        return result

    return judge


def _missing(metric: str, value: Value, after_ms: int, place: int) -> Judge:
    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        counts_from = number_at(memory, place)
        result: Truth = None
        if not view.as_of and view.heard_ms is not None:  # of a device never heard from, silence speaks
            if counts_from is None or same(view.reported.get(metric), value):
                counts_from = memory[place] = view.now_ms
            if view.now_ms - counts_from < after_ms:
                result = False
                view.look_again(counts_from + after_ms)
            elif view.watching_ms is not None:  # else it may have been reported while we were not listening
                result = True
        outcomes.append(result)
        return result

    return judge
