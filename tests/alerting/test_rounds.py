"""Rounds in the watchroom: visits, time, alarms of routes, restarts and blindness, in simulated time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from domain.alarms import Alarm, AlarmState
from domain.assets import Device, Site, SubjectType
from domain.events import EventType
from domain.instants import to_ms
from domain.ports.ledger import OrderFilter, RoundFilter
from domain.rounds import FindingType, Round, RoundState
from domain.routes import Route, slots_between
from domain.texts import text
from domain.workorders import WorkOrder
from tests.alerting.room import IMPORT, Room

POINTS = ("CP-1", "CP-2", "CP-3", "CP-4")
NIGHT = text("Night round", "夜间巡更", "夜間巡更")


def route(**changes: Any) -> Route:
    """Every two hours, ten minutes of grace, four points."""
    values = {"every": timedelta(hours=2), "grace": timedelta(minutes=10), "guards": ("G-1", "G-2")}
    return Route(site="main", id="R-01", name=NIGHT, checkpoints=POINTS, **{**values, **changes})


class Patrol(Room):
    """A watchroom with a route. It begins ten minutes before the first round (10:00 UTC)."""

    look_every = timedelta(seconds=60)

    def __init__(self, ledger: SqlLedger, one: Route, *, zone: str = "UTC", at: datetime | None = None) -> None:
        devices = [Device(site="main", id=point, kind="checkpoint") for point in one.checkpoints]
        reader = Device(site="main", id="PR-1", kind="patrol_reader")
        super().__init__(ledger, [], [*devices, reader])
        self.route, self.zone = one, zone
        self.at = at or datetime(2026, 3, 1, 9, 45, tzinfo=UTC)
        self.register(one)
        self.pass_(300)

    def register(self, one: Route) -> None:
        """What an import does."""
        site = Site(id="main", name=NIGHT, time_zone=self.zone)
        with self.ledger.write(at=self.at, actor=IMPORT) as tx:
            self.desk.register(tx, sites=[site], routes=[one], actor=IMPORT)

    def import_whole(self, *routes: Route) -> None:
        """What an import of a file with routes does: they are all that the site has."""
        with self.ledger.write(at=self.at, actor=IMPORT) as tx:
            self.desk.register(tx, routes=routes, whole_rota=True, actor=IMPORT)
        self.pass_(60)

    def pass_(self, seconds: float) -> None:
        """Let time pass, looking seldom: rounds are judged by their own instants all the same."""
        end = self.at + timedelta(seconds=seconds)
        while self.at < end:
            self.at = min(self.at + self.look_every, end)
            self.tick()

    def until(self, clock_time: str) -> None:
        """Let time pass until the local clock shows this."""
        hour, minute = (int(part) for part in clock_time.split(":"))
        local = self.at.astimezone(ZoneInfo(self.zone))
        then = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        then += timedelta(days=1) if then <= local else timedelta(0)
        self.pass_((then.astimezone(UTC) - self.at).total_seconds())

    def tick(self) -> None:
        """A look without the board's own stall: this clock is coarse."""
        self.room.look(self.at - timedelta(seconds=20), session_ms=self.session_ms, backlog=0)
        self.room.look(self.at - timedelta(seconds=10), session_ms=self.session_ms, backlog=0)
        super().tick()

    def tag(self, point: str, guard: str = "G-1", *, late: float = 0) -> None:
        """A guard checks in at a fixed reader; `late` seconds ago, if the message was long under way."""
        self.hear(late=late, device=point, kind="checkpoint", channel="event", guard=guard)

    def walk(self, *points: str, guard: str = "G-1", pace: float = 60) -> None:
        """A guard passes points one after the other."""
        for point in points:
            self.tag(point, guard)
            self.pass_(pace)

    def rounds(self) -> list[Round]:
        """All rounds that are rows."""
        which = RoundFilter(start=self.at - timedelta(days=10), end=self.at + timedelta(days=1))
        with self.ledger.read() as rows:
            return rows.rounds.between(which, most=10_000)

    def alarm(self, rule: str) -> Alarm:
        """The one alarm of a rule."""
        (found,) = (alarm for alarm in self.alarms() if alarm.rule == f"route.{rule}")
        return found

    def order(self, alarm: Alarm) -> WorkOrder:
        """Its order."""
        with self.ledger.read() as rows:
            return rows.orders.get(str(alarm.work_order))

    def names(self) -> list[str]:
        """The events of rounds, in order."""
        return [event.type.value for event in self.events() if event.type.value.startswith("round.")]


@pytest.fixture
def patrol(ledger: SqlLedger) -> Patrol:
    """A route every two hours, 09:50, caught up."""
    return Patrol(ledger, route())


def test_a_round_walked_in_time_is_completed_and_nobody_is_called(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.walk(*POINTS)
    (done,) = patrol.rounds()
    assert (done.state, len(done.visits), done.findings) == (RoundState.COMPLETED, 4, ())
    assert patrol.names() == ["round.started", "round.visited", "round.visited", "round.completed"]
    patrol.until("11:59")
    assert patrol.alarms() == []


def test_a_round_with_three_missed_points_is_one_alarm_that_names_three_points(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.walk("CP-2")
    patrol.until("11:49")
    assert patrol.alarms() == []
    patrol.until("11:51")
    (alarm,) = patrol.alarms()
    assert (alarm.rule, alarm.subject.type, alarm.subject.id) == ("route.missed_points", SubjectType.ROUTE, "R-01")
    assert alarm.title.en == "Night round, 10:00: 3 of 4 points missed: CP-1, CP-3, CP-4"
    assert "漏巡 3/4 个点：CP-1、CP-3、CP-4" in alarm.title.zh_hans
    assert alarm.raised_at == datetime(2026, 3, 1, 11, 50, tzinfo=UTC)
    assert (alarm.device, alarm.kind) == (None, None)
    assert patrol.order(alarm).template == "makeup_round"
    assert patrol.names()[-1] == "round.missed"


def test_a_round_that_nobody_begins_is_one_alarm_at_the_end_of_its_grace(patrol: Patrol) -> None:
    patrol.until("10:09")
    assert patrol.alarms() == []
    patrol.until("11:59")
    (alarm,) = patrol.alarms()
    assert (alarm.rule, alarm.raised_at) == ("route.not_started", datetime(2026, 3, 1, 10, 10, tzinfo=UTC))
    assert [one.state for one in patrol.rounds()] == [RoundState.NOT_STARTED]


def test_a_round_without_grace_that_nobody_begins_is_told_by_a_look_at_its_very_start(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route(grace=timedelta(0)))
    patrol.until("09:59")
    assert patrol.alarms() == []
    patrol.until("10:00")
    patrol.until("10:05")
    assert patrol.alarm("not_started").raised_at == datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def test_who_begins_late_ends_the_alarm_and_the_round_says_late(patrol: Patrol) -> None:
    patrol.until("10:20")
    patrol.walk(*POINTS)
    alarm = patrol.alarm("not_started")
    assert (alarm.signal_active, alarm.state) == (False, AlarmState.RETURNED)
    (done,) = patrol.rounds()
    assert (done.state, done.amended) == (RoundState.COMPLETED, False)
    assert done.found(FindingType.LATE) is not None


def test_visits_that_arrive_late_but_happened_in_time_amend_the_round_and_end_its_alarm(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.walk(*POINTS[:3])
    patrol.until("11:55")
    patrol.acknowledge(patrol.alarm("missed_points"))
    patrol.tag("CP-4", late=6600)  # 10:05
    assert patrol.alarm("missed_points").state is AlarmState.NORMAL
    (done,) = patrol.rounds()
    assert (done.state, done.amended, done.missed) == (RoundState.COMPLETED, True, ())
    assert patrol.names()[-1] == "round.amended"


def test_a_whole_round_that_arrives_late_is_one_alarm_and_its_end(patrol: Patrol) -> None:
    patrol.until("11:55")
    for number, point in enumerate(POINTS):
        patrol.tag(point, late=6600 - 60 * number)
    (alarm,) = patrol.alarms()
    assert (alarm.rule, alarm.signal_active, alarm.occurrences) == ("route.not_started", False, 1)
    assert Counter(patrol.names()) == {"round.missed": 1, "round.amended": 4}


def test_an_amended_round_does_not_end_the_alarm_of_a_later_one(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.walk(*POINTS[:3])
    patrol.until("12:01")
    patrol.walk(*POINTS[1:])
    patrol.until("13:55")
    alarm = patrol.alarm("missed_points")
    assert (alarm.occurrences, alarm.title.en) == (2, "Night round, 12:00: 1 of 4 points missed: CP-1")
    patrol.tag("CP-4", late=13_800)  # 10:05
    assert patrol.alarm("missed_points").signal_active
    patrol.tag("CP-1", late=6600)  # 12:05
    assert not patrol.alarm("missed_points").signal_active


def test_the_next_whole_round_ends_the_alarm(patrol: Patrol) -> None:
    patrol.until("11:55")
    patrol.walk(*POINTS)  # five minutes before twelve: within the grace
    assert not patrol.alarm("not_started").signal_active
    assert [one.state for one in patrol.rounds()] == [RoundState.NOT_STARTED, RoundState.COMPLETED]


def test_an_unknown_guard_is_told_at_once_and_a_hurried_round_when_it_is_over(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route(least_between=timedelta(seconds=20)))
    patrol.until("10:01")
    patrol.walk("CP-1", "CP-2", guard="X-9", pace=10)
    assert [alarm.rule for alarm in patrol.alarms()] == ["route.unknown_guard"]
    assert patrol.alarm("unknown_guard").title.en == "Night round, 10:00: unknown tag X-9 at CP-1"
    patrol.walk("CP-3", "CP-4", guard="X-9", pace=10)
    assert patrol.alarm("too_fast").title.en.endswith("CP-2, CP-3, CP-4")
    assert patrol.alarm("unknown_guard").occurrences == 1


def test_points_out_of_order_are_a_note_and_no_alarm(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route(ordered=True))
    patrol.until("10:01")
    patrol.walk("CP-2", "CP-1", "CP-3", "CP-4")
    (done,) = patrol.rounds()
    assert [finding.type for finding in done.findings] == [FindingType.OUT_OF_ORDER]
    assert patrol.alarms() == []


def test_a_carried_reader_brings_visits_with_their_check_results(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.hear(
        device="PR-1", kind="patrol_reader", channel="event", checkpoint="CP-1", guard="G-2", items="door=ok; lamp=dark"
    )
    (begun,) = patrol.rounds()
    assert begun.visits[0].items == {"door": "ok", "lamp": "dark"}
    assert begun.visits[0].device == "PR-1"
    found = begun.found(FindingType.ITEMS)
    assert found is not None
    assert found.told == ("CP-1 lamp: dark",)


def test_a_message_that_comes_again_and_a_second_tag_change_nothing(patrol: Patrol) -> None:
    patrol.until("10:01")
    one = patrol.hear(device="CP-1", kind="checkpoint", channel="event", guard="G-1")
    patrol.again(one)
    patrol.pass_(30)
    patrol.tag("CP-1")
    assert len(patrol.rounds()[0].visits) == 1
    assert patrol.names() == ["round.started"]


def test_a_visit_outside_every_round_and_one_off_the_route_write_nothing(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route(within=timedelta(minutes=30)))
    patrol.until("11:00")
    before = len(patrol.events())
    patrol.tag("CP-1")
    patrol.hear(device="CP-77", kind="checkpoint", channel="event", guard="G-1")
    assert [event.type for event in patrol.events()[before:]] == [EventType.DEVICE_DISCOVERED]


def test_a_tag_that_one_route_knows_is_no_stranger_on_the_route_that_shares_the_point(patrol: Patrol) -> None:
    patrol.register(replace(route(guards=("CL-1",)), id="R-02"))
    patrol.until("10:01")
    patrol.tag("CP-1", "CL-1")
    assert [one.route for one in patrol.rounds()] == ["R-02"]
    assert patrol.alarms() == []


def test_while_the_broker_is_away_nobody_is_blamed_and_what_it_kept_comes_first(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.session_ms = None
    patrol.until("12:30")
    assert patrol.rounds() == []
    patrol.session_ms = to_ms(patrol.at)
    for number, point in enumerate(POINTS):  # what the devices had sent at 10:05
        patrol.tag(point, late=8700 - 60 * number)
    patrol.pass_(120)
    states = {one.slot.starts_at.hour: one.state for one in patrol.rounds()}
    assert states == {10: RoundState.COMPLETED, 12: RoundState.NOT_STARTED}
    alarm = patrol.alarm("not_started")
    assert (alarm.title.en, alarm.occurrences) == ("Night round, 12:00: round not started", 1)


def test_a_restart_judges_what_fell_due_meanwhile_once(patrol: Patrol) -> None:
    patrol.until("10:01")
    patrol.walk("CP-1")
    patrol.sleep(4 * 3600)
    for _ in range(3):
        patrol.start()
        patrol.pass_(120)
    states = [(one.slot.starts_at.hour, one.state) for one in patrol.rounds()]
    assert states == [(10, RoundState.MISSED), (12, RoundState.NOT_STARTED)]
    assert [(alarm.rule, alarm.occurrences) for alarm in patrol.alarms()] == [
        ("route.missed_points", 1),
        ("route.not_started", 1),
    ]


def test_a_route_is_judged_by_its_new_form_from_when_it_was_registered(patrol: Patrol) -> None:
    patrol.until("10:30")
    patrol.register(route(every=timedelta(minutes=60)))
    patrol.until("11:15")
    assert [one.slot.starts_at.hour for one in patrol.rounds()] == [10, 11]
    before = len(patrol.events())
    patrol.register(route(every=timedelta(minutes=60)))
    assert len(patrol.events()) == before


@pytest.mark.parametrize(
    ("zone", "noon", "expected"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 12, 30, tzinfo=UTC), 11),
        ("Europe/Berlin", datetime(2026, 10, 24, 12, 30, tzinfo=UTC), 12),
        ("Asia/Shanghai", datetime(2026, 3, 28, 12, 30, tzinfo=UTC), 12),
    ],
)
def test_a_day_and_night_of_rounds_across_a_clock_change_is_exactly_what_the_local_clock_promises(
    ledger: SqlLedger, zone: str, noon: datetime, expected: int
) -> None:
    patrol = Patrol(ledger, route(), zone=zone, at=noon)
    patrol.look_every = timedelta(minutes=20)
    changing = (noon + timedelta(days=1)).astimezone(ZoneInfo(zone)).date()
    end = datetime(changing.year, changing.month, changing.day, tzinfo=ZoneInfo(zone)) + timedelta(hours=25)
    for slot in slots_between(patrol.route, zone, patrol.at, end.astimezone(UTC)):
        patrol.pass_((slot.starts_at - patrol.at).total_seconds() + 60)
        patrol.walk(*POINTS)
    patrol.pass_(2 * 3600 - 900)
    rounds = patrol.rounds()
    assert {one.state for one in rounds} == {RoundState.COMPLETED}
    assert sum(one.day == changing for one in rounds) == expected
    assert patrol.alarms() == []


def test_a_missed_round_opens_no_second_order_while_somebody_is_to_make_it_up(patrol: Patrol) -> None:
    patrol.until("13:59")  # two rounds that nobody began
    assert patrol.alarm("not_started").occurrences == 2
    with patrol.ledger.read() as rows:
        assert len(rows.orders.page(OrderFilter(), after=None, most=9).items) == 1


def test_a_round_begun_late_with_points_missing_is_two_alarms_and_one_order(patrol: Patrol) -> None:
    patrol.until("10:20")
    patrol.walk("CP-1", "CP-2")
    patrol.acknowledge(patrol.alarm("not_started"))
    patrol.until("11:55")
    begun, missed = patrol.alarm("not_started"), patrol.alarm("missed_points")
    assert (begun.state, missed.signal_active) == (AlarmState.NORMAL, True)
    assert begun.work_order == missed.work_order
    order = patrol.order(missed)
    assert (order.alarms, order.subject) == ((begun.id, missed.id), missed.subject)


def test_two_routes_that_are_missed_are_two_orders(patrol: Patrol) -> None:
    patrol.register(replace(route(), id="R-02"))
    patrol.until("10:15")
    assert len({alarm.work_order for alarm in patrol.alarms()}) == len(patrol.alarms()) == 2


def test_a_route_that_an_import_leaves_out_is_retired_with_its_alarm_and_comes_back_with_the_next(
    patrol: Patrol,
) -> None:
    patrol.until("10:15")
    patrol.walk("CP-1")  # begun late: its round runs
    patrol.until("12:15")
    assert patrol.alarm("missed_points").signal_active
    patrol.walk("CP-1")
    patrol.import_whole(replace(route(), id="R-02", every=None))
    assert not patrol.alarm("missed_points").signal_active
    patrol.until("16:30")
    states = {one.slot.starts_at.hour: one.state for one in patrol.rounds()}
    assert states == {10: RoundState.MISSED, 12: RoundState.MISSED}, "what ran is judged, and nothing begins"
    assert patrol.alarm("missed_points").occurrences == 1
    before = len(patrol.events())
    patrol.import_whole(replace(route(), id="R-02", every=None))
    assert len(patrol.events()) == before
    patrol.import_whole(route())
    patrol.until("18:15")
    assert patrol.alarm("not_started").title.en == "Night round, 18:00: round not started"


def test_points_passed_after_the_end_are_told_as_late(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route(within=timedelta(minutes=30)))
    patrol.until("10:01")
    patrol.walk(*POINTS[:3])
    patrol.until("10:35")
    patrol.walk("CP-4")
    (done,) = patrol.rounds()
    found = done.found(FindingType.LATE)
    assert (done.state, found.points if found else None) == (RoundState.COMPLETED, ("CP-4",))
    assert patrol.alarms() == []
