"""Shelves, devices out of service and tests, in simulated time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.desk import PlannedTest
from domain.alarms import Alarm, AlarmState
from domain.assets import Building, Device, Zone
from domain.errors import Conflict
from domain.events import EventType
from domain.people import Actor, ActorType, Person, Role
from domain.readings import Message
from domain.rules import Equals
from domain.standing import Standing
from tests.alerting.room import HELD, IMPORT, LIFT, OPERATOR, SITE, WORDS, Room, message, rule

MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
COLLEAGUE = Person(name="wu", role=Role.OPERATOR, password_hash="-")
HALL, YARD = "hall", "yard"
PLACES = replace(
    SITE,
    buildings=(Building(id="T1", name=WORDS, zones=(Zone(id=HALL, name=WORDS), Zone(id=YARD, name=WORDS))),),
)
DETECTORS = [
    Device(site="main", id=f"S-{number}", kind="smoke_detector", building="T1", zone=HALL) for number in range(100)
]
NEXT_DOOR = Device(site="main", id="S-YARD", kind="smoke_detector", building="T1", zone=YARD)
FIRE = rule("fire", Equals(metric="alarm", value=True), kind="smoke_detector", life_safety=True, latched=True)


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    """A car that holds its door open, and a hall full of detectors."""
    room = Room(ledger, [HELD, FIRE], [LIFT])
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        room.desk.register(tx, sites=[PLACES], devices=[*DETECTORS, NEXT_DOOR], actor=IMPORT)
        tx.accounts.put_person(COLLEAGUE)
    room.catch_up()
    return room


def only(room: Room) -> Alarm:
    [alarm] = room.alarms()
    return alarm


def held_open(room: Room) -> Alarm:
    room.hear(door="open")
    room.pass_(181)
    return only(room)


def shelve(room: Room, alarm: Alarm, **span: float) -> None:
    with room.ledger.write(at=room.at, actor=OPERATOR) as tx:
        until = room.at + timedelta(**span)
        room.desk.shelve(tx, alarm.id, until=until, reason="part ordered", actor=OPERATOR)


def smoke(room: Room, *devices: Device, alarm: bool = True) -> list[Message]:
    return [message({"alarm": alarm}, room.at, ts=room.at, device=one.id, kind=one.kind) for one in devices]


def begin_test(room: Room, **changes: object) -> str:
    wanted = PlannedTest(
        **(  # type: ignore[arg-type]
            {"site": "main", "until": room.at + timedelta(hours=1), "reason": "monthly", "second": "wu"} | changes
        )
    )
    with room.ledger.write(at=room.at, actor=OPERATOR) as tx:
        return room.desk.begin_test(tx, wanted, actor=OPERATOR).id


def test_a_shelf_ends_by_itself_and_what_still_holds_is_announced_anew(room: Room) -> None:
    alarm = held_open(room)
    shelve(room, alarm, hours=1)
    room.pass_(3500)
    assert only(room).standing is Standing.SHELVED
    room.pass_(110)
    now = only(room)
    assert (now.standing, now.state, now.work_order) == (
        Standing.ANNOUNCED,
        AlarmState.UNACKNOWLEDGED,
        alarm.work_order,
    )
    types = [event.type for event in room.events() if event.alarm == alarm.id and event.type.value.startswith("alarm.")]
    assert types[-3:] == [EventType.ALARM_SHELVED, EventType.ALARM_UNSHELVED, EventType.ALARM_REACTIVATED]


def test_what_ends_on_its_shelf_is_over_and_what_begins_there_is_recorded_and_calls_nobody(room: Room) -> None:
    first = held_open(room)
    shelve(room, first, hours=8)
    room.hear(door="closed")
    assert only(room).state is AlarmState.NORMAL
    room.pass_(5)
    room.hear(door="open")
    room.pass_(181)
    second = room.alarms()[-1]
    assert (second.standing, second.work_order, second.signal_active) == (Standing.SHELVED, None, True)
    recorded = [event for event in room.events() if event.type is EventType.ALARM_SUPPRESSED]
    assert recorded[0].data["hidden"]["because"] == "shelved: part ordered"
    assert recorded[0].data["why"]["holds"] is True


def test_only_one_of_two_shelves_an_alarm(room: Room) -> None:
    alarm = held_open(room)
    shelve(room, alarm, hours=1)
    with pytest.raises(Conflict, match="not announced"):
        shelve(room, alarm, hours=2)


def test_a_device_out_of_service_is_quiet_beyond_its_expected_return_but_for_life_safety(room: Room) -> None:
    alarm = held_open(room)
    with room.ledger.write(at=room.at, actor=MANAGER) as tx:
        back_at = room.at + timedelta(minutes=10)
        room.desk.take_out(tx, "main", "S-0", reason="dust", expected_return=back_at, actor=MANAGER)
        room.desk.take_out(tx, "main", "E-03", reason="ropes", expected_return=back_at, actor=MANAGER)
    assert only(room).standing is Standing.OUT_OF_SERVICE
    room.turn(*smoke(room, DETECTORS[0]))
    assert room.alarms()[-1].standing is Standing.ANNOUNCED
    room.pass_(1200)
    assert room.alarms()[0].standing is Standing.OUT_OF_SERVICE
    with room.ledger.write(at=room.at, actor=MANAGER) as tx:
        room.desk.bring_back(tx, "main", "E-03", actor=MANAGER)
    now = room.alarms()[0]
    assert (now.standing, now.work_order) == (Standing.ANNOUNCED, alarm.work_order)


def test_a_fire_test_of_a_hundred_detectors_calls_nobody_and_a_real_fire_next_door_everybody(room: Room) -> None:
    test = begin_test(room, building="T1", zone=HALL)
    room.turn(*smoke(room, *DETECTORS))
    room.turn(*smoke(room, NEXT_DOOR))
    called = [alarm.device for alarm in room.alarms() if alarm.work_order is not None]
    assert called == ["S-YARD"]
    assert sum(alarm.test for alarm in room.alarms()) == 100
    room.pass_(60)
    room.turn(*smoke(room, *DETECTORS[1:], alarm=False))
    with room.ledger.write(at=room.at, actor=OPERATOR) as tx:
        room.desk.end_test(tx, test, actor=OPERATOR)
    # S-0 still smokes when the test is over: that is a fire now
    still = {alarm.device: alarm for alarm in room.alarms(open_=True)}
    assert set(still) == {"S-0", "S-YARD"}
    assert still["S-0"].standing is Standing.ANNOUNCED
    assert still["S-0"].work_order is not None


def test_a_test_ends_by_itself_and_touches_no_alarm_that_was_there_before(room: Room) -> None:
    room.turn(*smoke(room, DETECTORS[0]))
    real = only(room)
    begin_test(room, devices=frozenset({"S-0", "S-1"}), until=room.at + timedelta(minutes=5))
    room.turn(*smoke(room, DETECTORS[0], alarm=False))
    room.pass_(5)
    room.turn(*smoke(room, DETECTORS[0], DETECTORS[1]))
    assert [alarm.standing for alarm in room.alarms()] == [Standing.ANNOUNCED, Standing.TEST]
    assert only_of(room, "S-0").id == real.id
    room.pass_(5)
    room.turn(*smoke(room, DETECTORS[1], alarm=False))
    room.pass_(310)
    assert only_of(room, "S-1").state is AlarmState.NORMAL
    assert [event.type for event in room.events()].count(EventType.TEST_ENDED) == 1


def test_what_was_put_aside_before_a_test_is_none_of_it_and_the_test_ends(room: Room) -> None:
    alarm = held_open(room)
    room.hear(door="closed")
    assert only(room).state is AlarmState.RETURNED
    shelve(room, alarm, hours=1)
    begin_test(room, devices=frozenset({"E-03"}), until=room.at + timedelta(minutes=5))
    room.pass_(60)
    assert only(room).standing is Standing.SHELVED
    room.pass_(260)
    assert [event.type for event in room.events()].count(EventType.TEST_ENDED) == 1
    assert (only(room).standing, only(room).state) == (Standing.SHELVED, AlarmState.RETURNED)
    room.pass_(3600)
    assert (only(room).standing, only(room).state) == (Standing.ANNOUNCED, AlarmState.RETURNED)


def test_an_alarm_that_cannot_be_looked_at_keeps_no_test_running_and_no_other_alarm_hidden(room: Room) -> None:
    begin_test(room, building="T1", zone=HALL, until=room.at + timedelta(minutes=5))
    room.turn(*smoke(room, DETECTORS[0], DETECTORS[1]))
    with room.ledger.write(at=room.at, actor=IMPORT) as tx:  # a row that was damaged: no state of the table fits it
        tx.take("main")
        damaged = replace(only_of(room, "S-0"), signal_active=False)
        tx.alarms.put(damaged)
        tx.events.record(EventType.ALARM_COMMENTED, "main", alarm=damaged.id, data={}, actor=IMPORT)
    room.pass_(310)
    assert [event.type for event in room.events()].count(EventType.TEST_ENDED) == 1
    burning = only_of(room, "S-1")
    assert burning.standing is Standing.ANNOUNCED
    assert burning.work_order is not None


def only_of(room: Room, device: str) -> Alarm:
    [alarm] = [one for one in room.alarms() if one.device == device]
    return alarm
