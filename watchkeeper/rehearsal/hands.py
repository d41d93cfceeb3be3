"""Hands: what the people of a chance day do at the desk.

Promises: an intention (`simulators.crew`) becomes acts on whatever is there; to be refused is part of life, anything
else breaks the day; of two who act at once one wins and the other is told who. Leaves to others: when (`day`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from alerting.desk import STEP_FIELDS, AdoptionDetails, Desk, PlannedTest, StepDetails
from domain.alarms import Alarm
from domain.assets import Device, Site, Subject, SubjectType
from domain.errors import Conflict, LedgerUnavailable, Refused
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import DeviceFilter, OrderFilter, Rows, Transaction
from domain.rules import Severity
from domain.standing import Measure, Standing
from domain.texts import text
from domain.workorders import Step, Verdict, WorkOrder
from simulators.crew import PEOPLE, SENSIBLE, Verb, Visit
from watchkeeper.rehearsal.audit import Broken
from watchkeeper.rehearsal.stage import Stage

Act = Callable[[Desk, Transaction], object]

MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
ORDERS_A_SHIFT = 20
"""Open orders that move on in one visit of somebody who was called to work: enough that work gets done in the end, as
on a real site, and little enough that much of it is late.
"""
MOST_ORDERS = 1000
WAITED_FOR = timedelta(minutes=2)
"""Two who act at once wait so long at most for the instant in which a step of an escalation is due."""


class Hands:
    """Everybody's hands."""

    def __init__(self, stage: Stage, site: Site, devices: Sequence[Device]) -> None:
        """`devices` as they hang on the wall, also those that the registry does not know yet."""
        self._stage, self._site = stage, site
        self._devices = {device.id: device for device in devices}

    def visit(self, visit: Visit) -> None:
        """Carry out one intention. Raises Broken."""
        actor = Actor(ActorType.PERSON, visit.who, visit.role)
        with self._stage.ledger.read() as rows:
            alarms = rows.alarms.open_on(self._site.id)
            device = _goal(visit, alarms)
            here = [alarm for alarm in alarms if alarm.device == device]
            if visit.verb is Verb.RACE:
                acts: list[Act] = []
            else:
                acts = list(self._acts(rows, visit, alarms if visit.called else here, here, device, actor))
        if visit.verb is Verb.RACE:
            self._race(visit, alarms)
        for act in acts:
            self.attempt(act, actor)

    def attempt(self, act: Act, actor: Actor) -> bool:
        """Whether it was done: to be refused is part of life, and so is a ledger that is away."""
        try:
            self._stage.act(act, actor)
        except Refused:
            return False
        except LedgerUnavailable:
            if not self._stage.away:
                raise
            return False
        return True

    def adopt(self) -> None:
        """A manager puts the strangers into the registry, as they hang on the wall: one without a gauge is said to
        have none, or what somebody else said of its pressure in its name would stand for ever.
        """
        with self._stage.ledger.read() as rows:
            found = rows.devices.page(DeviceFilter(discovered=True), after=None, most=500).items
        for device in found:
            seen = self._devices[device.id]
            details = AdoptionDetails(
                building=seen.building,
                gateway=seen.gateway,
                power_feed=seen.power_feed,
                interval=seen.interval,
                tags=seen.tags,
            )
            self.attempt(_adopting(self._site.id, device.id, details), MANAGER)

    def clear_up(self) -> None:
        """All is well: what is put aside is taken back, and what waits for a person is looked at."""
        with self._stage.ledger.read() as rows:
            measures = rows.measures.running(frozenset({self._site.id}))
        for measure in measures:
            self.attempt(self._ending(measure, MANAGER), MANAGER)
        self._stage.tick()
        with self._stage.ledger.read() as rows:
            left = rows.alarms.open_on(self._site.id)
        for alarm in left:
            self.attempt(_acknowledging(alarm.id, MANAGER), MANAGER)
            self.attempt(_finishing(alarm.id, MANAGER), MANAGER)

    def _acts(
        self, rows: Rows, visit: Visit, found: Sequence[Alarm], here: Sequence[Alarm], device: str, actor: Actor
    ) -> Iterator[Act]:
        until = self._stage.at + timedelta(minutes=30 + visit.salt % 600)
        match visit.verb:
            case Verb.SEE:  # who is called works through the list
                yield from (_acknowledging(one.id, actor) for one in found if not one.state.acknowledged)
            case Verb.GO:
                danger = {one.work_order for one in found if one.life_safety and one.work_order is not None}
                yield from (_arriving(order, actor) for order in sorted(danger))
            case Verb.END:
                yield from (_finishing(one.id, actor) for one in here)
            case Verb.COMMENT:
                yield from (_commenting(one.id, actor) for one in here)
            case Verb.SHELVE:
                yield from (_shelving(one.id, until, actor) for one in here)
            case Verb.UNSHELVE:
                yield from (_unshelving(one.id, actor) for one in here)
            case Verb.TAKE_OUT:
                yield lambda desk, tx: desk.take_out(
                    tx, self._site.id, device, reason="to be mended", expected_return=until, actor=actor
                )
            case Verb.TEST:
                yield self._testing(visit, actor)
            case Verb.TAKE_BACK:
                running = rows.measures.running(frozenset({self._site.id}))
                yield from (self._ending(one, actor) for one in running[: 1 + visit.salt % 2])
            case Verb.RAISE:
                yield self._raising(visit, actor)
            case Verb.WORK if visit.called:  # a shift's work: many orders, one step each
                orders = _part(rows.orders.page(OrderFilter(), after=None, most=MOST_ORDERS).items, visit.salt)
                yield from (self._order_act(visit, order, actor) for order in orders)
            case _:
                orders = rows.orders.page(OrderFilter(device=device), after=None, most=50).items
                yield from (self._order_act(visit, order, actor) for order in orders)

    def _order_act(self, visit: Visit, order: WorkOrder, actor: Actor) -> Act:
        until = self._stage.at + timedelta(minutes=30 + visit.salt % 600)
        if visit.verb is Verb.PROMISE:
            return lambda desk, tx: desk.promise(tx, order.id, until=until, told_whom="resident", actor=actor)
        if visit.verb is Verb.PLAN:
            return lambda desk, tx: desk.note_order(tx, order.id, note="plan", plan=True, actor=actor)
        if visit.verb is Verb.STAMP:
            return lambda desk, tx: desk.stamp(tx, order.id, name=("arrived", "confirmed")[visit.salt % 2], actor=actor)
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

    def _testing(self, visit: Visit, actor: Actor) -> Act:
        """A handful of devices under test, with a colleague."""
        first = visit.salt % len(self._devices)
        second = sorted(PEOPLE)[visit.salt % len(PEOPLE)]
        wanted = PlannedTest(
            site=self._site.id,
            until=self._stage.at + timedelta(minutes=10 + visit.salt % 200),
            reason="monthly test",
            second=second,
            devices=frozenset(list(self._devices)[first : first + 5]),
        )
        return lambda desk, tx: desk.begin_test(tx, wanted, actor=actor)

    def _ending(self, measure: Measure, actor: Actor) -> Act:
        """What somebody took aside, taken back."""
        if measure.type is Standing.TEST:
            return lambda desk, tx: desk.end_test(tx, measure.id, note="done", actor=actor)
        if measure.type is Standing.OUT_OF_SERVICE:
            [device] = measure.devices
            return lambda desk, tx: desk.bring_back(tx, self._site.id, device, actor=actor)

        def unshelve(desk: Desk, tx: Transaction) -> None:
            assert measure.subject is not None
            assert measure.rule is not None
            alarm = tx.alarms.open_for(measure.site, measure.subject, measure.rule)
            if alarm is not None:
                desk.unshelve(tx, alarm.id, actor=actor)

        return unshelve

    def _raising(self, visit: Visit, actor: Actor) -> Act:
        return lambda desk, tx: desk.raise_by_hand(
            tx,
            site=self._site.id,
            subject=Subject(SubjectType.DEVICE, visit.device),
            severity=tuple(Severity)[visit.salt % len(Severity)],
            title=text("Strange noise", "异响", "異響"),
            note="a resident called",
            actor=actor,
            life_safety=visit.salt % 5 == 0,
        )

    def _race(self, visit: Visit, alarms: Sequence[Alarm]) -> None:
        """Two acknowledge the same alarm at once, if they can in the very instant in which its next step is due."""
        waiting = sorted(alarm.id for alarm in alarms if not alarm.state.acknowledged)
        if not waiting or self._stage.away:
            return
        chosen = waiting[visit.salt % len(waiting)]
        climb = next(alarm.climb for alarm in alarms if alarm.id == chosen)
        due = climb.next_at if climb is not None else None
        if due is not None and self._stage.at < due <= self._stage.at + WAITED_FOR:
            self._stage.stand_at(due)
        first, second = (Actor(ActorType.PERSON, name, Role.OPERATOR) for name in ("lin", "wu"))
        if not self.attempt(_acknowledging(chosen, first), first):
            return  # it was acknowledged while they waited
        try:
            self._stage.act(_acknowledging(chosen, second), second)
        except Conflict as told:
            if told.winner != first.name:
                raise Broken(f"{second.name} was told that {told.winner} was faster on {chosen}") from told
        else:
            raise Broken(f"two acknowledged {chosen}")


def _part(orders: Sequence[WorkOrder], salt: int) -> Sequence[WorkOrder]:
    """What a shift gets to: some in a row, old or new."""
    first = salt % max(1, len(orders))
    return [*orders[first:], *orders[:first]][:ORDERS_A_SHIFT]


def _goal(visit: Visit, alarms: Sequence[Alarm]) -> str:
    """The device that somebody goes to: who is called goes where an alarm stands."""
    calling = sorted({alarm.device for alarm in alarms if alarm.device}) if visit.called else []
    return calling[visit.salt % len(calling)] if calling else visit.device


def _acknowledging(alarm: str, actor: Actor) -> Act:
    return lambda desk, tx: desk.acknowledge(tx, alarm, actor=actor)


def _arriving(order: str, actor: Actor) -> Act:
    return lambda desk, tx: desk.take_step(tx, order, Step.ARRIVE, actor=actor)


def _finishing(alarm: str, actor: Actor) -> Act:
    return lambda desk, tx: desk.end(tx, alarm, actor=actor, note="looked")


def _commenting(alarm: str, actor: Actor) -> Act:
    return lambda desk, tx: desk.comment(tx, alarm, actor=actor, note="seen")


def _shelving(alarm: str, until: datetime, actor: Actor) -> Act:
    return lambda desk, tx: desk.shelve(tx, alarm, until=until, reason="known", actor=actor)


def _unshelving(alarm: str, actor: Actor) -> Act:
    return lambda desk, tx: desk.unshelve(tx, alarm, actor=actor)


def _adopting(site: str, device: str, details: AdoptionDetails) -> Act:
    return lambda desk, tx: desk.adopt(tx, site, device, details=details, actor=MANAGER)
