"""Trial: a rule over what history kept, and the alarms that it would have raised.

Promises: the judging is the one that runs (`alerting.examine`, `alerting.members`, `alerting.settle`), fed with stored
readings instead of messages; nothing is decided here. Each reading is heard at its own instant, as if none had come
late, and we are taken to have listened all the time: an outage of ours looks like silence. What hides alarms (shelves,
tests, causes) is left out: these are the alarms before anybody decided about them.
Leaves to others: reading the history and saying how far it is (`watchkeeper.rule_trial`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from alerting.examine import elapse, hear
from alerting.members import GroupInForce, Look, Member
from alerting.memory import NO_MEMORY, QUIET, ConditionMemory
from alerting.roster import Key, Watched
from alerting.settle import MoveType, settle
from alerting.signals import Activation, Return, Signal
from domain.assets import Subject, SubjectType
from domain.instants import from_ms, to_ms
from domain.ports.history import Stored
from domain.readings import Channel, Reading
from domain.rules import (
    NO_DELAY,
    Bad,
    Changed,
    Condition,
    Count,
    Missing,
    Pressed,
    Rate,
    Rule,
    Severity,
    Silent,
    every_part,
)

LOOK_MS = 1_000
"""A building is looked at within so long of what changed, as its timer does."""

LONGEST_LEAD = timedelta(days=30)


class Span(msgspec.Struct, frozen=True):
    """What is tried: `start <= at < end`. Readings of the `lead` before it are heard too, for what a rule remembers."""

    start: datetime
    end: datetime
    lead: timedelta = NO_DELAY

    @property
    def hears_from(self) -> datetime:
        """The first instant of which readings are heard."""
        return self.start - self.lead


class TrialAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm that would have been. `returned_at` None: its condition still held at the end of the span.

    `raised_at` before the span: it was there when the span began. `why` is what the alarm itself would have said.
    """

    site: str
    subject: Subject
    rule: str
    severity: Severity
    raised_at: datetime
    returned_at: datetime | None = None
    occurrences: int = 1
    why: dict[str, Any] = {}

    def lasted(self, span: Span) -> timedelta:
        """How long of it lay within the span."""
        return (self.returned_at or span.end) - max(self.raised_at, span.start)

    @property
    def observed(self) -> dict[str, Any]:
        """The values that decided, by metric; of a building, the devices that did."""
        leaves = [leaf for leaf in self.why.get("leaves", ()) if leaf.get("decided", True)]
        told = {str(leaf["metric"]): leaf["observed"] for leaf in leaves if "observed" in leaf}
        named = [device for leaf in leaves for device in leaf.get("devices", ())]
        return told | ({"devices": named} if named else {})


class Heard(msgspec.Struct, frozen=True):
    """What was stored of one device, in its order."""

    watched: Watched
    stored: Iterable[Stored]


def lead_for(rule: Rule, interval: timedelta) -> timedelta:
    """How long before a span readings matter to the rule, on a device that reports every `interval`."""
    looks_back = sum((_looks_back(part, interval) for part in every_part(rule.when)), NO_DELAY)
    filtered = rule.unless_age if rule.unless is not None else NO_DELAY
    return min(rule.on_delay + rule.off_delay + looks_back + filtered + 3 * interval, LONGEST_LEAD)


def try_on_device(rule: Rule, heard: Heard, span: Span) -> list[TrialAlarm]:
    """The alarms of a rule over devices on one device. `heard.stored` begins where the lead does."""
    course = _Course(heard.watched, span)
    log = _Log(span)
    for stored in heard.stored:
        log.take(rule.id, course.hear(stored))
    log.take(rule.id, course.go_on(to_ms(span.end)))
    return log.alarms()


def try_on_building(rule: Rule, site: str, building: str, heard: Sequence[Heard], span: Span) -> list[TrialAlarm]:
    """The alarms of a rule over a building. Its members are judged by whatever rules they are watched by."""
    group = GroupInForce(rule)
    courses = {one.watched.key: _Course(one.watched, span) for one in heard}
    place = _Building(group, site, building, list(courses.values()))
    log = _Log(span)
    for at_ms, key, stored in heapq.merge(*map(_told_by, heard), key=lambda row: row[0]):
        log.take(rule.id, place.go_on(at_ms))
        courses[key].hear(stored)
        place.touch(at_ms)
    end_ms = to_ms(span.end)
    for course in courses.values():
        course.go_on(end_ms)
    log.take(rule.id, place.go_on(end_ms))
    return log.alarms()


def _told_by(one: Heard) -> Iterator[tuple[int, Key, Stored]]:
    for stored in one.stored:
        yield to_ms(stored.at), one.watched.key, stored


class _Course:
    """One device, followed through its readings."""

    def __init__(self, watched: Watched, span: Span) -> None:
        self.watched = watched
        self._from_ms = to_ms(span.hears_from)
        first = elapse(watched, NO_MEMORY, self._from_ms, watching_ms=self._from_ms, afresh=True)
        self.memory = first.memory

    def hear(self, stored: Stored) -> list[Signal]:
        """What comes of a reading, after what time alone brought about before it."""
        at_ms = to_ms(stored.at)
        signals = self.go_on(at_ms)
        device = self.watched.device
        reading = Reading(
            site=device.site,
            kind=device.kind,
            device=device.id,
            channel=stored.channel,
            at_ms=at_ms,
            received_ms=at_ms,
            values=stored.values,
            sent_ms=None if stored.channel is Channel.STATUS else at_ms,
            bad=stored.bad,
        )
        outcome = hear(self.watched, self.memory, reading, watching_ms=self._from_ms)
        self.memory = outcome.memory
        return [*signals, *outcome.signals]

    def go_on(self, until_ms: int) -> list[Signal]:
        """What time alone brings about up to an instant."""
        signals: list[Signal] = []
        due_ms = self.memory.due_ms
        while due_ms is not None and due_ms <= until_ms:
            outcome = elapse(self.watched, self.memory, due_ms, watching_ms=self._from_ms)
            signals += outcome.signals
            self.memory = outcome.memory
            after_ms = self.memory.due_ms
            due_ms = after_ms if after_ms is None or after_ms > due_ms else due_ms + 1
        return signals


class _Building:
    """A rule over one building, looked at as its timer does."""

    def __init__(self, group: GroupInForce, site: str, building: str, courses: Sequence[_Course]) -> None:
        self._group, self._courses = group, courses
        self._site, self._subject = site, Subject(SubjectType.BUILDING, building)
        self._condition: ConditionMemory = QUIET
        self._look_ms: int | None = None

    def touch(self, at_ms: int) -> None:
        """Something new is known of a member."""
        if self._look_ms is None:
            self._look_ms = at_ms + LOOK_MS

    def go_on(self, until_ms: int) -> list[Signal]:
        """Every look that fell due up to an instant."""
        signals: list[Signal] = []
        while True:
            due = [at_ms for at_ms in (self._look_ms, self._condition.due_ms) if at_ms is not None]
            if not due or min(due) > until_ms:
                return signals
            at_ms = min(due)
            for course in self._courses:
                course.go_on(at_ms)
            signals += self._look(at_ms)
            self._look_ms = None
            if self._condition.due_ms is not None and self._condition.due_ms <= at_ms:
                self._condition = replace(self._condition, due_ms=at_ms + LOOK_MS)

    def _look(self, at_ms: int) -> Iterator[Signal]:
        members: dict[str, list[Member]] = {}
        for course in self._courses:
            members.setdefault(course.watched.device.kind, []).append(Member(course.watched, course.memory))
        look = Look(members, at_ms)
        settled = settle(self._group, self._condition, self._group.judge(look), at_ms)
        self._condition = settled.memory
        rule, why = self._group.rule, self._group.explain(look) if settled.moves else {}
        for move in settled.moves:
            at = from_ms(move.at_ms)
            if move.type is MoveType.ENDED:
                yield Return(site=self._site, subject=self._subject, rule=rule.id, at=at, why=why)
            else:
                yield Activation(site=self._site, subject=self._subject, rule=rule, at=at, why=why)


class _Log:
    """Signals, paired into alarms as the desk would: one open alarm a subject and rule."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._open: TrialAlarm | None = None
        self._over: list[TrialAlarm] = []

    def take(self, rule: str, signals: Iterable[Signal]) -> None:
        """Note the signals of one rule on one subject, in their order."""
        for signal in signals:
            if isinstance(signal, Activation):
                if signal.rule.id == rule:
                    self._raise(signal)
            elif signal.rule == rule and self._open is not None:
                self._over.append(replace(self._open, returned_at=signal.at))
                self._open = None

    def alarms(self) -> list[TrialAlarm]:
        """Those of the span, in their order."""
        every = [*self._over, *((self._open,) if self._open is not None else ())]
        start, end = self._span.start, self._span.end
        return [one for one in every if one.raised_at < end and (one.returned_at is None or one.returned_at > start)]

    def _raise(self, signal: Activation) -> None:
        if self._open is not None:
            if not signal.held_on:
                self._open = replace(self._open, occurrences=self._open.occurrences + 1)
            return
        self._open = TrialAlarm(
            site=signal.site,
            subject=signal.subject,
            rule=signal.rule.id,
            severity=signal.rule.severity,
            raised_at=signal.at,
            why=signal.why,
        )


def _looks_back(condition: Condition, interval: timedelta) -> timedelta:
    match condition:
        case Silent(after=after, intervals=intervals):
            return after if after is not None else interval * (intervals or 1.0)
        case Missing(after=span) | Bad(after=span) | Rate(per=span) | Pressed(holds=span):
            return span
        case Changed(within=span) | Count(within=span):
            return span
        case _:
            return NO_DELAY


def summed(alarms: Iterable[TrialAlarm], span: Span) -> Mapping[str, tuple[int, timedelta]]:
    """How many alarms each subject would have had, and how long in all."""
    told: dict[str, tuple[int, timedelta]] = {}
    for alarm in alarms:
        name = f"{alarm.site}/{alarm.subject.id}"
        count, lasted = told.get(name, (0, NO_DELAY))
        told[name] = (count + 1, lasted + alarm.lasted(span))
    return told
