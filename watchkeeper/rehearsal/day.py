"""A day of chance: devices, people and troubles from one seed, audited after every step.

Promises: the same seed and length play the same day, so that one that breaks something can be played again. At its end
everything is put right, and then nothing may be left open that people cannot end. Leaves to others: what chance gives
(`simulators.chance`, `simulators.crew`, `simulators.troubles`), what must hold (`audit`), many seeds (`seeds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
from msgspec.structs import replace

from alerting.desk import STEP_FIELDS, AdoptionDetails, Desk, StepDetails
from domain.alarms import Alarm
from domain.assets import Adoption, Subject, SubjectType
from domain.errors import LedgerUnavailable, Refused
from domain.events import EventType
from domain.kinds import Kind
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import DeviceFilter, OrderFilter, Transaction
from domain.rules import Rule, Severity, Silent
from domain.texts import text
from domain.workorders import Step, Verdict, WorkOrder
from simulators.chance import SITE, ChanceFleet, Parcel, chance_devices
from simulators.crew import PEOPLE, SENSIBLE, Verb, Visit, visits
from simulators.troubles import Trouble, TroubleType, troubles
from watchkeeper.config_files import Configuration
from watchkeeper.rehearsal.audit import Audit, Broken
from watchkeeper.rehearsal.stage import Setting, Stage

START = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight of the site
STRIDE = timedelta(seconds=120)
"""The longest step; what arrives within one comes as one batch."""
TICK_EVERY = timedelta(minutes=5)
INSPECT_EVERY = timedelta(hours=1)
PEACE = timedelta(minutes=45)
"""How long everything is sound at the end: every device reports several times."""
ADOPTED_AFTER = 0.25
"""Strangers are adopted after this share of the time, and those that came since at the end."""
REMEMBERED = 400
"""Messages that the broker may send again."""

_MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What is played. `every` is how often devices report; `troubles` which may come."""

    days: float = 1.0
    devices: int = 50
    every: timedelta = timedelta(minutes=10)
    troubles: frozenset[TroubleType] = frozenset(TroubleType)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A day that went well. `told` is what rules told of each device, in order."""

    messages: int
    events: dict[EventType, int]
    told: dict[str, list[tuple[str, str]]]


class Day:
    """One seed. `run` once; raises Broken."""

    def __init__(self, seed: int, course: Course, kinds: dict[str, Kind], configuration: Configuration) -> None:
        self._course, self._seed = course, f"seed {seed}"
        devices = chance_devices(kinds, course.devices, course.every, _rng(f"{seed}/devices"))
        self._stage = Stage(
            Setting(
                kinds=kinds,
                configuration=replace(configuration, rules=tuple(map(_by_interval, configuration.rules))),
                sites=(SITE,),
                devices=tuple(device for device in devices if device.adoption is Adoption.REGISTERED),
                begins=START,
                people=PEOPLE,
                tick_every=TICK_EVERY,
            )
        )
        self._audit = Audit(self._stage.ledger)
        self._fleet = ChanceFleet(devices, kinds, seed=str(seed), start=START, every=course.every)
        self._visits = visits([device.id for device in devices], seed=str(seed), start=START)
        self._troubles = troubles(course.troubles, seed=str(seed), start=START)
        self._strides, self._rng = _rng(f"{seed}/strides"), _rng(f"{seed}/day")  # troubles change no stride
        self._waiting: list[Parcel] = []  # sent, and not judged yet
        self._delivered: list[Parcel] = []
        self._until: dict[TroubleType, datetime] = {}  # when what is wrong with us ends
        self._messages = 0

    def run(self) -> Outcome:
        """Play it."""
        with self._stage:
            try:
                self._play()
                self._settle_down()
            except Broken as broken:
                raise Broken(f"{self._seed}, {self._stage.at - START} after the start: {broken}") from None
            counts = dict(self._audit.counts)
        return Outcome(messages=self._messages, events=counts, told=self._audit.told)

    def _play(self) -> None:
        end = START + timedelta(days=self._course.days)
        visit, trouble = next(self._visits), next(self._troubles, None)
        inspect_at, adopt_at = START + INSPECT_EVERY, START + (end - START) * ADOPTED_AFTER
        while self._stage.at < end:
            self._step(self._stage.at + STRIDE * self._strides.random())
            while trouble is not None and trouble.at <= self._stage.at:
                self._make(trouble)
                trouble = next(self._troubles, None)
            while visit.at <= self._stage.at:
                self._visit(visit)
                visit = next(self._visits)
            if self._stage.at >= adopt_at:
                adopt_at = end
                self._adopt()
            self._audit.follow()
            if self._stage.at >= inspect_at:
                inspect_at += INSPECT_EVERY
                self._inspect()

    def _step(self, at: datetime) -> None:
        """Time passes, and what arrives meanwhile is judged."""
        self._stage.pass_until(at)
        self._mend(at)
        parcels = self._fleet.until(at)
        self._messages += len(parcels)
        self._waiting += parcels
        self._stage.receive([parcel.message(at) for parcel in parcels])
        self._audit.follow()
        if self._stage.kept:
            return
        for parcel in self._waiting:
            if parcel.danger is not None and not self._audit.raised_since(parcel.device, parcel.danger, parcel.since):
                raise Broken(f"{parcel.danger} of {parcel.device} was not raised: {parcel.payload!r}")
        self._delivered = [*self._delivered, *self._waiting][-REMEMBERED:]
        self._waiting.clear()

    # --- troubles ---

    def _make(self, trouble: Trouble) -> None:
        stage = self._stage
        if trouble.type is TroubleType.AGAIN:
            self._again()
            return
        if trouble.type is TroubleType.CRASH:
            if stage.running and not stage.away:
                stage.kill()
                stage.kept += [parcel.message(stage.at) for parcel in self._delivered[-self._rng.randrange(30) :]]
                stage.start()
            return
        self._until.setdefault(trouble.type, stage.at + trouble.lasts)
        match trouble.type:
            case TroubleType.DOWN:
                stage.kill()
            case TroubleType.STOP if not stage.away:
                stage.close()
            case TroubleType.BROKER:
                stage.disconnect()
            case TroubleType.LEDGER:
                stage.lose_ledger()
            case _:
                del self._until[trouble.type]

    def _mend(self, at: datetime) -> None:
        """What is over by now is put right."""
        if self._until:
            self._audit.blind_until(at)
        for type_ in [one for one, until in self._until.items() if until <= at]:
            del self._until[type_]
            self._put_right(type_)

    def _put_right(self, type_: TroubleType) -> None:
        stage = self._stage
        match type_:
            case TroubleType.BROKER:
                stage.reconnect()
            case TroubleType.LEDGER:
                stage.find_ledger()
            case _ if not self._until.keys() & {TroubleType.DOWN, TroubleType.STOP} and not stage.running:
                stage.start()

    def _again(self) -> None:
        """The broker sends again what was acknowledged: nothing may come of it but that silence ends."""
        stage = self._stage
        if self._until or not stage.running or stage.kept or not self._delivered:
            return
        stage.tick()
        self._audit.follow()
        some = self._rng.sample(self._delivered, min(20, len(self._delivered)))
        stage.receive([parcel.message(stage.at) for parcel in some if parcel.repeatable])
        for event in self._audit.follow():
            if not event.actor.name.endswith(".silent"):
                raise Broken(f"sent again, and {event.type} came of it on {event.device}: {event.data.get('why')}")

    # --- people ---

    def _visit(self, visit: Visit) -> None:
        actor = Actor(ActorType.PERSON, visit.who, visit.role)
        for act in self._acts(visit, actor):
            self._try(act, actor)

    def _try(self, act: Callable[[Desk, Transaction], object], actor: Actor) -> bool:
        """To be refused is part of life; anything else is not."""
        try:
            self._stage.act(act, actor)
        except Refused:
            return False
        except LedgerUnavailable:
            if not self._stage.away:
                raise
            return False
        return True

    def _acts(self, visit: Visit, actor: Actor) -> Iterator[Callable[[Desk, Transaction], object]]:
        with self._stage.ledger.read() as rows:
            found = rows.alarms.open_on(SITE.id)
            device = _goal(visit, found)
            alarms = [alarm for alarm in found if alarm.device == device]
            orders = rows.orders.page(OrderFilter(device=device), after=None, most=50).items
        match visit.verb:
            case Verb.SEE:
                for alarm in found if visit.called else alarms:  # who is called works through the list
                    if visit.called and alarm.state.acknowledged:
                        continue
                    yield lambda desk, tx, one=alarm.id: desk.acknowledge(tx, one, actor=actor)  # type: ignore[misc]
            case Verb.END:
                for alarm in alarms:
                    yield lambda desk, tx, one=alarm.id: desk.end(tx, one, actor=actor, note="looked")  # type: ignore[misc]
            case Verb.COMMENT:
                for alarm in alarms:
                    yield lambda desk, tx, one=alarm.id: desk.comment(tx, one, actor=actor, note="seen")  # type: ignore[misc]
            case Verb.RAISE:
                yield lambda desk, tx: self._raise(desk, tx, visit, actor)
            case _:
                for order in orders:
                    yield self._order_act(visit, order, actor)

    def _order_act(self, visit: Visit, order: WorkOrder, actor: Actor) -> Callable[[Desk, Transaction], object]:
        until = self._stage.at + timedelta(minutes=30 + visit.salt % 600)
        if visit.verb is Verb.PROMISE:
            return lambda desk, tx: desk.promise(tx, order.id, until=until, told_whom="resident", actor=actor)
        if visit.verb is Verb.PLAN:
            return lambda desk, tx: desk.note_order(tx, order.id, note="plan", plan=True, actor=actor)
        steps = tuple(Step) if visit.verb is Verb.MEDDLE else SENSIBLE[order.state]
        step = steps[visit.salt % len(steps)]
        row = STEP_FIELDS[step]
        details = StepDetails(
            assignee="firm" if "assignee" in row.must else None,
            reason="words" if "reason" in row.must else None,
            until=until if "until" in row.must else None,
            verdict=Verdict.REAL if "verdict" in row.may else None,
        )
        return lambda desk, tx: desk.take_step(tx, order.id, step, details, actor=actor)

    def _raise(self, desk: Desk, tx: Transaction, visit: Visit, actor: Actor) -> object:
        return desk.raise_by_hand(
            tx,
            site=SITE.id,
            subject=Subject(SubjectType.DEVICE, visit.device),
            severity=tuple(Severity)[visit.salt % len(Severity)],
            title=text("Strange noise", "异响", "異響"),
            note="a resident called",
            actor=actor,
            life_safety=visit.salt % 5 == 0,
        )

    def _adopt(self) -> None:
        """A manager puts the strangers into the registry, with the interval that they keep."""
        with self._stage.ledger.read() as rows:
            found = rows.devices.page(DeviceFilter(discovered=True), after=None, most=500).items
        details = AdoptionDetails(interval=self._course.every)
        for device in found:
            self._try(
                lambda desk, tx, one=device.id: desk.adopt(tx, SITE.id, one, details=details, actor=_MANAGER),  # type: ignore[misc]
                _MANAGER,
            )

    # --- what must hold ---

    def _inspect(self) -> None:
        able = self._stage.running and not self._stage.away and self._stage.tick()
        self._audit.follow()
        self._audit.inspect(self._stage.at, acting=able)

    def _settle_down(self) -> None:
        """Everything is put right; then people can end whatever is open, and the ledger is sound."""
        self._until.clear()
        self._stage.find_ledger()
        if not self._stage.running:
            self._stage.start()
        if not self._stage.connected:
            self._stage.reconnect()
        self._audit.blind_until(self._stage.at)
        self._fleet.make_peace(self._stage.at)
        self._adopt()
        end = self._stage.at + PEACE
        while self._stage.at < end:
            self._step(self._stage.at + STRIDE)
        self._inspect()
        with self._stage.ledger.read() as rows:
            left = rows.alarms.open_on(SITE.id)
        for alarm in left:
            self._try(lambda desk, tx, one=alarm.id: desk.acknowledge(tx, one, actor=_MANAGER), _MANAGER)  # type: ignore[misc]
            self._try(lambda desk, tx, one=alarm.id: desk.end(tx, one, actor=_MANAGER, note="all is well"), _MANAGER)  # type: ignore[misc]
        self._inspect()
        with self._stage.ledger.read() as rows:
            left = rows.alarms.open_on(SITE.id)
        if left:
            raise Broken(f"all is well, and these cannot be ended: {[(one.id, one.rule, one.device) for one in left]}")
        if damages := self._stage.ledger.verify():
            raise Broken(f"the ledger is not sound: {damages[:3]}")


def _goal(visit: Visit, alarms: Sequence[Alarm]) -> str:
    """The device that somebody goes to: who is called goes where an alarm stands, to danger first."""
    calling = [alarm for alarm in alarms if alarm.device] if visit.called else []
    danger = [alarm for alarm in calling if alarm.climb is not None and alarm.climb.next_at and alarm.life_safety]
    goals = sorted({alarm.device for alarm in danger or calling if alarm.device})
    return goals[visit.salt % len(goals)] if goals else visit.device


def _by_interval(rule: Rule) -> Rule:
    """The rule, its silence counted in the device's own interval: here devices report rarely on purpose."""
    if isinstance(rule.when, Silent) and rule.when.after is not None:
        return replace(rule, when=Silent(intervals=3.0))
    return rule


def _rng(seed: str) -> Random:
    return Random(seed)  # noqa: S311
