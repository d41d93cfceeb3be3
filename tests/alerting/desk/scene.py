"""A small property with a real ledger, a desk, people, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from adapters.ledger import SqlLedger
from alerting.desk import Desk, StepDetails
from alerting.signals import Activation, Return
from domain.alarms import Alarm
from domain.assets import Building, Device, Site, Subject, SubjectType, Zone
from domain.errors import Conflict
from domain.events import Event
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import OrderFilter, Transaction
from domain.rules import Equals, Rule, Severity
from domain.texts import text
from domain.workorders import Clock, ClockName, Step, WorkOrder
from tests.services import REPOSITORY
from watchkeeper.config_calendar import load_calendars
from watchkeeper.config_errors import Problems
from watchkeeper.config_orders import load_templates
from watchkeeper.rehearsal.ledgers import sqlite_ledger_in

T = TypeVar("T")

START = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
CALENDARS = load_calendars(REPOSITORY / "config", Problems("calendar.toml"))
TEMPLATES = load_templates(REPOSITORY / "config", Problems("orders.toml"), CALENDARS)

SITE = Site(
    id="main",
    name=text("Main", "主园", "主園"),
    buildings=(
        Building(
            id="T1",
            name=text("Tower 1", "1 号楼", "1 號樓"),
            zones=(Zone(id="lobby", name=text("Lobby", "大堂", "大堂")),),
        ),
    ),
)
LIFT = Device(
    site="main", id="E-03", kind="elevator", name=text("Elevator E-03", "E-03 号电梯", "E-03 號電梯"), building="T1"
)

OPERATOR = Actor(ActorType.PERSON, "lin", Role.OPERATOR)
COLLEAGUE = Actor(ActorType.PERSON, "wu", Role.OPERATOR)
MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
VIEWER = Actor(ActorType.PERSON, "guest", Role.VIEWER)
STRANGER = Actor(ActorType.PERSON, "sun", Role.MANAGER, frozenset({"annex"}))
IMPORT = Actor(ActorType.PROGRAM, "import", Role.ADMIN)


def rule(name: str, severity: Severity = Severity.IMPORTANT, **changes: Any) -> Rule:
    """A rule of elevators."""
    return Rule(
        kind="elevator",
        name=name,
        severity=severity,
        title=text("passenger pressed the alarm button", "乘客按下报警按钮", "乘客按下警報按鈕"),
        consequence=text("c", "c", "c"),
        response=text("r", "r", "r"),
        time_to_respond=timedelta(minutes=1),
        when=Equals(metric="alarm_button", value=True),
        **changes,
    )


CALL = rule("entrapment_call", Severity.URGENT, life_safety=True, latched=True, template="entrapment")
SUSPECTED = rule("entrapment_suspected", Severity.URGENT, life_safety=True, latched=True, template="entrapment")
FAULT = rule("fault")
DOOR = rule("door_held", Severity.GENERAL)
STOPPED = rule("stopped", Severity.URGENT)
ALL_RULES = (CALL, SUSPECTED, FAULT, DOOR, STOPPED)


def open_in(folder: Path) -> SqlLedger:
    """The ledger of a folder."""
    return sqlite_ledger_in(folder)


class Scene:
    """The desk at work. Every act is a transaction of its own at the scene's instant."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger, self.desk, self.at = ledger, Desk(TEMPLATES), START

    def furnish(self) -> None:
        """Enter the site and its elevator."""
        self.do(lambda tx: self.desk.register(tx, sites=[SITE], devices=[LIFT], actor=IMPORT))

    def pass_(self, **span: float) -> None:
        """Let time pass, without looking at the clocks."""
        self.at += timedelta(**span)

    def do(self, act: Callable[[Transaction], T], actor: Actor = OPERATOR) -> T:
        """One transaction."""
        with self.ledger.write(at=self.at, actor=actor) as tx:
            return act(tx)

    def activate(self, which: Rule = CALL, device: str = "E-03", **said: Any) -> Alarm:
        """The condition begins on the device."""
        return self.do(self.activation(which, device, **said))

    def activation(self, which: Rule = CALL, device: str = "E-03", **said: Any) -> Callable[[Transaction], Alarm]:
        """The act of `activate`, to be done in a transaction of the caller's."""
        subject = Subject(SubjectType.DEVICE, device)
        why = {"reading": {"alarm_button": True}, "decided": [{"what": "no hold", "at": self.at.isoformat()}]}
        signal = Activation(site="main", subject=subject, rule=which, at=self.at, why=why, **said)
        return lambda tx: self.desk.activate(tx, signal)

    def deactivate(self, which: Rule = CALL, device: str = "E-03") -> Alarm | None:
        """The condition ends."""
        subject = Subject(SubjectType.DEVICE, device)
        signal = Return(site="main", subject=subject, rule=which.id, at=self.at, why={"reading": {}})
        return self.do(lambda tx: self.desk.deactivate(tx, signal))

    def acknowledge(self, alarm: Alarm, actor: Actor = OPERATOR) -> Alarm:
        """A person has seen it."""
        return self.do(lambda tx: self.desk.acknowledge(tx, alarm.id, actor=actor), actor)

    def step(self, order_id: str | None, *steps: Step, actor: Actor = OPERATOR, **said: Any) -> WorkOrder:
        """One step after another, all with the same details."""
        for step in steps:
            self.do(lambda tx, step=step: self._step(tx, order_id, step, said, actor), actor)  # type: ignore[misc]
        return self.order(order_id)

    def _step(self, tx: Transaction, order_id: str | None, step: Step, said: dict[str, Any], actor: Actor) -> WorkOrder:
        return self.desk.take_step(tx, str(order_id), step, StepDetails(**said), actor=actor)

    def run_clocks(self) -> int:
        """What a timer does."""
        return self.do(lambda tx: self.desk.run_clocks(tx, self.at))

    def alarm(self, alarm_id: str) -> Alarm:
        """The row."""
        with self.ledger.read() as rows:
            return rows.alarms.get(alarm_id)

    def order(self, order_id: str | None) -> WorkOrder:
        """The row."""
        with self.ledger.read() as rows:
            return rows.orders.get(str(order_id))

    def orders(self) -> list[WorkOrder]:
        """All of them, oldest first."""
        with self.ledger.read() as rows:
            return list(reversed(rows.orders.page(OrderFilter(ended=None), after=None, most=500).items))

    def clock(self, order_id: str | None, name: ClockName) -> Clock:
        """One clock of an order."""
        return next(clock for clock in self.order(order_id).clocks if clock.name is name)

    def timeline(self, *, alarm: str | None = None, order: str | None = None) -> list[Event]:
        """The events of an alarm or an order."""
        with self.ledger.read() as rows:
            return rows.events.of_alarm(alarm) if alarm is not None else rows.events.of_order(str(order))

    def types(self, *, alarm: str | None = None, order: str | None = None) -> list[str]:
        """Their types."""
        return [event.type.value for event in self.timeline(alarm=alarm, order=order)]


def refusal(act: Callable[[], object]) -> Conflict:
    """The Conflict that an act must end in."""
    try:
        act()
    except Conflict as conflict:
        return conflict
    raise AssertionError("it was not refused")
