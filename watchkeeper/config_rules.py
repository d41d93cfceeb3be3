"""`rules.toml`: the site's own rules, and its changes of the shipped ones.

Promises: the whole rule set, every condition checked against its kind, fault code groups resolved. A life-safety rule
can be neither disabled, lowered, delayed nor rewritten. Leaves to others: the shape (`config_toml`), judging.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.kinds import Kind
from domain.rules import Condition, Rule, Severity, resolve_codes
from domain.workorders import Template
from watchkeeper.config_codes import CodeMap
from watchkeeper.config_conditions import ConditionCheck, take_units
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import convert, each_table, read_toml, tables

FILE = "rules.toml"


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of a shipped rule. What is left out stays; `reason` is for whoever asks later."""

    rule: str
    reason: str
    disabled: bool = False
    severity: Severity | None = None
    on_delay: timedelta | None = None
    off_delay: timedelta | None = None
    time_to_respond: timedelta | None = None
    template: str | None = None
    when: Condition | None = None
    unless: Condition | None = None


_CHANGES = ("severity", "on_delay", "off_delay", "time_to_respond", "template", "when", "unless")


class RuleFile:
    """Reads `rules.toml` over the kinds' own rules."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        codes: Mapping[str, CodeMap],
        templates: Mapping[str, Template],
        problems: Problems,
    ) -> None:
        self._kinds, self._templates, self._problems = kinds, templates, problems
        self._groups = {name: codes[name].groups if name in codes else {} for name in kinds}
        self._rules = {rule.id: rule for kind in kinds.values() for rule in kind.rules}

    def load(self, file: Path) -> tuple[Rule, ...]:
        """All rules, those of the kinds first. What is wrong is noted."""
        for rule in self._rules.values():
            self._check(rule, f"({rule.id})")
        raw = read_toml(file)
        tables(raw, ("rule", "override"), self._problems)
        for place, table in each_table(raw, "rule", self._problems):
            self._add(table, place)
        changed: set[str] = set()
        for place, table in each_table(raw, "override", self._problems):
            self._override(table, place, changed)
        return () if self._problems.errors else tuple(self._resolved(rule) for rule in self._rules.values())

    def _add(self, table: dict[str, Any], place: str) -> None:
        units = [*take_units(table.get("when"), f"{place}.when"), *take_units(table.get("unless"), f"{place}.unless")]
        rule = convert(table, Rule, place, self._problems)
        if rule is None:
            return
        if rule.kind not in self._kinds:
            self._problems.unknown(f"{place}.kind", "kind", rule.kind, self._kinds)
        elif rule.id in self._rules:
            remedy = f'Name it differently, or change the other with [[override]] rule = "{rule.id}".'
            self._problems.add(f"{place}.name", f"there is a rule {rule.id!r} already", remedy)
        else:
            self._check(rule, place, units)
            self._rules[rule.id] = rule

    def _override(self, table: dict[str, Any], place: str, changed: set[str]) -> None:
        units = [*take_units(table.get("when"), f"{place}.when"), *take_units(table.get("unless"), f"{place}.unless")]
        override = convert(table, Override, place, self._problems)
        if override is None:
            return
        rule = self._rules.get(override.rule)
        if override.rule in changed:
            self._problems.add(f"{place}.rule", f"{override.rule!r} is changed twice", "Make it one [[override]].")
        elif rule is None:
            self._problems.unknown(f"{place}.rule", "rule", override.rule, self._rules)
        elif not override.reason.strip():
            self._problems.add(f"{place}.reason", "a change needs its reason", "Say why, for whoever asks later.")
        elif self._may_change(rule, override, place):
            changed.add(rule.id)
            given = {name: getattr(override, name) for name in _CHANGES if getattr(override, name) is not None}
            after = replace(rule, **given)
            self._check(after, place, units)
            self._rules[rule.id] = after
            if override.disabled:
                del self._rules[rule.id]

    def _may_change(self, rule: Rule, override: Override, place: str) -> bool:
        if not rule.life_safety:
            return True
        refused = {
            "disabled": override.disabled,
            "severity": override.severity is not None and override.severity.rank > rule.severity.rank,
            "on_delay": override.on_delay is not None and override.on_delay > rule.on_delay,
            "when": override.when is not None,
            "unless": override.unless is not None,
        }
        for name, wrong in refused.items():
            if wrong:
                self._problems.add(
                    f"{place}.{name}",
                    f"{rule.id!r} is a life-safety rule: it cannot be disabled, lowered, delayed or rewritten",
                    "Remove the line.",
                )
        return not any(refused.values())

    def _check(self, rule: Rule, place: str, units: list[tuple[str, str, str]] | None = None) -> None:
        check = ConditionCheck(self._kinds[rule.kind], self._groups[rule.kind], self._problems, self._kinds)
        check.check_place(rule, place)
        check.check(rule.when, f"{place}.when")
        if rule.unless is not None:
            check.check(rule.unless, f"{place}.unless")
        for unit in units or ():
            check.check_unit(*unit)
        if rule.template is not None and rule.template not in self._templates:
            self._problems.unknown(f"{place}.template", "template", rule.template, self._templates)

    def _resolved(self, rule: Rule) -> Rule:
        groups = self._groups[rule.kind]
        unless = None if rule.unless is None else resolve_codes(rule.unless, groups)
        return replace(rule, when=resolve_codes(rule.when, groups), unless=unless)
