"""Roster: who is watched, by which rules, with which limits.

Promises: the registry as judging needs it, laid out once and loaded anew when the registry changed; a device nobody
registered is taken on when it first reports, within bounds. Pure but for what it holds.
Leaves to others: reading and writing the registry (`alerting.turn`, `alerting.entry`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from alerting.judge import RuleInForce
from alerting.values import level_of
from devices.status import ONLINE
from domain.assets import Adoption, Device, Site
from domain.instants import span_ms
from domain.kinds import Kind, MetricType
from domain.overrides import Override, in_force, may_be
from domain.readings import Reading, Value
from domain.rules import Above, Bad, Below, Over, Rule, Severity, metrics_of
from domain.texts import text

DISCOVERED_MOST = 10_000
"""Discovered devices of a site; those beyond are refused and counted: names are free, memory is not."""

SITES_MOST = 1_000
"""Sites in all before an unknown one is no longer taken on by itself."""

Key = tuple[str, str]
"""(site, device)."""

Severities = tuple[tuple[str, Severity], ...]
"""Other severities than the rules' own, by the name of the rule, in order."""

_LEVELLED = Above | Below | Bad
"""Leaves to which a number is good or bad, on this side of a level or on that."""


class RuleBook:
    """The rules in force for devices of one kind and one set of tags."""

    def __init__(self, kind: Kind, rules: Sequence[RuleInForce]) -> None:
        self.rules = tuple(rules)
        self.place = {rule.rule.name: place for place, rule in enumerate(rules)}
        self.names = tuple(rule.rule.name for rule in rules)
        self.metrics = frozenset(metric.name for metric in kind.metrics) | {ONLINE.name}
        self.clocked = tuple(place for place, rule in enumerate(rules) if rule.clocked)
        self.by_metric: dict[str, tuple[int, ...]] = {}
        """Rules to judge when the metric's value changes. A filter matters only to rules that are engaged anyway."""
        self.by_report: dict[str, tuple[int, ...]] = {}
        """Rules to judge at every report of the metric, changed or not."""
        for place, rule in enumerate(rules):
            for metric in self.metrics if rule.any_metric else rule.turns_on:
                self.by_metric[metric] = (*self.by_metric.get(metric, ()), place)
            for metric in rule.reported:
                self.by_report[metric] = (*self.by_report.get(metric, ()), place)
        numbers = {metric.name for metric in kind.metrics if metric.type is MetricType.NUMBER}
        leaves = [leaf for rule in rules for leaf in rule.leaves]
        compared = {m for leaf in leaves if not isinstance(leaf, _LEVELLED) for m in metrics_of(leaf)}
        self.telling = compared | (frozenset().union(*(rule.metrics for rule in rules)) - numbers)
        """Metrics whose change must survive a crash. Of a mere number only the side of its level matters, and that
        is in the rule's own memory."""


class Watched(msgspec.Struct, frozen=True):
    """One device on the roster. `limits` are those that count for it, by the registry and the `overrides`.

    `levels`: for numbers that rules compare with levels only, those levels in order. While a value stays between the
    same two, no rule can say anything new of it.
    """

    device: Device
    book: RuleBook
    limits: dict[str, float]
    interval_ms: int
    levels: dict[str, list[float]]
    overrides: tuple[Override, ...] = ()

    @property
    def key(self) -> Key:
        """(site, device)."""
        return (self.device.site, self.device.id)

    @property
    def registered(self) -> bool:
        """Whether somebody expects it to report."""
        return self.device.adoption is Adoption.REGISTERED


class Roster:
    """The sites and devices that are watched."""

    def __init__(self, kinds: Mapping[str, Kind], rules: Sequence[Rule]) -> None:
        self._kinds = kinds
        self.rules = tuple(rules)
        self._rules = _laid_out(rules)
        self.over_buildings = tuple(rule for rule in rules if rule.over is Over.BUILDING)
        self._books: dict[tuple[str, frozenset[str], Severities], RuleBook] = {}
        self._overrides: dict[tuple[str, str], tuple[Override, ...]] = {}
        self._levels: dict[tuple[str, frozenset[str], tuple[tuple[str, float], ...]], dict[str, list[float]]] = {}
        self._watched: dict[Key, Watched] = {}
        self._discovered: Counter[str] = Counter()
        self.sites: frozenset[str] = frozenset()

    def load(self, sites: Iterable[Site], devices: Iterable[Device], overrides: Iterable[Override] = ()) -> list[Key]:
        """Take the registry as it is now. Returns the devices that are new, or for which something else counts."""
        before = self._watched
        self._watched, self._discovered = {}, Counter()
        by_kind: dict[tuple[str, str], tuple[Override, ...]] = {}
        for one in overrides:
            by_kind[one.site, one.kind] = (*by_kind.get((one.site, one.kind), ()), one)
        others = {
            key for key in by_kind.keys() | self._overrides.keys() if by_kind.get(key) != self._overrides.get(key)
        }
        self._overrides = by_kind
        changed = []
        for device in devices:
            old = before.get((device.site, device.id))
            if old is not None and old.device == device and (device.site, device.kind) not in others:
                self.add(old)
                continue
            new = self.watch(device)
            self.add(new)
            if old is None or new is None or old.device != device or old.overrides != new.overrides:
                changed.append((device.site, device.id))
        self.sites = frozenset(site.id for site in sites) | {device.site for device in self.devices()}
        return changed

    def revise(self, rules: Sequence[Rule]) -> None:
        """Have every device judged by these rules. Raises ConfigError, and then nothing changed."""
        self._rules, self.rules = _laid_out(rules), tuple(rules)
        self.over_buildings = tuple(rule for rule in rules if rule.over is Over.BUILDING)
        self._books, self._levels = {}, {}
        anew = {key: self.watch(watched.device) for key, watched in self._watched.items()}
        self._watched = {key: watched for key, watched in anew.items() if watched is not None}

    def watch(self, device: Device) -> Watched | None:
        """The device with its rules; None for a kind that is not known (any more)."""
        kind = self._kinds.get(device.kind)
        if kind is None:
            return None
        defaults = {limit.name: limit.default for limit in kind.limits}
        counts = in_force(device, defaults, self._overrides.get((device.site, device.kind), ()))
        limits = counts.limits
        book = self._book(kind, device.tags, tuple(sorted(counts.severities.items())))
        levels = self._levels.setdefault((kind.name, device.tags, tuple(sorted(limits.items()))), {})
        if not levels:
            levels.update(_levels(book, limits))
        interval_ms = span_ms(device.interval or kind.interval)
        return Watched(device, book, limits, interval_ms, levels, counts.overrides)

    def add(self, watched: Watched | None) -> None:
        """Put a device on the roster."""
        if watched is None:
            return
        if watched.key not in self._watched and not watched.registered:
            self._discovered[watched.device.site] += 1
        self._watched[watched.key] = watched
        if watched.device.site not in self.sites:
            self.sites |= {watched.device.site}

    def find(self, key: Key) -> Watched | None:
        """The device, or None."""
        return self._watched.get(key)

    def every(self) -> Iterable[Watched]:
        """All devices with their rules."""
        return self._watched.values()

    def devices(self) -> Iterable[Device]:
        """All devices."""
        return (watched.device for watched in self._watched.values())

    def keys(self) -> list[Key]:
        """All devices, by key."""
        return list(self._watched)

    @property
    def rule_count(self) -> int:
        """Rules in force, over all kinds."""
        return sum(len(rules) for rules in self._rules.values()) + len(self.over_buildings)

    def discover(self, reading: Reading, at: datetime, pending: int) -> Watched | None:
        """A device that reports without being registered, not yet on the roster.

        `pending` discoveries of its site are not on the roster yet either. None beyond the bounds.
        """
        if self._discovered[reading.site] + pending >= DISCOVERED_MOST:
            return None
        if reading.site not in self.sites and len(self.sites) >= SITES_MOST:
            return None
        found = Device(
            site=reading.site, id=reading.device, kind=reading.kind, adoption=Adoption.DISCOVERED, first_seen=at
        )
        return self.watch(found)

    def _book(self, kind: Kind, tags: frozenset[str], severities: Severities) -> RuleBook:
        book = self._books.get((kind.name, tags, severities))
        if book is None:
            rules = [
                rule for rule in self._rules.get(kind.name, ()) if rule.rule.only <= tags and not rule.rule.never & tags
            ]
            others = dict(severities)
            rules = [_graded(rule, others.get(rule.rule.name)) for rule in rules]
            book = self._books[kind.name, tags, severities] = RuleBook(kind, rules)
        return book


def _graded(rule: RuleInForce, severity: Severity | None) -> RuleInForce:
    """The rule with another severity, where it may have it."""
    if severity is None or severity is rule.rule.severity or not may_be(rule.rule, severity):
        return rule
    return RuleInForce(replace(rule.rule, severity=severity))


def _laid_out(rules: Iterable[Rule]) -> dict[str, list[RuleInForce]]:
    """Rules over devices, by kind."""
    found: dict[str, list[RuleInForce]] = {}
    for rule in rules:
        if rule.over is Over.DEVICE:
            found.setdefault(rule.kind, []).append(RuleInForce(rule))
    return found


def _levels(book: RuleBook, limits: Mapping[str, float]) -> dict[str, list[float]]:
    """For each metric that rules only compare with levels: these, in order."""
    found: dict[str, set[float]] = {}
    otherwise: set[str] = set()
    for leaf in (leaf for rule in book.rules for leaf in rule.leaves):
        if not isinstance(leaf, Above | Below):
            otherwise |= metrics_of(leaf) if not isinstance(leaf, Bad) else frozenset()
            continue
        given = (level_of(level, limits) for level in (leaf.level, leaf.clear) if level is not None)
        found.setdefault(leaf.metric, set()).update(level for level in given if level is not None)
    return {metric: sorted(levels) for metric, levels in found.items() if metric not in otherwise}


def same_side(levels: Sequence[float], one: Value | None, other: Value | None) -> bool:
    """Whether two numbers compare alike with every one of the levels. False when either is no number."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return bisect_left(levels, one) == bisect_left(levels, other) and (
            bisect_right(levels, one) == bisect_right(levels, other)
        )
    return False


def discovered_site(site: str) -> Site:
    """A site that nobody registered, named by its id until somebody does."""
    return Site(id=site, name=text(site, site, site))
