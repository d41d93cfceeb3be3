"""Rules over a building: no elevator in service, water drawn without a fire."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.members import GroupInForce
from devices.registry import kinds
from domain.alarms import AlarmState
from domain.assets import Building, Device, Subject, SubjectType
from domain.errors import ConfigError
from domain.rules import Alarmed, Coded, Equals, Over, Pressed, Rule, Silent, Some, misplaced, resolve_codes
from tests.alerting.room import IMPORT, SITE, Room, rule

CODES = {"stops": ("E21",), "minor": ("E05",)}


def shipped(rule_id: str) -> Rule:
    one = next(rule for kind in kinds().values() for rule in kind.rules if rule.id == rule_id)
    unless = None if one.unless is None else resolve_codes(one.unless, CODES)
    return replace(one, when=resolve_codes(one.when, CODES), unless=unless)


PROPERTY = replace(SITE, buildings=tuple(Building(id=name, name=SITE.name) for name in ("T1", "T2")))
CARS = [Device(site="main", id=f"E-0{n}", kind="elevator", building="T1") for n in (1, 2)]
OTHER_HOUSE = Device(site="main", id="E-09", kind="elevator", building="T2")
HYDRANT = Device(site="main", id="H-01", kind="hydrant", building="T1")
DETECTOR = Device(site="main", id="S-01", kind="smoke_detector", building="T1")
HOUSE = [*CARS, OTHER_HOUSE, HYDRANT, DETECTOR]
RULES = [shipped("elevator.no_service"), shipped("hydrant.flow"), shipped("smoke_detector.fire")]


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, RULES, HOUSE, PROPERTY)
    room.catch_up()
    return room


def say(room: Room, device: str, mode: str, *, seconds: float = 1) -> None:
    room.hear(device=device, mode=mode, power=True, fault_code="0")
    room.pass_(seconds)


def keep_saying(room: Room, modes: dict[str, str], seconds: float) -> None:
    """Cars report every ten seconds."""
    for _ in range(int(seconds / 10)):
        for device, mode in modes.items():
            room.hear(device=device, mode=mode, power=True, fault_code="0")
        room.pass_(10)


def edges(room: Room) -> list[tuple[str, str]]:
    """Edges of rules on what is watched; those about ourselves are left out."""
    return [(kind, by) for kind, by, _ in room.told() if by is not None and not by.startswith("system.")]


RAISED, RETURNED = ("alarm.raised", "elevator.no_service"), ("alarm.returned", "elevator.no_service")


def test_no_service_is_raised_on_the_building_when_the_last_car_is_out_for_two_minutes(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "normal", "E-09": "normal"}, 300)
    assert edges(room) == []
    began = room.at
    keep_saying(room, {"E-01": "out_of_service", "E-02": "inspection", "E-09": "normal"}, 110)
    assert edges(room) == []
    keep_saying(room, {"E-01": "out_of_service", "E-02": "inspection", "E-09": "normal"}, 20)
    (alarm,) = room.alarms()
    assert alarm.subject == Subject(SubjectType.BUILDING, "T1")
    assert alarm.building == "T1"
    assert timedelta(seconds=120) <= alarm.raised_at - began <= timedelta(seconds=126)
    keep_saying(room, {"E-02": "normal"}, 10)
    assert edges(room) == [RAISED, RETURNED]


def test_a_car_that_fell_silent_is_not_in_service_but_silence_alone_raises_nothing(room: Room) -> None:
    say(room, "E-01", "normal")
    say(room, "E-02", "normal")
    room.pass_(200)  # both silent
    assert edges(room) == []
    keep_saying(room, {"E-01": "out_of_service"}, 130)
    assert edges(room) == [RAISED]


def test_a_car_never_heard_of_neither_raises_nor_hides(room: Room) -> None:
    room.pass_(200)
    assert edges(room) == []
    keep_saying(room, {"E-01": "out_of_service"}, 130)
    assert edges(room) == [RAISED]


def test_a_stopping_fault_counts_and_a_minor_one_does_not(room: Room) -> None:
    for code in ("E05", "E21"):
        for _ in range(14):
            for car in CARS:
                room.hear(device=car.id, mode="normal", power=True, fault_code=code)
            room.pass_(10)
        assert edges(room) == ([] if code == "E05" else [RAISED])


def test_the_hold_and_the_alarm_survive_restarts_and_nothing_fires_by_them(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 60)
    room.start()
    room.pass_(20)
    assert edges(room) == []
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 60)
    assert edges(room) == [RAISED]
    room.start()
    room.pass_(30)
    assert edges(room) == [RAISED]
    room.sleep(3600)
    room.start()
    keep_saying(room, {"E-01": "normal"}, 20)
    assert edges(room) == [RAISED, RETURNED]


def test_a_car_that_served_while_we_were_catching_up_starts_the_hold_anew(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 100)
    room.start()
    assert not room.room.sight.caught_up
    for mode in ("normal", "out_of_service"):
        room.at += timedelta(milliseconds=200)
        room.hear(device="E-02", mode=mode, power=True, fault_code="0")
        room.tick()
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 110)
    assert edges(room) == []
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 20)
    assert edges(room) == [RAISED]


def test_losing_the_broker_does_not_make_working_cars_silent(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "normal"}, 60)
    room.session_ms = None
    room.pass_(600)
    assert edges(room) == []
    room.session_ms = int(room.at.timestamp() * 1000)
    room.pass_(20)
    keep_saying(room, {"E-01": "out_of_service", "E-02": "normal"}, 300)
    assert edges(room) == []


def test_a_memory_that_was_lost_is_taken_up_from_the_open_alarm(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 130)
    with room.ledger.write(at=room.at, actor=IMPORT) as tx:
        tx.memories.put_many([("main", "building:T1", b"damaged")])
    room.start()
    keep_saying(room, {"E-01": "normal"}, 20)
    assert edges(room) == [RAISED, RETURNED]
    assert [alarm.state for alarm in room.alarms()] == [AlarmState.RETURNED]


def test_a_building_without_cars_any_more_has_no_alarm_of_them(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service", "E-02": "out_of_service"}, 130)
    moved = [replace(car, building="T2") for car in CARS]
    with room.ledger.write(at=room.at, actor=IMPORT) as tx:
        room.desk.register(tx, devices=moved, actor=IMPORT)
    room.pass_(5)
    assert edges(room) == [RAISED, RETURNED]


def test_water_drawn_without_a_fire_is_an_alarm_and_with_one_is_not(room: Room) -> None:
    room.hear(device="H-01", kind="hydrant", flow_lps=5.0, pressure_mpa=0.3)
    room.pass_(29)
    assert edges(room) == []
    room.pass_(6)  # it was noticed by the next tick
    assert edges(room) == [("alarm.raised", "hydrant.flow")]
    room.hear(device="S-01", kind="smoke_detector", channel="event", alarm=True)
    room.pass_(2)
    assert edges(room)[1:] == [("alarm.raised", "smoke_detector.fire"), ("alarm.returned", "hydrant.flow")]


def test_a_fire_hides_that_cars_are_recalled_and_no_longer(room: Room) -> None:
    room.hear(device="S-01", kind="smoke_detector", channel="event", alarm=True)
    keep_saying(room, {"E-01": "fire", "E-02": "fire"}, 300)
    assert RAISED not in edges(room)
    room.hear(device="S-01", kind="smoke_detector", channel="event", alarm=False)
    keep_saying(room, {"E-01": "fire", "E-02": "fire"}, 130)
    assert RAISED in edges(room)


def test_the_alarm_says_which_cars_and_since_when(room: Room) -> None:
    keep_saying(room, {"E-01": "out_of_service"}, 130)
    (raised,) = [event for event in room.events() if event.type.value == "alarm.raised"]
    why = raised.data["why"]
    assert why["leaves"][0]["devices"] == ["E-01"]
    assert why["leaves"][0]["unknown"] == ["E-02"]
    assert why["filter"]["hidden"] is False
    assert why["hold"]["on_delay_s"] == 120


SOME = Some(kind="elevator", condition=Equals(metric="power", value=False))


@pytest.mark.parametrize(
    ("condition", "over", "wrong"),
    [
        (SOME, Over.BUILDING, None),
        (Alarmed(rule="fire"), Over.BUILDING, None),
        (SOME, Over.DEVICE, SOME),
        (Alarmed(rule="fire"), Over.DEVICE, Alarmed(rule="fire")),
        (Silent(intervals=3), Over.BUILDING, Silent(intervals=3)),
        (Some(kind="elevator", condition=Pressed(metric="b")), Over.BUILDING, Pressed(metric="b")),
        (Some(kind="elevator", condition=SOME), Over.BUILDING, SOME),
        (Some(kind="elevator", condition=Coded(metric="c", group="g")), Over.BUILDING, None),
    ],
)
def test_what_may_stand_in_a_rule_over_a_building_is_closed(condition: object, over: Over, wrong: object) -> None:
    assert misplaced(condition, over=over) == wrong  # type: ignore[arg-type]


def test_a_condition_of_one_device_is_no_rule_over_a_building() -> None:
    with pytest.raises(ConfigError, match="says nothing of one device"):
        GroupInForce(rule("r", Equals(metric="m", value=True), over=Over.BUILDING))
