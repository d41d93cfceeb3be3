"""Examine: one device and one reading, or one device and the time: what it means.

Promises: pure functions from (memory, reading) or (memory, instant) to a new memory and signals. A reading is met in
this order: what ran out before it, what it adds to the facts, the rules it concerns, and what of it is late.
Leaves to others: decoding, order over many devices and the ledger (`alerting.turn`).
"""

from __future__ import annotations

import msgspec

from alerting.device_clock import ClockState
from alerting.facts import Facts, Learned, learn
from alerting.judge import RuleInForce, Verdict
from alerting.late import facts_as_of, say_true, tell
from alerting.memory import QUIET, ConditionMemory, DeviceMemory, Phase
from alerting.roster import Watched, same_side
from alerting.settle import Move, MoveType, settle
from alerting.signals import Activation, Return, Signal
from alerting.view import View
from alerting.why import explain
from domain.assets import Subject, SubjectType
from domain.instants import from_ms
from domain.readings import Channel, Reading

STEPS_MOST = 8
"""Instants at which one rule is looked at in a row while time is made up: hold, press, filter, off-delay and the same
again. More would mean that a rule never comes to rest."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What a reading or the time made of a device. `keep`: the memory must be in the ledger before the message is
    acknowledged; else it may follow later, for losing it would change no signal.
    """

    memory: DeviceMemory
    signals: tuple[Signal, ...] = ()
    keep: bool = False
    late: bool = False


def hear(watched: Watched, memory: DeviceMemory, reading: Reading, *, watching_ms: int | None = None) -> Outcome:
    """What `reading` means, judged at its receipt. `watching_ms`: since when silence counts, None while it does not."""
    book = watched.book
    learned = learn(memory.facts, reading, book.metrics)
    look = _Examination(watched, memory, watching_ms)
    dated = learned.facts.clock.state is ClockState.RIGHT  # of any other clock nothing follows about when
    happened_ms = min(reading.at_ms, reading.received_ms) if dated else reading.received_ms
    if learned.fresh:
        look.make_up_for(happened_ms)
    look.take(reading, learned)
    for place in _concerned(watched, memory, learned, reading.channel is Channel.EVENT):
        look.judge_reading(place, happened_ms)
    if learned.late and reading.channel is not Channel.STATUS:
        look.look_back()
    keep = look.keep or reading.channel is Channel.EVENT or not book.telling.isdisjoint(learned.changed)
    before, after = memory.facts.clock, learned.facts.clock
    keep = keep or (after is not before and after != before)
    return Outcome(look.memory(), tuple(look.signals), keep, bool(learned.late))


def elapse(
    watched: Watched,
    memory: DeviceMemory,
    at_ms: int,
    *,
    watching_ms: int | None,
    only_life_safety: bool = False,
    afresh: bool = False,
) -> Outcome:
    """What time alone means, up to `at_ms`. `afresh` judges every rule once more, as after a change of limits.

    `watching_ms`: since when silence counts, None while it does not. `only_life_safety` leaves the holds of all
    other rules for later.
    """
    withdrawn: tuple[Signal, ...] = ()
    if afresh:
        memory, withdrawn = withdraw(watched, memory, at_ms)
    look = _Examination(watched, memory, watching_ms)
    look.keep = bool(withdrawn)
    rules = watched.book.rules
    for place in range(len(rules)) if afresh else _ran_out(watched, memory, at_ms):
        if only_life_safety and not rules[place].rule.life_safety:
            continue
        look.make_up(place, at_ms)
        if afresh:
            look.judge_time(place, at_ms)
    return Outcome(look.memory(), (*withdrawn, *look.signals), look.keep)


def _ran_out(watched: Watched, memory: DeviceMemory, at_ms: int) -> list[int]:
    """The rules that time has something to say of up to `at_ms`, in their order."""
    place = watched.book.place
    return sorted(
        place[name]
        for name, condition in memory.conditions.items()
        if condition.due_ms is not None and condition.due_ms <= at_ms and name in place
    )


def withdraw(watched: Watched, memory: DeviceMemory, at_ms: int) -> tuple[DeviceMemory, tuple[Signal, ...]]:
    """End what rules began that no longer apply to the device: a rule was taken out, or a tag excludes it."""
    signals: list[Signal] = []
    kept = {}
    for name, condition in memory.conditions.items():
        if name in watched.book.place:
            kept[name] = condition
        elif condition.phase in (Phase.ACTIVE, Phase.CLEARING):
            why = {"withdrawn": True}
            rule = f"{watched.device.kind}.{name}"
            device = watched.device
            subject = Subject(SubjectType.DEVICE, device.id)
            signals.append(Return(site=device.site, subject=subject, rule=rule, at=from_ms(at_ms), why=why))
    if len(kept) == len(memory.conditions):
        return memory, ()
    return DeviceMemory(memory.facts, kept), tuple(signals)


def next_due_ms(watched: Watched, memory: DeviceMemory, free_ms: int | None) -> int | None:
    """When the device must be looked at next. `free_ms`: before it only life-safety is; None: nothing waits."""
    book, first = watched.book, None
    for name, condition in memory.conditions.items():
        due_ms = condition.due_ms
        if due_ms is None:
            continue
        place = book.place.get(name)
        if free_ms is not None and (place is None or not book.rules[place].rule.life_safety):
            due_ms = max(due_ms, free_ms)
        if first is None or due_ms < first:
            first = due_ms
    return first


def _concerned(watched: Watched, memory: DeviceMemory, learned: Learned, is_event: bool) -> set[int]:
    """The rules to judge: those whose metrics changed, that count every report, or that are engaged."""
    book = watched.book
    places: set[int] = set()
    known, levels, by_metric = memory.facts.values, watched.levels, book.by_metric
    for metric in learned.changed:
        if metric in by_metric:
            bounds, before = levels.get(metric), known.get(metric)
            if bounds is None or before is None or not same_side(bounds, before.value, learned.fresh[metric]):
                places.update(by_metric[metric])
    if book.by_report:
        said = [*learned.fresh, *learned.late] if is_event else learned.fresh
        for metric in said:
            if metric in book.by_report:
                places.update(book.by_report[metric])
    for name, condition in memory.conditions.items():
        if (condition.when or condition.phase is not Phase.QUIET) and name in book.place:  # engaged, without a call
            place = book.place[name]
            if learned.fresh or book.rules[place].clocked:  # what says nothing new only proves that somebody speaks
                places.add(place)
    if memory.facts.heard_ms is None:
        places.update(book.clocked)
    return places


class _Examination:
    """One device under examination: what is worked out so far. Lives for one call of `hear` or `elapse`."""

    __slots__ = (
        "before",
        "conditions",
        "facts",
        "keep",
        "learned",
        "reading",
        "shared",
        "signals",
        "view",
        "watched",
        "watching_ms",
    )

    def __init__(self, watched: Watched, memory: DeviceMemory, watching_ms: int | None) -> None:
        self.watched, self.watching_ms = watched, watching_ms
        self.before = memory.facts
        self.facts = memory.facts
        self.conditions = memory.conditions
        self.shared = True
        self.signals: list[Signal] = []
        self.keep = False
        self.reading: Reading | None = None
        self.learned: Learned | None = None
        self.view: View | None = None

    def memory(self) -> DeviceMemory:
        """What is remembered now."""
        return DeviceMemory(self.facts, self.conditions)

    def take(self, reading: Reading, learned: Learned) -> None:
        """From here on the reading's facts count."""
        self.reading, self.learned = reading, learned
        self.facts = learned.facts

    def make_up_for(self, until_ms: int) -> None:
        """Look at what ran out before a reading, on what was known then: it did not know of the reading either."""
        for name, condition in list(self.conditions.items()):
            if condition.engaged and condition.due_ms is not None and condition.due_ms <= until_ms:
                place = self.watched.book.place.get(name)
                if place is not None:
                    self.make_up(place, until_ms)

    def make_up(self, place: int, until_ms: int) -> None:
        """Look at one rule at each instant that fell due up to `until_ms`."""
        name = self.watched.book.names[place]
        for _ in range(STEPS_MOST):
            condition = self.conditions.get(name)
            if condition is None or condition.due_ms is None or condition.due_ms > until_ms:
                return
            self.judge_time(place, condition.due_ms)

    def judge_time(self, place: int, at_ms: int) -> None:
        """Judge one rule at an instant, without a reading."""
        rule = self.watched.book.rules[place]
        view = self._view(self.facts, at_ms)
        view.instant_ms = _device_time(self.facts, at_ms)
        condition = self.conditions.get(self.watched.book.names[place], QUIET)
        self._settle(place, condition, rule.judge(condition.leaves, view), view, at_ms)

    def judge_reading(self, place: int, happened_ms: int) -> None:
        """Judge one rule on the reading."""
        reading, learned = self.reading, self.learned
        assert reading is not None
        assert learned is not None
        rule = self.watched.book.rules[place]
        view = self._reading_view(reading, learned)
        condition = self.conditions.get(self.watched.book.names[place], QUIET)
        if rule.rest is not None and _rests(condition) and rule.rest(view, condition.leaves or rule.nothing):
            return
        spoken_of = not rule.metrics.isdisjoint(view.reported)
        view.instant_ms = reading.at_ms if spoken_of else _device_time(self.facts, reading.received_ms)
        verdict = rule.judge(condition.leaves, view)
        if (
            condition is QUIET
            and verdict.when is False
            and verdict.review_ms is None
            and verdict.leaves == rule.nothing
        ):
            return
        begins_ms = reading.received_ms
        if spoken_of and condition.phase is Phase.QUIET:
            begins_ms = max(happened_ms, self._contradicted_ms(rule, learned))
        if rule.rule.life_safety and verdict.when and spoken_of and _tells_its_time(reading):
            told = tell(condition.told, reading.at_ms, goes_on=condition.when)
            if told != condition.told:
                condition = msgspec.structs.replace(condition, told=told)
                self.keep = True
        self._settle(place, condition, verdict, view, reading.received_ms, begins_ms)

    def look_back(self) -> None:
        """Judge what of the reading is late: life-safety always, everything else when it is an event."""
        reading, learned = self.reading, self.learned
        assert reading is not None
        assert learned is not None
        book, is_event = self.watched.book, reading.channel is Channel.EVENT
        presses = {place for metric in learned.late for place in book.by_report.get(metric, ())} if is_event else set()
        places = {place for metric in learned.late for place in book.by_metric.get(metric, ())}
        facts: Facts | None = None
        for place in sorted(places - presses):
            rule = book.rules[place]
            if not (rule.rule.life_safety or is_event):
                continue
            if facts is None:
                said = {**learned.fresh, **learned.late}
                facts = Facts(facts_as_of(self.facts.values, reading, said), self.facts.heard_ms)
            view = self._view(facts, reading.received_ms)
            view.as_of, view.instant_ms = True, reading.at_ms
            view.reported = {**learned.fresh, **learned.late}
            self._settle_late(place, rule.judge(rule.nothing, view), view)

    def _settle_late(self, place: int, verdict: Verdict, view: View) -> None:
        reading, rule = self.reading, self.watched.book.rules[place]
        assert reading is not None
        if verdict.when is not True:
            return
        name = self.watched.book.names[place]
        condition = self.conditions.get(name, QUIET)
        truth = say_true(rule, condition, reading.at_ms, telemetry=reading.channel is Channel.TELEMETRY)
        after = truth.memory
        if truth.news and not verdict.filtered and condition.phase in (Phase.QUIET, Phase.HOLDING):
            self._tell(rule, Move(MoveType.BEGAN, reading.received_ms), view, verdict, None)
            now = self._view(self.facts, reading.received_ms)
            now.instant_ms = _device_time(self.facts, reading.received_ms)
            present = rule.judge(condition.leaves, now)
            if present.holds is False:  # what is known since says that it is over
                self._tell(rule, Move(MoveType.ENDED, reading.received_ms), now, present, None)
            else:
                after = msgspec.structs.replace(after, phase=Phase.ACTIVE, since_ms=None)
        self._put(name, condition, after)

    def _reading_view(self, reading: Reading, learned: Learned) -> View:
        """What rules are judged on now: the same for each of them but for its instant."""
        if self.view is None:
            self.view = self._view(self.facts, reading.received_ms)
            self.view.is_event = reading.channel is Channel.EVENT
            late_presses = self.view.is_event and learned.late
            self.view.reported = {**learned.fresh, **learned.late} if late_presses else learned.fresh
        return self.view

    def _view(self, facts: Facts, now_ms: int) -> View:
        view = View(
            facts.values,
            now_ms,
            limits=self.watched.limits,
            interval_ms=self.watched.interval_ms,
            heard_ms=facts.heard_ms,
            registered=self.watched.registered,
        )
        view.watching_ms = self.watching_ms
        return view

    def _contradicted_ms(self, rule: RuleInForce, learned: Learned) -> int:
        """Receipt of the last reading that said otherwise: a hold never began before it."""
        known = self.before.values
        told = [known[metric] for metric in learned.fresh if metric in rule.metrics and metric in known]
        return max((fact.received_ms for fact in told if fact.value is not None), default=0)

    def _settle(
        self,
        place: int,
        condition: ConditionMemory,
        verdict: Verdict,
        view: View,
        at_ms: int,
        begins_ms: int | None = None,
    ) -> None:
        rule, name = self.watched.book.rules[place], self.watched.book.names[place]
        settled = settle(rule, condition, verdict, at_ms, begins_ms)
        for move in settled.moves:
            since_ms = condition.since_ms
            if since_ms is None:
                since_ms = at_ms if begins_ms is None else begins_ms
            self._tell(rule, move, view, verdict, since_ms)
        self._put(name, self.conditions.get(name, QUIET), settled.memory)

    def _put(self, name: str, before: ConditionMemory, after: ConditionMemory) -> None:
        """Remember `after`, and note whether losing the difference would change a signal."""
        if after == before:
            return
        if self.shared:
            self.conditions, self.shared = dict(self.conditions), False
        if after == QUIET:
            self.conditions.pop(name, None)
        else:
            self.conditions[name] = after
        self.keep = self.keep or _lasting(before) != _lasting(after)

    def _tell(self, rule: RuleInForce, move: Move, view: View, verdict: Verdict, since_ms: int | None) -> None:
        """Make the signal of an edge."""
        self.keep = True
        device, reading = self.watched.device, self.reading
        at = from_ms(move.at_ms)
        overrides = self.watched.overrides
        why = explain(rule, view, verdict, reading=reading, since_ms=since_ms, overrides=overrides)
        subject = Subject(SubjectType.DEVICE, device.id)
        if move.type is MoveType.ENDED:
            self.signals.append(Return(site=device.site, subject=subject, rule=rule.rule.id, at=at, why=why))
            return
        self.signals.append(
            Activation(
                site=device.site,
                subject=subject,
                rule=rule.rule,
                at=at,
                why=why,
                device=device,
                again=move.type is not MoveType.BEGAN,
                held_on=move.type is MoveType.HELD_ON,
                late_by_ms=0 if reading is None else max(0, reading.received_ms - reading.at_ms),
                chatters=move.chatters,
            )
        )


def _rests(condition: ConditionMemory) -> bool:
    """Whether nothing of it goes on, or runs out by itself."""
    return not (
        condition.when or condition.phase is not Phase.QUIET or condition.due_ms is not None or condition.raises
    )


def _lasting(condition: ConditionMemory) -> tuple[object, ...]:
    """All of it but when to look again, which follows from the rest."""
    return (
        condition.phase, condition.when, condition.since_ms, condition.leaves, condition.told, condition.late,
        condition.chattering,
    )  # fmt: skip


def _tells_its_time(reading: Reading) -> bool:
    return reading.channel is Channel.TELEMETRY and reading.sent_ms is not None and not reading.clock_suspect


def _device_time(facts: Facts, now_ms: int) -> int | None:
    """What the device's own clock says at `now_ms`, going by its newest instant."""
    if facts.newest_at_ms is None or facts.heard_ms is None:
        return None
    return facts.newest_at_ms + max(0, now_ms - facts.heard_ms)
