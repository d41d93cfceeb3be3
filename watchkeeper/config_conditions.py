"""Conditions against what a kind measures.

Promises: a rule that could never be true, or would be judged on a metric, limit, word or unit that the kind does not
have, is a problem before the start. Leaves to others: the shape of a condition (`config_toml`), judging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any as Anything

from devices.clock import DEVICE_CLOCK
from devices.status import ONLINE
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Value
from domain.rules import (
    MOST_TIMES,
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
    LimitOf,
    Missing,
    Not,
    Pressed,
    Rate,
    Rule,
    Silent,
    Some,
    misplaced,
)
from watchkeeper.config_errors import Problems

_LEVELLED = ("above", "below", "rate")

_SHARED = {metric.name: metric for metric in (ONLINE, DEVICE_CLOCK)}
"""Metrics that every kind has and none declares."""


def take_units(raw: Anything, place: str) -> Iterator[tuple[str, str, str]]:
    """Take every `unit` beside a level out of a raw condition: (place, metric, unit), to be checked by `check_unit`.

    Conditions hold levels in the metric's own unit; a unit written beside one is a check of what the writer meant.
    """
    if isinstance(raw, list):
        for number, one in enumerate(raw):
            yield from take_units(one, f"{place}[{number}]")
    elif isinstance(raw, dict):
        if raw.get("is") in _LEVELLED and "unit" in raw:
            yield f"{place}.unit", str(raw.get("metric")), str(raw.pop("unit"))
        for key in ("of", "condition", "unless"):
            if key in raw:
                yield from take_units(raw[key], f"{place}.{key}")


class ConditionCheck:
    """Checks the conditions of one kind's rules, noting what is wrong."""

    def __init__(
        self, kind: Kind, groups: Mapping[str, tuple[Value, ...]], problems: Problems, kinds: Mapping[str, Kind]
    ) -> None:
        """`groups` are the code groups of `kind`; `kinds` those of which a rule over a building may speak."""
        self._kind, self._groups, self._problems, self._kinds = kind, groups, problems, kinds

    def check_place(self, rule: Rule, place: str) -> None:
        """Note a part that cannot stand in a rule over a device, or over a building."""
        for name, condition in (("when", rule.when), ("unless", rule.unless)):
            wrong = None if condition is None else misplaced(condition, over=rule.over)
            if wrong is not None:
                tag = str(wrong.__struct_config__.tag)
                remedy = (
                    "Over a building write `some` or `alarmed`; within `some`, what a device says now, without `clear`."
                )
                self._problems.add(
                    f"{place}.{name}", f"{tag!r} cannot stand there in a rule over a {rule.over}", remedy
                )

    def check(self, condition: Condition, place: str) -> None:
        """Note what is wrong with a condition and all within it."""
        match condition:
            case All(of=parts) | Any(of=parts):
                if not parts:
                    self._problems.add(f"{place}.of", "it is empty", "Name at least one condition.")
                for number, part in enumerate(parts):
                    self.check(part, f"{place}.of[{number}]")
            case Not(condition=inner):
                self.check(inner, f"{place}.condition")
            case Count(condition=inner, times=times, within=within):
                self._times(times, within, place)
                self.check(inner, f"{place}.condition")
            case Some() | Alarmed() | Silent() | Bad():
                self._without_metric(condition, place)
            case _:
                metric = self._metric(condition.metric, f"{place}.metric")
                if metric is not None:
                    self._about(condition, metric, place)

    def check_unit(self, place: str, metric_name: str, unit: str) -> None:
        """Note a unit that is not the metric's."""
        metric = self._kind.metric(metric_name)
        if metric is not None and metric.unit != unit:
            has = f"in {metric.unit}" if metric.unit else "without a unit"
            self._problems.add(
                place, f"{metric_name} is {has}, not in {unit!r}", "Give the level in that unit, and correct the unit."
            )

    def _metric(self, name: str, place: str) -> Metric | None:
        metric = self._kind.metric(name) or _SHARED.get(name)
        if metric is None:
            self._problems.unknown(
                place, f"metric of {self._kind.name}", name, [one.name for one in self._kind.metrics]
            )
        return metric

    def _about(self, condition: Condition, metric: Metric, place: str) -> None:
        match condition:
            case Equals(value=value):
                self._value(value, metric, f"{place}.value")
            case In(values=values):
                if not values:
                    self._problems.add(f"{place}.values", "it is empty", "Name at least one value.")
                for number, value in enumerate(values):
                    self._value(value, metric, f"{place}.values[{number}]")
            case Coded(group=group):
                if group not in self._groups:
                    self._problems.unknown(f"{place}.group", "group of fault codes", group, self._groups)
            case Above() | Below():
                self._levels(condition, metric, place)
            case Pressed(holds=holds):
                self._typed(metric, MetricType.BOOLEAN, place)
                self._positive(holds, f"{place}.holds")
            case Missing(value=value, after=after):
                self._value(value, metric, f"{place}.value")
                self._positive(after, f"{place}.after")
            case Rate():
                self._rate(condition, metric, place)
            case Changed(times=times, within=within):
                self._times(times, within, place)
            case _:
                pass

    def _without_metric(self, condition: Some | Alarmed | Silent | Bad, place: str) -> None:
        match condition:
            case Some():
                self._some(condition, place)
            case Alarmed(rule=name):
                rules = {rule.name for kind in self._kinds.values() for rule in kind.rules}
                if name not in rules:
                    self._problems.unknown(f"{place}.rule", "name of a rule", name, rules)
            case Silent(after=after, intervals=intervals):
                self._silent(after, intervals, place)
            case Bad(metric=name, after=after):
                if name is not None:
                    self._metric(name, f"{place}.metric")
                if after < timedelta(0):
                    self._problems.add(f"{place}.after", "it is less than nothing", "Write a span.")

    def _some(self, some: Some, place: str) -> None:
        kind = self._kinds.get(some.kind)
        if kind is None:
            self._problems.unknown(f"{place}.kind", "kind", some.kind, self._kinds)
            return
        groups = self._groups if kind.name == self._kind.name else {}
        members = ConditionCheck(kind, groups, self._problems, self._kinds)
        members.check(some.condition, f"{place}.condition")
        if some.unless is not None:
            members.check(some.unless, f"{place}.unless")

    def _rate(self, rate: Rate, metric: Metric, place: str) -> None:
        self._typed(metric, MetricType.NUMBER, place)
        self._positive(rate.per, f"{place}.per")
        if (rate.above is None) == (rate.below is None):
            self._problems.add(place, "a change is judged `above` or `below`", "Give one of the two.")
        for name, level in (("above", rate.above), ("below", rate.below)):
            if level is not None and not level > 0:
                remedy = "Write how much it rises (`above`) or falls (`below`), as a number over 0."
                self._problems.add(f"{place}.{name}", "it is no change", remedy)

    def _times(self, times: int, within: timedelta, place: str) -> None:
        self._positive(within, f"{place}.within")
        if not 1 <= times <= MOST_TIMES:
            remedy = f"Write a whole number from 1 to {MOST_TIMES}."
            self._problems.add(f"{place}.times", f"{times} times cannot be counted", remedy)

    def _value(self, value: Value, metric: Metric, place: str) -> None:
        given = (
            MetricType.BOOLEAN
            if isinstance(value, bool)
            else MetricType.TEXT
            if isinstance(value, str)
            else MetricType.NUMBER
        )
        if given is not metric.type:
            self._problems.add(
                place,
                f"{metric.name} is a {metric.type.value} metric, {value!r} is a {given.value}",
                f"Write a {metric.type.value}.",
            )
        elif metric.choices is not None and value not in metric.choices:
            self._problems.unknown(place, f"word of {metric.name}", str(value), metric.choices)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._within(value, metric, place)

    def _levels(self, condition: Above | Below, metric: Metric, place: str) -> None:
        if not self._typed(metric, MetricType.NUMBER, place):
            return
        level = self._level(condition.level, metric, f"{place}.level")
        clear = None if condition.clear is None else self._level(condition.clear, metric, f"{place}.clear")
        if level is None or clear is None:
            return
        wrong = clear > level if isinstance(condition, Above) else clear < level
        if wrong:
            side = "over" if isinstance(condition, Above) else "under"
            self._problems.add(
                f"{place}.clear", f"it is {side} the level, so the alarm would end before it began", "Swap the two."
            )

    def _level(self, level: Level, metric: Metric, place: str) -> float | None:
        if not isinstance(level, LimitOf):
            self._within(level, metric, place)
            return level
        limit = next((one for one in self._kind.limits if one.name == level.limit), None)
        if limit is None:
            known = [one.name for one in self._kind.limits]
            self._problems.unknown(f"{place}.limit", f"limit of {self._kind.name}", level.limit, known)
            return None
        if limit.unit != metric.unit:
            problem = f"{limit.name} is in {limit.unit!r}, {metric.name} in {metric.unit!r}"
            self._problems.add(f"{place}.limit", problem, "Use a limit in the metric's unit.")
        return limit.default * level.times

    def _within(self, value: float, metric: Metric, place: str) -> None:
        low = metric.low if metric.low is not None else value
        high = metric.high if metric.high is not None else value
        if not low <= value <= high:
            self._problems.add(
                place, f"{metric.name} is never {value} {metric.unit}".rstrip(), f"It lies between {low} and {high}."
            )

    def _typed(self, metric: Metric, wanted: MetricType, place: str) -> bool:
        if metric.type is wanted:
            return True
        problem = f"{metric.name} is a {metric.type.value} metric, this needs a {wanted.value}"
        self._problems.add(f"{place}.metric", problem, "Use another condition or another metric.")
        return False

    def _positive(self, span: timedelta, place: str) -> None:
        if span <= timedelta(0):
            self._problems.add(place, "it is no time at all", "Write a span longer than nothing.")

    def _silent(self, after: timedelta | None, intervals: float | None, place: str) -> None:
        if (after is None) == (intervals is None):
            self._problems.add(place, "silence is counted by `after` or by `intervals`", "Give one of the two.")
        if after is not None:
            self._positive(after, f"{place}.after")
        if intervals is not None and not intervals > 0:
            self._problems.add(f"{place}.intervals", "it is no time at all", "Write a number over 0.")
