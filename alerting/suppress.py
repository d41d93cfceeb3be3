"""Suppress: the stage between settling and the desk. May this be announced, or is it hidden, and why?

    a test        marks everything that its devices say, life-safety too
    life-safety   is hidden by nothing else, ever
    out of service, a shelf                     what people decided (`domain.standing`)
    inspection    a mechanic works on the device, and it says so now
    a cause       its gateway is silent, or its power feed is off: the silence of what hangs on them is explained

Promises: a pure decision (`weigh`) over what the ledger knows (`Lookout`), so that it survives a restart and comes
out alike for rules, timers and people. Devices may fall silent before their gateway's alarm does: while the parent has
not given its own word yet, their silence is hidden, but no longer than the parent takes to fall silent itself. When a
cause ends, every device has one full interval to be heard again. Nothing is dropped: what is hidden is in the ledger.
Leaves to others: recording what is hidden, and announcing it anew (`alerting.desk`), when to look again
(`alerting.review`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from alerting.memory import NO_MEMORY, DeviceMemory, decode
from alerting.signals import Activation
from alerting.subjects import device_of
from devices.registry import kinds
from domain.alarms import Alarm
from domain.assets import Device, Subject, SubjectType
from domain.instants import from_ms
from domain.kinds import Kind
from domain.ports.ledger import AlarmFilter, Rows
from domain.readings import Value
from domain.rules import Equals, Rule, Severity, Silent
from domain.standing import Measure, Standing

PENDING_SLACK = timedelta(seconds=15)
"""Beyond the instant at which a parent would fall silent: memories reach the ledger some seconds late, and timers tick
by the second."""

INSPECTION_AGE = timedelta(seconds=60)
"""A device that said so longer ago may not be under inspection any more (or two intervals, if that is longer)."""

_FAULTS_LOOKED_AT = 20
"""A parent's newest alarms among which its last fault is looked for."""


class Hiding(msgspec.Struct, frozen=True):
    """How an alarm is to stand instead of being announced. `by`: a measure, the cause's alarm, or a device."""

    standing: Standing
    by: str
    because: str
    until: datetime | None = None


class Sign(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm, or what is about to be one. `since`: when its condition was last found to hold, on our own clock."""

    site: str
    subject: Subject
    rule: str
    when: Rule | None
    severity: Severity
    life_safety: bool
    since: datetime
    device: Device | None
    said: Mapping[str, Value]


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """What a device hangs on. `fault`: its alarm that explains silence: the active one, else the last that ended.

    `silent_after`: how long it may say nothing before it is silent itself. `behind`: it is only heard through the
    device that it would have to answer for.
    """

    id: str
    fault: Alarm | None
    heard_at: datetime | None
    silent_after: timedelta
    behind: bool


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to know around a sign. `span`: how long silence must last to count; None for other conditions."""

    measures: tuple[Measure, ...] = ()
    inspected: bool = False
    parents: tuple[Parent, ...] = ()
    span: timedelta | None = None


def weigh(sign: Sign, around: Surroundings, at: datetime) -> Hiding | None:
    """How the sign is to stand at `at`; None: it is announced."""
    test = _measure(around, Standing.TEST)
    if test is not None:
        return test
    if sign.life_safety:
        return None
    by_people = _measure(around, Standing.OUT_OF_SERVICE) or _measure(around, Standing.SHELVED)
    if by_people is not None:
        return by_people
    if around.inspected:
        return Hiding(Standing.SUPPRESSED, sign.subject.id, "it is in inspection mode")
    if around.span is None:
        return None
    return _explained(sign, around.span, around.parents, at)


def _measure(around: Surroundings, type_: Standing) -> Hiding | None:
    found = next((one for one in around.measures if one.type is type_), None)
    if found is None:
        return None
    return Hiding(type_, found.id, f"{type_.replace('_', ' ')}: {found.reason}", found.until)


def _explained(sign: Sign, span: timedelta, parents: tuple[Parent, ...], at: datetime) -> Hiding | None:
    """Why a silence needs no alarm of its own: the cause is there, just ended, or may be about to be found."""
    last_heard = sign.since - span
    for parent in parents:
        if parent.fault is not None and parent.fault.signal_active:
            return Hiding(Standing.SUPPRESSED, parent.fault.id, f"{parent.id}, on which it depends, is at fault")
    for parent in parents:
        ended_at = parent.fault.returned_at if parent.fault is not None else None
        if parent.fault is not None and ended_at is not None and last_heard < ended_at and at < ended_at + span:
            because = f"{parent.id}, on which it depends, has just come back: it has one interval to be heard again"
            return Hiding(Standing.SUPPRESSED, parent.fault.id, because, ended_at + span)
    if sign.severity is Severity.URGENT:
        return None
    for parent in parents:
        if parent.behind or (parent.heard_at is not None and parent.heard_at >= sign.since):
            continue
        word_at = max(parent.heard_at or last_heard, last_heard) + parent.silent_after + PENDING_SLACK
        if at < word_at:
            because = f"{parent.id}, on which it depends, has not been heard since either"
            return Hiding(Standing.SUPPRESSED, parent.id, because, word_at)
    return None


class Lookout:
    """One look at the ledger for any number of signs: what many of them share is asked once."""

    def __init__(self, rows: Rows, at: datetime) -> None:
        self._rows, self._at = rows, at
        self._measures: dict[str, list[Measure]] = {}
        self._parents: dict[tuple[str, str], tuple[Parent, Device] | None] = {}

    def consider(self, activation: Activation) -> Hiding | None:
        """How what just began is to stand."""
        reading = activation.why.get("reading")
        sign = Sign(
            site=activation.site,
            subject=activation.subject,
            rule=activation.rule.id,
            when=activation.rule,
            severity=activation.rule.severity,
            life_safety=activation.rule.life_safety,
            since=activation.at,
            device=activation.device or device_of(self._rows, activation.site, activation.subject),
            said=reading.get("values", {}) if isinstance(reading, dict) else {},
        )
        return weigh(sign, self._around(sign), self._at)

    def reconsider(self, alarm: Alarm) -> Hiding | None:
        """How an open alarm is to stand now. A test that began since touches none that was there before."""
        sign = Sign(
            site=alarm.site,
            subject=alarm.subject,
            rule=alarm.rule,
            when=alarm.rule_as_it_was,
            severity=alarm.severity,
            life_safety=alarm.life_safety,
            since=alarm.last_raised_at,
            device=device_of(self._rows, alarm.site, alarm.subject),
            said={},
        )
        around = self._around(sign)
        if not alarm.test:
            others = tuple(one for one in around.measures if one.type is not Standing.TEST)
            around = msgspec.structs.replace(around, measures=others)
        return weigh(sign, around, self._at)

    def _around(self, sign: Sign) -> Surroundings:
        """What the ledger knows around the sign. For life-safety only tests are looked for."""
        measures = tuple(one for one in self._in_force(sign.site) if one.covers(sign.subject, sign.rule, sign.device))
        device, rule = sign.device, sign.when
        if sign.life_safety or device is None:
            return Surroundings(measures=measures)
        inspected = self._inspected(device, sign.said)
        if rule is None or not isinstance(rule.when, Silent):
            return Surroundings(measures=measures, inspected=inspected)
        names = [name for name in (device.gateway, device.power_feed) if name is not None]
        parents = tuple(parent for name in names if (parent := self._parent(device, name)) is not None)
        span = _span(rule.when, device, kinds().get(device.kind))
        return Surroundings(measures=measures, inspected=inspected, parents=parents, span=span)

    def _in_force(self, site: str) -> list[Measure]:
        if site not in self._measures:
            running = self._rows.measures.running(frozenset({site}))
            self._measures[site] = [one for one in running if one.in_force(self._at)]
        return self._measures[site]

    def _inspected(self, device: Device, said: Mapping[str, Value]) -> bool:
        """Whether the device itself says so, now. What is unknown or old hides nothing."""
        kind = kinds().get(device.kind)
        if kind is None or kind.inspection is None:
            return False
        mode: Equals = kind.inspection
        if mode.metric in said:
            return said[mode.metric] == mode.value
        fact = self._memory(device).facts.values.get(mode.metric)
        age = max(INSPECTION_AGE, 2 * (device.interval or kind.interval))
        return fact is not None and fact.value == mode.value and self._at - from_ms(fact.received_ms) <= age

    def _parent(self, child: Device, name: str) -> Parent | None:
        """The device of that name as a parent of `child`; None when nothing about it explains silence."""
        key = (child.site, name)
        if key not in self._parents:
            self._parents[key] = self._as_parent(child.site, name)
        found = self._parents[key]
        if found is None:
            return None
        parent, device = found
        return msgspec.structs.replace(parent, behind=device.gateway == child.id)

    def _as_parent(self, site: str, name: str) -> tuple[Parent, Device] | None:
        device = device_of(self._rows, site, Subject(SubjectType.DEVICE, name))
        kind = kinds().get(device.kind) if device is not None else None
        if device is None or kind is None or not kind.explains_silence:
            return None
        heard_ms = self._memory(device).facts.heard_ms
        own = next((rule.when for rule in kind.rules if isinstance(rule.when, Silent)), Silent(intervals=3))
        parent = Parent(
            id=name,
            fault=self._fault(device, kind),
            heard_at=from_ms(heard_ms) if heard_ms is not None else None,
            silent_after=_span(own, device, kind),
            behind=False,
        )
        return parent, device

    def _fault(self, device: Device, kind: Kind) -> Alarm | None:
        rules = {f"{kind.name}.{name}" for name in kind.explains_silence}
        which = AlarmFilter(open=None, sites=frozenset({device.site}), device=device.id)
        newest = self._rows.alarms.page(which, after=None, most=_FAULTS_LOOKED_AT).items
        faults = [alarm for alarm in newest if alarm.rule in rules]
        active = next((alarm for alarm in faults if alarm.signal_active), None)
        ended = [alarm for alarm in faults if alarm.returned_at is not None]
        return active or max(ended, key=lambda alarm: alarm.returned_at or alarm.raised_at, default=None)

    def _memory(self, device: Device) -> DeviceMemory:
        stored = self._rows.memories.get(device.site, device.id)
        return NO_MEMORY if stored is None else decode(device.site, device.id, stored)


def consider(rows: Rows, activation: Activation, at: datetime) -> Hiding | None:
    """How what just began is to stand, by a look of its own: what the turn wrote before it counts."""
    return Lookout(rows, at).consider(activation)


def reconsider(rows: Rows, alarm: Alarm, at: datetime) -> Hiding | None:
    """How an open alarm is to stand now, by a look of its own."""
    return Lookout(rows, at).reconsider(alarm)


def _span(silent: Silent, device: Device, kind: Kind | None) -> timedelta:
    """How long the device may say nothing."""
    if silent.after is not None:
        return silent.after
    interval = device.interval or (kind.interval if kind is not None else timedelta(0))
    return interval * (silent.intervals or 1)
