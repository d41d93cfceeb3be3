"""A second, slow reading of what conditions mean, to look at a kind's rules without the alerting core.

Promises: three-valued logic over the latest values; levels without their clear level, buttons while they are true.
Silence and missing reports are told to nobody here: they need a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.assets import Device
from domain.kinds import Kind, Report
from domain.readings import Value
from domain.rules import (
    Above,
    All,
    Any,
    Below,
    Coded,
    Condition,
    Equals,
    In,
    Level,
    LimitOf,
    Missing,
    Not,
    Over,
    Pressed,
    Rule,
    Silent,
)

Truth = bool | None


def truth(  # noqa: PLR0911 - one answer a condition
    condition: Condition, values: Mapping[str, Value], limits: Mapping[str, float], codes: Mapping[str, frozenset[str]]
) -> Truth:
    """True, False, or None where an unknown value leaves it open."""

    def level(of: Level) -> float:
        return limits[of.limit] * of.times if isinstance(of, LimitOf) else of

    match condition:
        case All(of=parts):
            found = [truth(part, values, limits, codes) for part in parts]
            return False if False in found else None if None in found else True
        case Any(of=parts):
            found = [truth(part, values, limits, codes) for part in parts]
            return True if True in found else None if None in found else False
        case Not(condition=inner):
            said = truth(inner, values, limits, codes)
            return None if said is None else not said
        case Silent() | Missing():
            return None
    if condition.metric not in values:
        return None
    value = values[condition.metric]
    match condition:
        case Equals(value=wanted):
            return value == wanted
        case In(values=wanted):
            return value in wanted
        case Coded(group=group):
            return value in codes[group]
        case Above(level=over):
            return float(value) > level(over)
        case Below(level=under):
            return float(value) < level(under)
        case Pressed():
            return value is True


class Watch:
    """Follows one device's reports and notes which rules became active, holds included."""

    def __init__(self, kind: Kind, device: Device, codes: Mapping[str, frozenset[str]]) -> None:
        rules = [rule for rule in kind.rules if rule.over is Over.DEVICE]
        self._rules = [rule for rule in rules if rule.only <= device.tags and not rule.never & device.tags]
        self._limits = {limit.name: limit.default for limit in kind.limits} | device.limits
        self._derive = kind.derive
        self._codes = codes
        self._values: dict[str, Value] = {}
        self._since: dict[str, datetime] = {}
        self.raised: dict[str, datetime] = {}

    def see(self, reports: Iterable[Report], at: datetime) -> None:
        """Take reports of one instant."""
        for report in reports:
            self._values.update(report.values)
            if self._derive is not None:
                self._values.update(self._derive(self._values))
            for rule in self._rules:
                self._judge(rule, at)

    def _judge(self, rule: Rule, at: datetime) -> None:
        holds = truth(rule.when, self._values, self._limits, self._codes) is True and (
            rule.unless is None or truth(rule.unless, self._values, self._limits, self._codes) is not True
        )
        if not holds:
            self._since.pop(rule.name, None)
        elif at - self._since.setdefault(rule.name, at) >= rule.on_delay:
            self.raised.setdefault(rule.name, at)
