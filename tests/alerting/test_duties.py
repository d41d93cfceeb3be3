"""Duties in the watchroom: orders ahead of their day, overdue once, done and begun anew, in simulated time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.desk import Desk, StepDetails
from alerting.duty_rules import OVERDUE
from domain.alarms import Alarm, AlarmState
from domain.assets import Building, Device, Site, SubjectType
from domain.duties import NO_DUTIES, Cycle, Duty, DutyBook, Per
from domain.duty_cycles import CycleState, DutyCycle
from domain.errors import Conflict, Invalid, NotAllowed
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import OrderFilter
from domain.rules import Severity
from domain.texts import text
from domain.workorders import ClockName, OrderState, Step, WorkOrder
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import OPERATOR, Room

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
FITTER = Actor(ActorType.PERSON, "chen", Role.ENGINEER)
MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
LIFTS = [Device(site="main", id=f"E-0{number}", kind="elevator", building="T1") for number in (1, 2)]


def duty(**changes: Any) -> Duty:
    """Every 15 days for each elevator; its order opens three days ahead."""
    values: dict[str, Any] = {
        "id": "maintenance",
        "title": text("Elevator maintenance", "电梯维护保养", "電梯維護保養"),
        "per": Per.DEVICE,
        "kinds": frozenset({"elevator"}),
        "every": Cycle(days=15),
        "ahead": timedelta(days=3),
        "template": "maintenance",
        "severity": Severity.IMPORTANT,
        "source": "TSG T5002-2017",
        **changes,
    }
    return Duty(**values)


def book(*duties: Duty) -> DutyBook:
    """These duties and nothing else."""
    return DutyBook(duties={one.id: one for one in duties})


class Yard(Room):
    """A watchroom whose time passes in strides: duties are a matter of days."""

    def __init__(
        self,
        ledger: SqlLedger,
        duties: DutyBook,
        *,
        zone: str = SHANGHAI,
        devices: list[Device] | None = None,
    ) -> None:
        tower = Building(id="T1", name=text("Tower 1", "1 号楼", "1 號樓"))
        site = Site(id="main", name=text("Main", "主园", "主園"), time_zone=zone, buildings=(tower,))
        super().__init__(ledger, [], LIFTS[:1] if devices is None else devices, site, duties)
        self.zone = ZoneInfo(zone)

    def until(self, day: str, clock_time: str = "09:00", *, stride: timedelta = timedelta(hours=6)) -> None:
        """Let time pass until the site's clock shows this, looking a few times a day."""
        end = datetime.fromisoformat(f"{day}T{clock_time}").replace(tzinfo=self.zone).astimezone(UTC)
        while self.at < end:
            self.at = min(self.at + stride, end)
            self.tick()

    def cycle(self, unit: str = "E-01", name: str = "maintenance") -> DutyCycle:
        """Where a unit stands."""
        with self.ledger.read() as rows:
            return rows.duties.get(f"main.{name}.{unit}")

    def orders(self, *, ended: bool | None = False) -> list[WorkOrder]:
        """Work orders, oldest first."""
        with self.ledger.read() as rows:
            return list(reversed(rows.orders.page(OrderFilter(ended=ended), after=None, most=500).items))

    def order(self, cycle: DutyCycle | None = None) -> WorkOrder:
        """The order of a turn."""
        with self.ledger.read() as rows:
            return rows.orders.get((cycle or self.cycle()).order or "")

    def step(self, order: WorkOrder, *steps: Step, actor: Actor = FITTER, **details: Any) -> None:
        """Steps of an order by a person."""
        for step in steps:
            with self.ledger.write(at=self.at, actor=actor) as tx:
                self.desk.take_step(tx, order.id, step, StepDetails(**details), actor=actor)

    def do(self, order: WorkOrder) -> None:
        """The work, and what is left on paper by somebody else."""
        self.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
        self.step(order, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE, actor=MANAGER)

    def restart(self, duties: DutyBook | None = None) -> None:
        """End the process and start it again, perhaps with another config."""
        if duties is not None:
            self.desk = Desk(TEMPLATES, duties=duties)
        self.start()

    def overdue(self) -> Alarm:
        """The one alarm of duties."""
        (found,) = (alarm for alarm in self.alarms() if alarm.rule == OVERDUE)
        return found

    def names(self) -> list[str]:
        """The events of duties, in order."""
        return [event.type.value for event in self.events() if event.type.value.startswith("duty.")]


@pytest.fixture
def yard(ledger: SqlLedger) -> Yard:
    """One elevator, under watch since 1 March, 16:00."""
    return Yard(ledger, book(duty()))


def test_an_order_opens_ahead_of_the_day_and_is_due_with_it(yard: Yard) -> None:
    assert (yard.cycle().state, yard.cycle().due_day) == (CycleState.WAITING, date(2026, 3, 16))
    yard.until("2026-03-13", "07:59")
    assert yard.orders() == []
    yard.until("2026-03-13", "08:01")
    order = yard.order()
    assert (order.template, order.device, order.state) == ("maintenance", "E-01", OrderState.OPEN)
    assert order.title.en.endswith("Elevator maintenance")
    fix = next(clock for clock in order.clocks if clock.name is ClockName.FIX)
    assert fix.due_at == datetime(2026, 3, 17, 0, 0, tzinfo=UTC)  # 08:00 on the morning after
    assert yard.alarms() == []
