"""Overrides at work: followed within a second, told in the alarm's why, and never against safety."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.ledger import SqlLedger
from alerting.desk import OverrideDetails
from devices.registry import kinds
from domain.assets import Device
from domain.errors import Invalid, NotAllowed
from domain.events import EventType
from domain.overrides import Override
from domain.people import Actor, ActorType, Role
from domain.rules import Severity
from tests.alerting.room import Room
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config

RULES = [rule for rule in load_config(REPOSITORY / "config", kinds()).rules if rule.name != "silent"]
LIFTS = [
    Device(site="main", id="E-03", kind="elevator", model="K-2"),
    Device(site="main", id="E-04", kind="elevator", tags=frozenset({"goods"})),
]
CHEN = Actor(ActorType.PERSON, "chen", Role.ENGINEER)
HOT = {"machine_room_c": 20.0, "motor_temp_c": 75.1}


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, RULES, devices=LIFTS)
    room.catch_up()
    return room


def override(room: Room, actor: Actor = CHEN, **wanted: Any) -> Override:
    """Somebody sets one, and alerting has had a second to follow."""
    fields: dict[str, Any] = {"site": "main", "kind": "elevator", "reason": "agreed with the firm"} | wanted
    with room.ledger.write(at=room.at, actor=actor) as tx:
        made = room.desk.set_override(tx, OverrideDetails(**fields), actor=actor)
    room.pass_(5)
    return made


def remove(room: Room, made: Override) -> None:
    with room.ledger.write(at=room.at, actor=CHEN) as tx:
        room.desk.remove_override(tx, made.id, reason="the motor was replaced", actor=CHEN)
    room.pass_(5)


def raised(room: Room) -> list[tuple[str | None, str, str]]:
    return [(alarm.device, alarm.rule, alarm.severity.value) for alarm in room.alarms()]


def test_another_limit_counts_for_its_devices_and_the_alarm_says_so(room: Room) -> None:
    made = override(room, model="K-2", limit="motor_limit_c", level=75.0)
    room.hear(**HOT)
    room.hear(device="E-04", **HOT)
    room.pass_(61)
    assert raised(room) == [("E-03", "elevator.overheat", "important")]
    (told,) = (event for event in room.events() if event.type is EventType.ALARM_RAISED)
    why = told.data["why"]
    assert why["leaves"][0]["level"] == 75.0
    assert why["overrides"] == [
        {
            "id": made.id,
            "limit": "motor_limit_c",
            "level": 75.0,
            "reason": "agreed with the firm",
            "by": "chen",
            "set": made.at.isoformat(),
        }
    ]
    remove(room, made)
    (alarm,) = room.alarms()
    assert not alarm.signal_active, "judged afresh by the limit that counts again"
    types = [event.type for event in room.events()]
    assert types.index(EventType.OVERRIDE_SET) < types.index(EventType.OVERRIDE_REMOVED)


def test_another_severity_counts_for_the_next_alarm_and_an_open_one_keeps_its_own(room: Room) -> None:
    door = {"door": "open", "mode": "normal"}
    room.hear(device="E-04", **door)
    room.pass_(185)
    override(room, tags=frozenset({"goods"}), rule="door_held", severity=Severity.ADVISORY)
    override(room, devices=frozenset({"E-03"}), rule="door_held", severity=Severity.IMPORTANT)
    room.hear(**door)
    room.pass_(185)
    room.hear(device="E-04", door="closed")
    assert raised(room) == [("E-04", "elevator.door_held", "general"), ("E-03", "elevator.door_held", "important")]
    with room.ledger.write(at=room.at, actor=CHEN) as tx:
        room.desk.acknowledge(tx, room.alarms()[0].id, actor=CHEN)
    room.pass_(1)
    room.hear(device="E-04", **door)
    room.pass_(185)
    newest = room.alarms()[-1]
    assert (newest.device, newest.severity) == ("E-04", Severity.ADVISORY)
    assert newest.rule_as_it_was is not None
    assert newest.rule_as_it_was.severity is Severity.ADVISORY


def test_a_restart_forgets_no_override(room: Room) -> None:
    override(room, limit="motor_limit_c", level=75.0)
    room.start()
    room.catch_up()
    room.hear(**HOT)
    room.pass_(61)
    assert raised(room) == [("E-03", "elevator.overheat", "important")]


def test_the_same_again_changes_nothing_and_another_level_takes_its_place(room: Room) -> None:
    first = override(room, limit="motor_limit_c", level=75.0)
    assert override(room, limit="motor_limit_c", level=75.0) == first
    second = override(room, limit="motor_limit_c", level=76.0)
    assert second.id == first.id
    with room.ledger.read() as rows:
        assert rows.overrides.every() == [second]
    assert [event.type for event in room.events()].count(EventType.OVERRIDE_SET) == 2


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"rule": "entrapment_call", "severity": Severity.IMPORTANT}, "never lowered"),
        ({"rule": "no_service", "severity": Severity.GENERAL}, "no rule over a elevator"),
        ({"rule": "door_hold", "severity": Severity.GENERAL}, "door_held"),
        ({"limit": "motor_limit", "level": 1.0}, "motor_limit_c"),
        ({"limit": "motor_limit_c", "level": float("nan")}, "not a number"),
        ({"limit": "motor_limit_c"}, "a limit and its level"),
        (
            {"limit": "motor_limit_c", "level": 1.0, "rule": "fault", "severity": Severity.URGENT},
            "a limit and its level",
        ),
        ({"limit": "motor_limit_c", "level": 1.0, "devices": frozenset({"E-99"})}, "no device E-99"),
        ({"limit": "motor_limit_c", "level": 1.0, "reason": " "}, "reason"),
        ({"kind": "escalator", "limit": "motor_limit_c", "level": 1.0}, "no kind escalator"),
    ],
)
def test_what_cannot_count_or_may_not_is_refused(room: Room, wanted: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid, match=told):
        override(room, **wanted)
    with room.ledger.read() as rows:
        assert rows.overrides.every() == []


def test_whoever_may_not_change_rules_on_the_site_overrides_nothing(room: Room) -> None:
    for actor in (
        Actor(ActorType.PERSON, "op", Role.OPERATOR),
        Actor(ActorType.PERSON, "elsewhere", Role.ENGINEER, frozenset({"annex"})),
    ):
        with pytest.raises(NotAllowed):
            override(room, actor, limit="motor_limit_c", level=75.0)
