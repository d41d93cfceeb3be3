"""Duties in the watchroom: orders ahead of their day, overdue once, done and begun anew, in simulated time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.ledger import SqlLedger
from alerting.desk import Desk, StepDetails
from alerting.duty_rules import OVERDUE
from domain.alarms import Alarm
from domain.assets import Building, Device, Site, SubjectType
from domain.duties import NO_DUTIES, Cycle, Duty, DutyBook, Per
from domain.duty_cycles import MOST_DONE, CycleState, DutyCycle
from domain.errors import Conflict, Invalid, NotAllowed
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import OrderFilter
from domain.rules import Rule, Severity
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
        "source": text("TSG T5002-2017", "TSG T5002-2017", "TSG T5002-2017"),
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
        rules: Sequence[Rule] = (),
    ) -> None:
        tower = Building(id="T1", name=text("Tower 1", "1 号楼", "1 號樓"))
        site = Site(id="main", name=text("Main", "主园", "主園"), time_zone=zone, buildings=(tower,))
        super().__init__(ledger, rules, LIFTS[:1] if devices is None else devices, site, duties)
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


def test_what_is_not_done_on_its_day_is_told_once_on_the_morning_after_on_the_same_order(yard: Yard) -> None:
    yard.until("2026-03-17", "07:59")
    assert yard.alarms() == []
    yard.until("2026-03-25", "12:00")
    alarm, order = yard.overdue(), yard.order()
    assert alarm.raised_at == datetime(2026, 3, 17, 0, 0, tzinfo=UTC)
    assert (alarm.subject.type, alarm.subject.id, alarm.device) == (SubjectType.DUTY, "maintenance.E-01", "E-01")
    assert (alarm.work_order, alarm.severity, alarm.occurrences) == (order.id, Severity.IMPORTANT, 1)
    assert "overdue since 2026-03-16: Elevator maintenance" in alarm.text.en
    assert len(yard.orders()) == 1
    assert yard.names() == ["duty.begun", "duty.moved", "duty.overdue"]


def test_closing_the_order_begins_the_next_cycle_on_the_day_the_work_was_done(yard: Yard) -> None:
    yard.until("2026-03-14", "10:00")
    order = yard.order()
    yard.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    assert yard.cycle().state is CycleState.PERFORMED
    yard.until("2026-03-19", "10:00")  # the paper lies about for five days: nobody is late
    assert yard.alarms() == []
    yard.step(order, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE, actor=MANAGER)
    after = yard.cycle()
    assert (after.state, after.since, after.due_day) == (CycleState.WAITING, date(2026, 3, 14), date(2026, 3, 29))
    (turn,) = after.done
    assert (turn.day, turn.by, turn.order, turn.late) == (date(2026, 3, 14), "chen", order.id, False)


def test_work_that_is_done_late_ends_the_alarm_and_stays_late(yard: Yard) -> None:
    yard.until("2026-03-20", "10:00")
    yard.step(yard.order(), Step.ACCEPT, Step.ARRIVE, Step.FIX)
    assert not yard.overdue().signal_active
    yard.step(yard.orders()[0], Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE, actor=MANAGER)
    assert (yard.cycle().done[0].late, yard.cycle().due_day) == (True, date(2026, 4, 4))


def test_a_failed_check_makes_it_due_as_before_and_a_second_time_overdue(yard: Yard) -> None:
    yard.until("2026-03-16", "10:00")
    order = yard.order()
    yard.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    yard.until("2026-03-18", "10:00")
    yard.step(order, Step.FAIL_CHECK, actor=MANAGER, reason="door gap not set")
    yard.until("2026-03-18", "10:01")
    assert (yard.cycle().state, yard.overdue().work_order) == (CycleState.OVERDUE, order.id)


def test_a_cancelled_order_opens_anew_when_the_day_is_over_and_once(yard: Yard) -> None:
    yard.until("2026-03-14", "10:00")
    first = yard.order()
    yard.step(first, Step.CANCEL, actor=MANAGER, reason="the firm comes next week")
    assert (yard.cycle().state, yard.cycle().order) == (CycleState.OPEN, None)
    yard.until("2026-03-16", "23:00")
    assert yard.orders() == []
    yard.until("2026-03-30", "10:00")
    (second,) = yard.orders()
    assert (yard.overdue().work_order, second.device) == (second.id, "E-01")
    yard.step(second, Step.CANCEL, actor=MANAGER, reason="next week, really")
    yard.until("2026-04-20", "10:00")
    assert (yard.orders(), yard.cycle().state) == ([], CycleState.OVERDUE), "who may approve was told, and said no"


def test_a_device_out_of_service_owes_nothing_and_has_the_usual_span_when_it_is_back(yard: Yard) -> None:
    yard.until("2026-03-10", "10:00")
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.take_out(
            tx, "main", "E-01", reason="ropes", expected_return=yard.at + timedelta(days=30), actor=MANAGER
        )
    yard.until("2026-04-05", "10:00")
    assert (yard.orders(), yard.alarms(), yard.cycle().state) == ([], [], CycleState.RESTING)
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.bring_back(tx, "main", "E-01", actor=MANAGER)
    yard.until("2026-04-05", "10:01")
    assert (yard.cycle().state, yard.cycle().due_day) == (CycleState.OPEN, date(2026, 4, 8))
    assert len(yard.orders()) == 1


def test_an_order_that_was_open_when_its_device_went_out_goes_on_when_it_is_back(yard: Yard) -> None:
    yard.until("2026-03-14", "10:00")
    order = yard.order()
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.take_out(
            tx, "main", "E-01", reason="ropes", expected_return=yard.at + timedelta(days=30), actor=MANAGER
        )
    yard.until("2026-03-25", "10:00")
    assert (yard.alarms(), yard.cycle().state) == ([], CycleState.RESTING)
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.bring_back(tx, "main", "E-01", actor=MANAGER)
    yard.until("2026-03-29", "07:59")
    assert (yard.cycle().state, yard.cycle().order, yard.alarms()) == (CycleState.OPEN, order.id, [])
    yard.until("2026-03-29", "08:01")
    assert yard.overdue().work_order == order.id


def test_a_duty_that_the_config_has_no_more_is_retired_and_is_back_when_the_config_is(yard: Yard) -> None:
    yard.until("2026-03-20", "10:00")
    yard.restart(NO_DUTIES)
    yard.until("2026-03-20", "10:01")
    assert (yard.cycle().state, yard.orders(), yard.overdue().signal_active) == (CycleState.RETIRED, [], False)
    yard.restart(book(duty()))
    yard.until("2026-03-20", "10:02")
    assert (yard.cycle().state, yard.cycle().due_day) == (CycleState.WAITING, date(2026, 4, 4))


def test_a_retired_duty_leaves_its_order_to_whoever_is_at_it(yard: Yard) -> None:
    yard.until("2026-03-14", "10:00")
    yard.step(yard.order(), Step.ACCEPT)
    yard.restart(NO_DUTIES)
    yard.until("2026-03-14", "10:01")
    (order,) = yard.orders()
    yard.step(order, Step.ARRIVE, Step.FIX)
    assert yard.cycle().state is CycleState.RETIRED


def test_another_cycle_in_the_config_counts_from_the_day_it_was_done_last(yard: Yard) -> None:
    yard.until("2026-03-05")
    yard.restart(book(duty(every=Cycle(weeks=1))))
    yard.until("2026-03-05", "09:01")
    assert (yard.cycle().due_day, yard.cycle().state) == (date(2026, 3, 8), CycleState.OPEN)
    assert yard.names()[-2:] == ["duty.revised", "duty.moved"]


def test_a_new_device_owes_from_the_day_it_is_registered_and_a_discovered_one_nothing(yard: Yard) -> None:
    yard.until("2026-03-05")
    yard.hear(device="E-09", door="closed")
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.register(tx, devices=LIFTS, actor=MANAGER)
    yard.until("2026-03-05", "09:01")
    with yard.ledger.read() as rows:
        assert [one.unit for one in rows.duties.every()] == ["E-01", "E-02"]
    assert yard.cycle("E-02").due_day == date(2026, 3, 20)


def test_buildings_and_sites_owe_a_duty_while_they_have_a_device_of_its_kinds(ledger: SqlLedger) -> None:
    pump = Device(site="main", id="FP-1", kind="fire_pump", building="T1")
    walk = duty(id="walk", per=Per.SITE, kinds=frozenset({"fire_pump"}), every=Cycle(weeks=1), ahead=timedelta(days=1))
    check = duty(id="check", per=Per.BUILDING, kinds=frozenset({"fire_pump"}), every=Cycle(months=1))
    other = duty(id="other", per=Per.BUILDING, kinds=frozenset({"hydrant"}))
    yard = Yard(ledger, book(walk, check, other), devices=[pump])
    with ledger.read() as rows:
        assert {one.id: one.due_day for one in rows.duties.every()} == {
            "main.check.T1": date(2026, 4, 1),
            "main.walk.main": date(2026, 3, 8),
        }
    yard.until("2026-04-02", "08:01")
    titles = {alarm.text.en for alarm in yard.alarms()}
    assert titles == {
        "Main: overdue since 2026-03-08: Elevator maintenance",
        "Tower 1: overdue since 2026-04-01: Elevator maintenance",
    }
    assert {order.building for order in yard.orders()} == {"T1", None}


def test_after_a_month_without_us_an_order_opens_and_is_told_as_overdue_once_however_often_we_start(
    yard: Yard,
) -> None:
    yard.until("2026-03-02")
    yard.sleep(40 * 86_400)
    for _ in range(3):
        yard.restart()
        yard.pass_(60)
    assert (len(yard.orders()), yard.overdue().occurrences) == (1, 1)
    assert yard.names() == ["duty.begun", "duty.moved", "duty.overdue"]
    assert yard.ledger.verify() == []


def test_work_on_paper_is_recorded_by_a_manager_and_counts_from_its_day(yard: Yard) -> None:
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.record_duty(
            tx, "main.maintenance.E-01", day=date(2026, 2, 20), by="Lift Co.", note="sheet 4711", actor=MANAGER
        )
    assert (yard.cycle().due_day, yard.cycle().done[0].late) == (date(2026, 3, 7), False)
    for refused, actor, day in (
        (NotAllowed, OPERATOR, date(2026, 2, 21)),
        (Invalid, MANAGER, date(2026, 3, 2)),
        (Invalid, MANAGER, date(2020, 3, 2)),
        (Conflict, MANAGER, date(2026, 2, 19)),
    ):
        with pytest.raises(refused), yard.ledger.write(at=yard.at, actor=actor) as tx:
            yard.desk.record_duty(tx, "main.maintenance.E-01", day=day, by="Lift Co.", note="n", actor=actor)
    yard.until("2026-03-05")
    with pytest.raises(Conflict, match="order"), yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.record_duty(tx, "main.maintenance.E-01", day=date(2026, 3, 4), by="x", note="n", actor=MANAGER)


@pytest.mark.parametrize(
    ("zone", "days", "opened"),
    [
        (BERLIN, "2026-03-29", "2026-03-29T06:00"),  # the clock is set forward that night: 08:00 is an hour sooner
        (BERLIN, "2026-10-25", "2026-10-25T07:00"),
        (SHANGHAI, "2026-03-29", "2026-03-29T00:00"),
    ],
)
def test_an_order_opens_at_eight_by_the_sites_own_clock_whatever_the_night_before_did(
    ledger: SqlLedger, zone: str, days: str, opened: str
) -> None:
    yard = Yard(ledger, book(duty(every=Cycle(months=6), ahead=timedelta(days=30))), zone=zone)
    with ledger.write(at=yard.at, actor=MANAGER) as tx:
        yard.desk.record_duty(tx, "main.maintenance.E-01", day=date(2026, 2, 28), by="x", note="n", actor=MANAGER)
    opens = date.fromisoformat(days)
    yard.restart(book(duty(every=Cycle(days=(opens - date(2026, 2, 28)).days + 3))))
    yard.until(days, "07:59", stride=timedelta(days=1))
    assert yard.orders() == []
    yard.until(days, "08:00")
    assert yard.order().opened_at == datetime.fromisoformat(opened).replace(tzinfo=UTC)


def test_a_year_of_duties_is_done_in_time_turn_by_turn(ledger: SqlLedger) -> None:
    inspection = duty(id="inspection", every=Cycle(months=12), ahead=timedelta(days=30), template="inspection")
    walk = duty(id="walk", per=Per.SITE, every=Cycle(weeks=1), ahead=timedelta(days=1), template="inspection")
    yard = Yard(ledger, book(duty(), inspection, walk), zone=BERLIN, devices=LIFTS)
    end = yard.at + timedelta(days=366)
    while yard.at < end:
        yard.at += timedelta(hours=12)
        yard.tick()
        for order in yard.orders():
            yard.do(order)
    assert yard.alarms() == []
    turns = {name: yard.cycle(unit, name).done for name, unit in (("maintenance", "E-01"), ("walk", "main"))}
    assert (len(turns["maintenance"]), len(turns["walk"])) == (30, MOST_DONE)  # 366 days: every 15-3, every 7-1
    assert not any(turn.late for done in turns.values() for turn in done)
    assert len(yard.cycle("E-02", "inspection").done) == 1
    assert len(yard.orders(ended=None)) == 2 * 30 + 2 + 61
    assert yard.ledger.verify() == []
