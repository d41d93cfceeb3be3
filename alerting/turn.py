"""Turn: from messages to alarms, the order of stages on one page.

    decode > find the device > judge and settle > signals        pure, on memories laid over the live ones
    desk, memories, what was set aside                            one ledger transaction
    live memories, due list                                       only after the commit
    acknowledge                                                   the loop's, only after this returned

Promises: `Watchroom` is the whole of judging, in simulated or real time: it owns no clock and no thread, and its
caller calls it from one thread at a time. A message that fails is tried again, then set aside alone, and the others
go on. LedgerUnavailable means that nothing happened: call again with the same messages. A turn ends early when it has
`MOST_STEPS` to enter.
Leaves to others: receiving and acknowledging (`alerting.loop`), time (`alerting.timers`), the acts (`alerting.desk`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from alerting import metrics
from alerting.board import Board
from alerting.desk import Desk
from alerting.duties import Duties
from alerting.entry import (
    ALERTING,
    MOST_STEPS,
    NOWHERE,
    SetAside,
    Step,
    StepsRefused,
    enter_memories,
    enter_set_aside,
    enter_steps,
)
from alerting.examine import Outcome, hear
from alerting.groups import Groups
from alerting.members import GroupInForce
from alerting.memory import DeviceMemory
from alerting.resume import recall
from alerting.revisions import current_number, revision_of
from alerting.roster import Key, Roster, Watched
from alerting.rounds import Rounds, SiteVisit, visit_of
from alerting.signals import Signal
from alerting.timers import Timers
from alerting.watch import Sight
from alerting.wrong_kind import Heard, WrongKinds, heard_as
from devices.decode import decode
from devices.topics import Address, read_topic
from domain.errors import ConfigError, Fenced, Unavailable
from domain.instants import from_ms
from domain.kinds import Kind
from domain.ports.ledger import Ledger, Rows, Transaction
from domain.readings import Message
from domain.revisions import changes_between
from domain.rules import Over, Rule

log = structlog.get_logger(__name__)


class Turned(msgspec.Struct, frozen=True):
    """What a turn did. `told`: it wrote events. `oldest_ms`: receipt of the oldest message that brought one about.

    `judged`: so many of the messages, from the first on, are done with; the others were not looked at.
    """

    told: bool = False
    oldest_ms: int | None = None
    judged: int = 0


class _Plan:
    """What a turn would do: worked out in full before the ledger is touched."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.memories: dict[Key, DeviceMemory] = {}
        self.keep: set[Key] = set()
        self.discovered: dict[Key, Watched] = {}
        self.per_site: Counter[str] = Counter()
        self.strayed: dict[Key, Heard] = {}
        self.failed: dict[int, Exception] = {}
        self.judged = self.readings = self.late = 0
        self.oldest_ms: int | None = None


class Watchroom:
    """Everything that is watched, and what is remembered of it.

    `kinds` is `devices.registry.kinds()`; `rules` have their code groups resolved, and are in force until the ledger
    has a revision: it is followed from then on. Raises ConfigError for a rule that cannot be laid out.
    Call `resume` before anything else.
    """

    def __init__(self, ledger: Ledger, desk: Desk, kinds: Mapping[str, Kind], rules: Sequence[Rule]) -> None:
        self._ledger, self._desk, self._kinds = ledger, desk, kinds
        self._roster = Roster(kinds, rules)
        self._board = Board(self._roster)
        self._rounds, self._duties = Rounds(desk), Duties(desk)
        self._groups = Groups(ledger, desk, self._board)
        self._wrong_kinds = WrongKinds(ledger, desk, self._roster)
        self._timers = Timers(ledger, desk, self._board, self._rounds, self._duties, self._follow_registry)
        self._revision: int | None = None
        self._rules_revision: int | None = None

    def resume(self, at: datetime) -> None:
        """Take up what the ledger remembers. Nothing is raised by that alone; holds that ran out fall due."""
        with self._ledger.read() as rows:
            self._revision = rows.devices.revision()
            self._desk.follow(rows)
            self._follow_rules(rows)
            self._load_roster(rows)
            self._rounds.load(rows)
            self._duties.load(rows)
            memories = recall(rows, self._roster)
            self._groups.resume(rows)
            self._wrong_kinds.load(rows, at)
        self._board.resume(memories, at)
        metrics.WATCHED.set(len(self._roster.keys()))

    def look(self, at: datetime, *, session_ms: int | None, backlog: int) -> None:
        """Note what we can see now. `session_ms`: since when the broker session is up, None while it is not."""
        self._board.look(at, session_ms=session_ms, backlog=backlog)

    @property
    def sight(self) -> Sight:
        """What we can see at the moment."""
        return self._board.sight

    @property
    def next_due(self) -> datetime | None:
        """When `tick` has something to judge, as far as is known."""
        devices_ms, buildings_ms = self._board.next_due_ms, self._groups.next_due_ms
        if buildings_ms is None or (devices_ms is not None and devices_ms < buildings_ms):
            return None if devices_ms is None else from_ms(devices_ms)
        return from_ms(buildings_ms)

    def tick(self, at: datetime) -> Turned:
        """Do what time alone brings about. Raises LedgerUnavailable: then tick again."""
        told = self._timers.tick(at)
        told = self._wrong_kinds.tick(at) or told
        return Turned(self._groups.tick(at) or told)

    def close(self, at: datetime) -> None:
        """Write what may follow later. Without it nothing is lost that would change a signal."""
        self._timers.flush(at)

    def turn(self, messages: Sequence[Message], at: datetime) -> Turned:
        """Judge messages, as many as bring about what one transaction takes.

        On return what they bring about is in the ledger, and they may be acknowledged. Raises LedgerUnavailable, and
        then nothing happened.
        """
        try:
            return self._turn(messages, at)
        except (Unavailable, Fenced):
            raise
        except Exception:
            log.exception("turn_failed", messages=len(messages))
        turns = [self._alone(message, at) for message in messages]
        oldest_ms = [turn.oldest_ms for turn in turns if turn.oldest_ms is not None]
        return Turned(any(turn.told for turn in turns), min(oldest_ms, default=None), len(messages))

    def _alone(self, message: Message, at: datetime) -> Turned:
        """One message of a batch that failed for no reason that names one."""
        try:
            return self._turn([message], at)
        except (Unavailable, Fenced):
            raise
        except Exception as error:
            return self._turn([message], at, {0: error})

    def _turn(
        self, messages: Sequence[Message], at: datetime, refused: Mapping[int, Exception] | None = None
    ) -> Turned:
        errors = dict(refused or {})
        while True:  # each round refuses at least one message more, or is the last
            plan = self._work_out(messages, errors, at)
            errors |= plan.failed
            aside = [_set_aside(messages[number], error) for number, error in errors.items()]
            try:
                told = self._enter(plan, aside, at)
            except StepsRefused as refusal:
                errors |= refusal.errors
            else:
                break
        for number, error in errors.items():
            log.error("message_set_aside", topic=messages[number].topic, exc_info=error)
        _count(plan, len(errors))
        return Turned(told, plan.oldest_ms, plan.judged)

    def _work_out(self, messages: Sequence[Message], refused: Mapping[int, Exception], at: datetime) -> _Plan:
        plan = _Plan()
        for number, message in enumerate(messages):
            if len(plan.steps) == MOST_STEPS:
                break
            plan.judged = number + 1
            if number in refused:
                continue
            try:
                self._judge(plan, number, message, at)
            except Exception as error:  # what is pure fails the second time as well
                plan.failed[number] = error
        return plan

    def _judge(self, plan: _Plan, number: int, message: Message, at: datetime) -> None:
        """Decode, find, judge and settle one message. The plan changes only when all of it went well."""
        memories: dict[Key, DeviceMemory] = {}
        found: dict[Key, Watched] = {}
        outcomes: list[Outcome] = []
        visits: list[SiteVisit] = []
        strayed: dict[Key, Heard] = {}
        keep = False
        for reading in decode(message, self._kinds).readings:  # all of one device: a topic names one
            key = (reading.site, reading.device)
            watched = found.get(key) or plan.discovered.get(key) or self._roster.find(key)
            stranger = watched is not None and not watched.registered and watched.device.kind != reading.kind
            if stranger:  # nobody said what it is: what it says now counts, or a first wrong topic would silence it
                memories[key] = DeviceMemory()
            if watched is None or stranger:
                watched = self._roster.discover(reading, at, plan.per_site[reading.site])
                if watched is None:
                    metrics.MISFITS.labels("too_many_discovered").inc()
                    continue
                found[key] = watched
            if watched.device.kind != reading.kind:
                metrics.MISFITS.labels("kind_mismatch").inc()
                strayed[key] = heard_as(watched.device, reading)
                continue
            memory = memories.get(key) or plan.memories.get(key) or self._board.memory(key)
            outcome = hear(watched, memory, reading, watching_ms=self._board.sight.watching_ms)
            memories[key] = outcome.memory
            outcomes.append(outcome)
            keep = keep or outcome.keep
            passed = visit_of(reading)
            if passed is not None:
                visits.append(passed)
        plan.memories |= memories
        plan.strayed |= strayed
        plan.readings += len(outcomes)
        if keep:
            plan.keep.update(memories)
        signals: list[Signal] = []
        for outcome in outcomes:
            plan.late += outcome.late
            signals += outcome.signals
        if signals or found or visits:
            plan.discovered |= found
            plan.per_site.update(site for site, _ in found)
            devices = tuple(watched.device for watched in found.values())
            plan.steps.append(Step(number, tuple(signals), devices, tuple(visits)))
            plan.oldest_ms = min(message.received_ms, plan.oldest_ms or message.received_ms)

    def _enter(self, plan: _Plan, aside: Sequence[SetAside], at: datetime) -> bool:
        """One transaction for the whole plan, and what follows from its commit. Whether it wrote events."""
        strayed = self._wrong_kinds.news(plan.strayed)
        if plan.steps or plan.keep or aside or strayed:
            with self._ledger.write(at=at, actor=ALERTING) as tx:
                enter_steps(tx, self._desk, self._roster.sites, plan.steps, self._enter_visit)
                enter_set_aside(tx, aside)
                self._wrong_kinds.enter(tx, strayed, at)
                enter_memories(tx, {key: plan.memories[key] for key in plan.keep})
        self._wrong_kinds.remember(plan.strayed)
        for watched in plan.discovered.values():
            self._roster.add(watched)
        self._board.remember(plan.memories, saved=plan.keep)
        return bool(plan.steps or aside or strayed)

    def _enter_visit(self, tx: Transaction, passed: SiteVisit) -> None:
        self._rounds.enter(tx, passed, watching=self._board.sight.caught_up)

    def _follow_registry(self, rows: Rows) -> None:
        """Follow the registry, at every turn of the second hand: a device that is new or changed is judged afresh."""
        revision = rows.devices.revision()
        arranged, revised = self._desk.follow(rows), self._follow_rules(rows)
        if revision == self._revision and not revised:
            if arranged:
                self._duties.load(rows)
            return
        changed = self._load_roster(rows)
        self._rounds.load(rows)
        self._duties.load(rows)
        self._revision = revision
        self._board.judge_afresh(self._roster.keys() if revised else changed)
        self._groups.follow_roster()
        metrics.WATCHED.set(len(self._roster.keys()))

    def _load_roster(self, rows: Rows) -> list[Key]:
        return self._roster.load(rows.devices.sites(), rows.devices.every(), rows.overrides.every())

    def _follow_rules(self, rows: Rows) -> bool:
        """Judge by the ledger's current rules. One that cannot be used leaves those in force, and is told once."""
        number = current_number(rows)
        if number is None or number == self._rules_revision:
            return False
        self._rules_revision = number
        revision = revision_of(rows, number)
        before = {rule.id: rule for rule in self._roster.rules}
        if revision is None or not changes_between(before.values(), revision.rules):
            return False
        try:
            for rule in revision.rules:
                if rule.over is Over.BUILDING:
                    GroupInForce(rule)
            self._roster.revise(revision.rules)
        except ConfigError as error:
            log.error("rules_refused", revision=number, error=str(error))  # noqa: TRY400  a sentence, no trace
            return False
        rewritten = {
            rule.id
            for rule in revision.rules
            if rule.id in before and (rule.when, rule.unless) != (before[rule.id].when, before[rule.id].unless)
        }
        self._board.forget_leaves(rewritten)
        log.info("rules_revised", revision=number, rules=len(revision.rules), rewritten=len(rewritten))
        return True


def _set_aside(message: Message, error: Exception) -> SetAside:
    address = read_topic(message.topic)
    return SetAside(message, address.site if isinstance(address, Address) else NOWHERE, type(error).__name__)


def _count(plan: _Plan, set_aside: int) -> None:
    counted = (
        (metrics.MESSAGES, plan.judged),
        (metrics.READINGS, plan.readings),
        (metrics.LATE, plan.late),
        (metrics.SET_ASIDE, set_aside),
        (metrics.DISCOVERED, len(plan.discovered)),
    )
    for counter, number in counted:
        if number:
            counter.inc(number)
    for step in plan.steps:
        for signal in step.signals:
            metrics.SIGNALS.labels(type(signal).__name__.lower()).inc()
