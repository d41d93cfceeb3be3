"""A rule tried on what history kept: which rule, on which devices, with what changed for the trial.

Promises: the rule as the files would put it in force, or a draft checked like them; a setting that names nothing of the
rule is refused with what could be named; readings are read once, in order, and never held all in memory.
Leaves to others: judging (`alerting.trial`), where readings come from (`watchkeeper.history_reader`), printing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from alerting.roster import Roster, Watched
from alerting.trial import Heard, Span, TrialAlarm, lead_for, try_on_building, try_on_device
from domain.assets import Device, Site
from domain.errors import Invalid, NotFound
from domain.instants import parse_span
from domain.kinds import Kind
from domain.overrides import Override
from domain.ports.history import Stored
from domain.rules import (
    Above,
    Alarmed,
    Below,
    Condition,
    Over,
    Rule,
    Severity,
    Some,
    every_part,
    rewritten,
)
from watchkeeper.config_errors import instead
from watchkeeper.history_reader import Readings

DELAYS = ("on_delay", "off_delay")

Progress = Callable[[str, float], None]
"""Called with what is being read and with how much of the whole is done, from 0 to 1."""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which devices to try a rule on; None is all."""

    site: str | None = None
    building: str | None = None
    device: str | None = None

    def takes(self, device: Device) -> bool:
        """Whether a device is meant."""
        return (
            self.site in (None, device.site)
            and self.building in (None, device.building)
            and self.device in (None, device.id)
        )


class Registry(msgspec.Struct, frozen=True):
    """What the ledger says is watched."""

    sites: Sequence[Site]
    devices: Sequence[Device]
    overrides: Sequence[Override] = ()


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial. `span` has the lead that was read before it."""

    rule: Rule
    span: Span
    devices: int
    readings: int
    alarms: tuple[TrialAlarm, ...]


class Trial:
    """A rule, the registry and the rules that it may look at."""

    def __init__(
        self,
        rule: Rule,
        rules: Sequence[Rule],
        kinds: Mapping[str, Kind],
        registry: Registry,
        limits: Mapping[str, float],
    ) -> None:
        """`rules` are as they would be in force; of them a rule over a building needs those that it names.

        `limits`, and a severity that differs from the rule's there, were set for the trial: nothing overrides them.
        """
        self._rule, self._kinds, self._registry, self._limits = rule, kinds, registry, dict(limits)
        self._graded = any(one.id == rule.id and one.severity is not rule.severity for one in rules)
        names = {part.rule for part in _parts(rule) if isinstance(part, Alarmed)}
        self._named = [one for one in rules if one.over is Over.DEVICE and one.name in names]
        self._readings = 0

    def run(
        self,
        where: Where,
        start: datetime,
        end: datetime,
        *,
        read: Readings,
        progress: Progress,
    ) -> Tried:
        """Try it. Raises NotFound when no device is meant, Invalid for a span that ends before it begins."""
        if start >= end:
            raise Invalid("--to: it must be after --from")
        rule = self._rule
        over_building = rule.over is Over.BUILDING
        if over_building and where.device is not None:
            raise Invalid(f"--device: {rule.id} is judged over a building; name it with --building")
        meant = [device for device in self._registry.devices if where.takes(device)]
        watched = self._watched(meant)
        subjects = [one for one in watched if one.device.kind == rule.kind and _carries(one.device, rule)]
        if not subjects:
            raise NotFound(f"there is no device that {rule.id} is judged on{_told(where)}")
        lead = max((lead_for(rule, timedelta(milliseconds=one.interval_ms)) for one in subjects), default=timedelta(0))
        span = Span(start, end, lead)
        self._readings = 0
        found = (
            self._over_buildings(watched, span, read, progress)
            if over_building
            else self._over_devices(subjects, span, read, progress)
        )
        alarms = sorted(found, key=lambda alarm: (alarm.raised_at, alarm.subject.id))
        return Tried(rule=rule, span=span, devices=len(subjects), readings=self._readings, alarms=tuple(alarms))

    def _watched(self, devices: Sequence[Device]) -> list[Watched]:
        roster = Roster(self._kinds, [self._rule, *self._named])
        overrides = [one for one in self._registry.overrides if not self._is_set(one)]
        roster.load(self._registry.sites, [self._set(device) for device in devices], overrides)
        return list(roster.every())

    def _is_set(self, override: Override) -> bool:
        """Whether the trial itself sets what this overrides."""
        if override.kind != self._rule.kind:
            return False
        return override.limit in self._limits or (self._graded and override.rule == self._rule.name)

    def _set(self, device: Device) -> Device:
        if device.kind != self._rule.kind or not self._limits:
            return device
        return replace(device, limits=device.limits | self._limits)

    def _over_devices(
        self, watched: Sequence[Watched], span: Span, read: Readings, progress: Progress
    ) -> Iterator[TrialAlarm]:
        for number, one in enumerate(watched):
            told = _Share(progress, number, len(watched), span)
            yield from try_on_device(self._rule, Heard(one, self._stored(read, one, span, told)), span)
        progress("", 1.0)

    def _over_buildings(
        self, watched: Sequence[Watched], span: Span, read: Readings, progress: Progress
    ) -> Iterator[TrialAlarm]:
        kinds = {
            self._rule.kind,
            *(part.kind for part in _parts(self._rule) if isinstance(part, Some)),
            *(one.kind for one in self._named),
        }
        buildings: dict[tuple[str, str], list[Watched]] = {}
        for one in watched:
            if one.device.building is not None and one.device.kind in kinds:
                buildings.setdefault((one.device.site, one.device.building), []).append(one)
        judged = {key: members for key, members in buildings.items() if self._judged(members)}
        for number, ((site, building), members) in enumerate(judged.items()):
            told = _Share(progress, number, len(judged), span)
            heard = [Heard(one, self._stored(read, one, span, told)) for one in members]
            yield from try_on_building(self._rule, site, building, heard, span)
        progress("", 1.0)

    def _judged(self, members: Sequence[Watched]) -> bool:
        return any(one.device.kind == self._rule.kind for one in members)

    def _stored(self, read: Readings, watched: Watched, span: Span, told: _Share) -> Iterator[Stored]:
        device = watched.device
        for stored in read.readings(device.site, device.id, span.hears_from, span.end):
            self._readings += 1
            told.reached(device, stored.at)
            yield stored


class _Share:
    """One device's, or one building's, part of the progress."""

    def __init__(self, progress: Progress, number: int, of: int, span: Span) -> None:
        self._progress, self._number, self._of = progress, number, of
        self._from, self._length = span.hears_from, span.end - span.hears_from
        self._done = 0.0

    def reached(self, device: Device, at: datetime) -> None:
        """Say how far it is. A device that is read behind the others of its building takes nothing back."""
        self._done = max(self._done, (at - self._from) / self._length)
        self._progress(f"{device.site}/{device.id}", (self._number + self._done) / self._of)


def rule_of(rules: Sequence[Rule], rule_id: str) -> Rule:
    """The rule of that id. Raises NotFound, naming the nearest."""
    found = next((rule for rule in rules if rule.id == rule_id), None)
    if found is None:
        raise NotFound(f"there is no rule {rule_id!r}. {instead(rule_id, [rule.id for rule in rules])}")
    return found


def with_settings(rule: Rule, kind: Kind, given: Sequence[str]) -> tuple[Rule, dict[str, float]]:
    """The rule with `NAME=VALUE` set, and the limits among them, which are the devices'.

    A name is a limit of the kind, a metric whose level the rule compares with, `on_delay`, `off_delay` or `severity`.
    Raises Invalid.
    """
    limits: dict[str, float] = {}
    known = {limit.name for limit in kind.limits}
    levelled = {part.metric for part in every_part(rule.when) if isinstance(part, Above | Below)}
    for one in given:
        name, equals, value = (text.strip() for text in one.partition("="))
        if not equals or not value:
            raise Invalid(f"--set {one}: write it as NAME=VALUE")
        if name in DELAYS:
            rule = replace(rule, **{name: _span(one, value)})
        elif name == "severity":
            if value not in list(Severity):
                raise Invalid(f"--set {one}: {instead(value, list(Severity))}")
            rule = replace(rule, severity=Severity(value))
        elif name in known:
            limits[name] = _number(one, value)
        elif name in levelled:
            rule = _with_level(rule, name, _number(one, value))
        else:
            remedy = instead(name, [*known, *levelled, *DELAYS, "severity"])
            raise Invalid(f"--set {one}: nothing of {rule.id} is called {name!r}. {remedy}")
    return rule, limits


def _with_level(rule: Rule, metric: str, level: float) -> Rule:
    def changed(part: Condition) -> Condition:
        levelled = isinstance(part, Above | Below) and part.metric == metric
        return replace(part, level=level, clear=None) if levelled else part

    return replace(rule, when=rewritten(rule.when, changed))


def _parts(rule: Rule) -> list[Condition]:
    """Everything that the rule asks, its filter's part too."""
    return [part for whole in (rule.when, rule.unless) if whole is not None for part in every_part(whole)]


def _carries(device: Device, rule: Rule) -> bool:
    return rule.only <= device.tags and not rule.never & device.tags


def _span(given: str, value: str) -> timedelta:
    try:
        return parse_span(value)
    except ValueError as error:
        raise Invalid(f"--set {given}: {error}") from error


def _number(given: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise Invalid(f"--set {given}: {value!r} is not a number") from error


def _told(where: Where) -> str:
    said = [
        f"{name} {value}"
        for name, value in (("site", where.site), ("building", where.building), ("device", where.device))
        if value
    ]
    return f" with {', '.join(said)}" if said else ""
