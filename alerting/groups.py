"""Groups: rules over a building, looked at when something new is known of a member, and when they fall due.

Promises: what a rule remembers of a building is kept beside the memories of devices and survives a restart; nothing is
judged before what the broker kept for us is read, nor while we cannot tell a silent device from not listening, so
nothing fires merely because Watchkeeper restarted or lost its broker. A building that fails is logged and tried again;
it stops nothing else. Alarms are raised within a second of what brought them about: the next tick.
Leaves to others: what the condition finds (`alerting.members`), delays (`alerting.settle`), alarms (`alerting.desk`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog

from alerting import metrics
from alerting.board import Board
from alerting.desk import Desk
from alerting.entry import ALERTING, Step, StepsRefused, enter_memories, enter_steps
from alerting.members import GroupInForce, Look, Member
from alerting.memory import NO_MEMORY, QUIET, ConditionMemory, DeviceMemory, Phase, decode
from alerting.roster import Key, Watched
from alerting.settle import Move, MoveType, Settled, settle
from alerting.signals import Activation, Return, Signal
from alerting.why import moment
from domain.assets import Subject, SubjectType
from domain.errors import Fenced, Unavailable
from domain.instants import from_ms, to_ms
from domain.ports.ledger import Ledger, Rows
from domain.rules import Rule

PREFIX = "building:"
"""Before a building's name where memories are kept: no device is called so, for a name in a topic has no colon."""

BUILDINGS_MOST = 200
"""Buildings looked at by one tick."""

TRY_AGAIN_MS = 10_000

log = structlog.get_logger(__name__)


class Groups:
    """Rules over buildings, at work. One thread at a time, the board's."""

    def __init__(self, ledger: Ledger, desk: Desk, board: Board) -> None:
        """Raises ConfigError for a rule that cannot be judged over a building."""
        self._ledger, self._desk, self._board = ledger, desk, board
        self._memories: dict[Key, DeviceMemory] = {}
        self._due: dict[Key, int] = {}  # only buildings with something to wait for
        self._dirty: dict[Key, None] = {}
        self._members: dict[Key, dict[str, list[Key]]] = {}
        self._rules: tuple[GroupInForce, ...] = ()
        self._follow_rules(board.roster.over_buildings)

    def resume(self, rows: Rows) -> None:
        """Take up what the ledger remembers, and open alarms that no memory knows of."""
        for site, name, stored in rows.memories.load():
            if name.startswith(PREFIX):
                memory = decode(site, name, stored)
                self._memories[site, name] = memory
                self._reschedule((site, name), memory)
        rules = {rule.rule.id for rule in self._rules}
        for site in sorted(self._board.roster.sites):
            for alarm in rows.alarms.open_on(site):
                about_building = alarm.subject.type is SubjectType.BUILDING
                if about_building and alarm.signal_active and alarm.rule in rules:
                    self._take_up((site, PREFIX + alarm.subject.id), alarm.rule)
        self.follow_roster()

    def follow_roster(self) -> None:
        """The registry or the rules changed: find the members anew, and look at every building."""
        if self._board.roster.over_buildings != tuple(rule.rule for rule in self._rules):
            self._follow_rules(self._board.roster.over_buildings)
        self._members = {}
        for watched in self._board.roster.every():
            device = watched.device
            if device.building is not None and self._looks_at(watched):
                building = self._members.setdefault((device.site, PREFIX + device.building), {})
                building.setdefault(device.kind, []).append(watched.key)
        self._dirty = dict.fromkeys([*self._members, *self._memories])

    @property
    def next_due_ms(self) -> int | None:
        """When a building falls due, as far as is known; None while we could not judge it."""
        return min(self._due.values()) if self._due and self._ready(self._board.sight.looked_ms) else None

    def tick(self, at: datetime) -> bool:
        """Judge what is due. Returns whether events were written. Raises LedgerUnavailable: then tick again."""
        at_ms = to_ms(at)
        for key in self._board.touched:
            self._note(key)
        self._board.touched.clear()
        if not self._rules and not self._memories:
            return False
        may_begin = self._ready(at_ms)
        due = [key for key, due_ms in self._due.items() if due_ms <= at_ms]
        keys = list(dict.fromkeys([*due, *self._dirty]))[:BUILDINGS_MOST]
        if not keys:
            return False
        try:
            return self._enter(keys, at, may_begin=may_begin)
        except (Unavailable, Fenced):
            raise
        except Exception:  # alarms of devices go on
            log.exception("groups_failed", buildings=len(keys))
            metrics.TIMER_FAILURES.labels("groups").inc()
            self._put_off(keys, at_ms + TRY_AGAIN_MS)
            return False

    def _ready(self, at_ms: int) -> bool:
        """Whether alarms may begin. Until then what members say still ends holds and alarms."""
        sight = self._board.sight
        return bool(self._rules or self._memories) and sight.watching_ms is not None and not self._board.blocked(at_ms)

    def _follow_rules(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(GroupInForce(rule) for rule in rules)
        self._kinds = frozenset().union(*(rule.kinds for rule in self._rules))
        self._alarmed = frozenset().union(*(rule.alarmed for rule in self._rules))

    def _note(self, key: Key) -> None:
        """Something new is known of a device."""
        watched = self._board.roster.find(key)
        if watched is not None and watched.device.building is not None and self._looks_at(watched):
            self._dirty[watched.device.site, PREFIX + watched.device.building] = None

    def _looks_at(self, watched: Watched) -> bool:
        """Whether a rule over a building says anything of the device."""
        return watched.device.kind in self._kinds or not self._alarmed.isdisjoint(watched.book.place)

    def _take_up(self, key: Key, rule: str) -> None:
        memory = self._memories.get(key, NO_MEMORY)
        condition = memory.conditions.get(rule, QUIET)
        if condition.phase in (Phase.ACTIVE, Phase.CLEARING):
            return
        log.warning("alarm_taken_up_from_ledger", site=key[0], building=key[1], rule=rule)
        active = msgspec.structs.replace(condition, phase=Phase.ACTIVE, since_ms=None)
        self._memories[key] = DeviceMemory(memory.facts, {**memory.conditions, rule: active})

    def _enter(self, keys: Sequence[Key], at: datetime, *, may_begin: bool) -> bool:
        """Judge these buildings, and enter what came of it in one transaction."""
        at_ms = to_ms(at)
        steps: dict[int, Step] = {}
        memories: dict[Key, DeviceMemory] = {}
        waiting: dict[Key, None] = {}
        for number, key in enumerate(keys):
            try:
                memory, signals, waits = self._judge(key, at_ms, may_begin=may_begin)
            except Exception as error:
                self._fail(key, error, at_ms)
                continue
            memories[key] = memory
            if waits:
                waiting[key] = None
            if signals:
                steps[number] = Step(number, tuple(signals))
        changed = {key for key, memory in memories.items() if memory != self._memories.get(key, NO_MEMORY)}
        while changed or steps:
            try:
                with self._ledger.write(at=at, actor=ALERTING) as tx:
                    enter_steps(tx, self._desk, self._board.roster.sites, list(steps.values()))
                    enter_memories(tx, {key: memories[key] for key in changed})
            except StepsRefused as refusal:
                for number, why in refusal.errors.items():
                    self._fail(keys[number], why, at_ms)
                    del steps[number], memories[keys[number]]
                    changed.discard(keys[number])
            else:
                break
        for key, memory in memories.items():
            self._memories[key] = memory
            self._dirty.pop(key, None)
            self._reschedule(key, memory)
        self._dirty |= waiting
        return bool(steps)

    def _judge(self, key: Key, at_ms: int, *, may_begin: bool) -> tuple[DeviceMemory, list[Signal], bool]:
        """What the building comes to at `at_ms`: what is remembered then, what there is to tell, and whether an alarm
        waits until it may begin.
        """
        here = self._members.get(key, {})
        members = {
            kind: [Member(watched, self._board.memory(one)) for one in keys if (watched := self._find(one)) is not None]
            for kind, keys in here.items()
        }
        before = self._memories.get(key, NO_MEMORY)
        after: dict[str, ConditionMemory] = {}
        signals: list[Signal] = []
        waits = False
        for rule in self._rules:
            if not here.get(rule.rule.kind):
                continue
            condition = before.conditions.get(rule.rule.id, QUIET)
            look = Look(members, at_ms, self._fresh_from(rule, condition, at_ms))
            settled = settle(rule, condition, rule.judge(look), at_ms)
            if not may_begin and any(move.type is MoveType.BEGAN for move in settled.moves):
                settled, waits = Settled(condition), True
            if settled.memory != QUIET:
                after[rule.rule.id] = settled.memory
            for move in settled.moves:
                since_ms = condition.since_ms if condition.since_ms is not None else at_ms
                why = rule.explain(look)
                why["hold"] = {
                    "since": moment(since_ms),
                    "on_delay_s": rule.on_delay_ms / 1000,
                    "off_delay_s": rule.off_delay_ms / 1000,
                }
                signals.append(_signal(key, rule.rule, move, why))
        for name, condition in before.conditions.items():
            judged = any(rule.rule.id == name and here.get(rule.rule.kind) for rule in self._rules)
            if not judged and condition.phase in (Phase.ACTIVE, Phase.CLEARING):
                signals.append(_withdrawn(key, name, at_ms))
        return DeviceMemory(before.facts, after), signals, waits

    def _find(self, key: Key) -> Watched | None:
        return self._board.roster.find(key)

    def _fresh_from(self, rule: GroupInForce, condition: ConditionMemory, at_ms: int) -> int | None:
        """After we were away a member has its full span to be heard again, unless the alarm is there already."""
        watching_ms = self._board.sight.watching_ms
        if watching_ms is None or condition.phase in (Phase.ACTIVE, Phase.CLEARING):
            return None
        return watching_ms if at_ms - watching_ms <= rule.unless_age_ms else None

    def _reschedule(self, key: Key, memory: DeviceMemory) -> None:
        due_ms = memory.due_ms
        if due_ms is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due_ms

    def _fail(self, key: Key, error: Exception, at_ms: int) -> None:
        site, building = key
        log.error("group_failed", site=site, building=building, exc_info=error)
        metrics.TIMER_FAILURES.labels("group").inc()
        self._put_off([key], at_ms + TRY_AGAIN_MS)

    def _put_off(self, keys: Iterable[Key], until_ms: int) -> None:
        for key in keys:
            self._dirty.pop(key, None)
            self._due[key] = until_ms


def _signal(key: Key, rule: Rule, move: Move, why: dict[str, Any]) -> Signal:
    site, subject, at = key[0], _subject(key), from_ms(move.at_ms)
    if move.type is MoveType.ENDED:
        return Return(site=site, subject=subject, rule=rule.id, at=at, why=why)
    return Activation(site=site, subject=subject, rule=rule, at=at, why=why, chatters=move.chatters)


def _withdrawn(key: Key, rule: str, at_ms: int) -> Return:
    """The rule was taken out, or the building has none of its devices any more."""
    return Return(site=key[0], subject=_subject(key), rule=rule, at=from_ms(at_ms), why={"withdrawn": True})


def _subject(key: Key) -> Subject:
    return Subject(SubjectType.BUILDING, key[1].removeprefix(PREFIX))
