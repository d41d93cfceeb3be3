"""Revisions of the rules: kept, followed without a restart, never by halves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.revisions import Revised, current_number, revise, revision_of
from domain.errors import NotAllowed
from domain.escalation import Plan, Policy, PolicyStep
from domain.events import EventType
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import CURRENT_RULES
from domain.revisions import Arrangements, changes_between
from domain.rules import Above, Coded, Rule, Severity
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import CALL, HELD, IMPORT, Room, rule

HOUR = timedelta(hours=1)
HOT = rule("hot", Above(metric="motor_temp_c", level=80.0))
WARM = replace(HOT, when=Above(metric="motor_temp_c", level=50.0), severity=Severity.GENERAL)


def put(room: Room, *rules: Rule, actor: Actor = IMPORT) -> Revised:
    with room.ledger.write(at=room.at, actor=actor) as tx:
        return revise(tx, rules, actor=actor)


def edges(room: Room) -> list[tuple[str, str | None]]:
    return [(kind, by) for kind, by, _ in room.told()]


def test_what_changed_is_named_and_order_is_no_change() -> None:
    changes = changes_between([HOT, CALL], [HELD, WARM])
    assert (changes.added, changes.changed, changes.removed) == (
        ("elevator.held",),
        ("elevator.hot",),
        ("elevator.call",),
    )
    assert not changes_between([HOT, CALL], [CALL, HOT])


def test_revisions_are_numbered_kept_and_told_and_the_same_rules_make_none(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    assert [put(room, HOT, CALL).revision.number, put(room, CALL, HOT).revision.number] == [1, 1]
    assert put(room, WARM).changes.removed == ("elevator.call",)
    with ledger.read() as rows:
        first, second = revision_of(rows, 1), revision_of(rows, 2)
        assert current_number(rows) == 2
    assert first is not None
    assert first.rules == (HOT, CALL)
    assert second is not None
    assert (second.rules, second.by) == ((WARM,), "import")
    told = [event.data for event in room.events() if event.type is EventType.RULES_REVISED]
    assert [(data["revision"], list(data["changed"]), list(data["removed"])) for data in told] == [
        (1, [], []),
        (2, ["elevator.hot"], ["elevator.call"]),
    ]


def test_whoever_may_not_change_rules_on_every_site_changes_none(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    for actor in (
        Actor(ActorType.PERSON, "op", Role.OPERATOR),
        Actor(ActorType.PERSON, "elsewhere", Role.ENGINEER, frozenset({"annex"})),
    ):
        with pytest.raises(NotAllowed):
            put(room, WARM, actor=actor)
    with ledger.read() as rows:
        assert current_number(rows) is None


def test_a_new_revision_is_followed_and_open_alarms_keep_their_rule(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    room.catch_up()
    room.hear(motor_temp_c=60.0)
    room.pass_(3)
    assert edges(room) == []
    put(room, WARM)
    room.pass_(6)
    assert edges(room) == [("alarm.raised", "elevator.hot")]
    put(room, HOT)
    room.pass_(6)
    assert edges(room)[1:] == [("alarm.returned", "elevator.hot")]
    (alarm,) = room.alarms()
    assert alarm.rule_as_it_was == WARM
    room.hear(motor_temp_c=90.0)
    put(room, CALL)
    room.pass_(6)
    assert [kind for kind, _ in edges(room)[2:]] == ["alarm.reactivated", "alarm.returned"]  # its rule is gone
    room.press()
    assert edges(room)[-1] == ("alarm.raised", "elevator.call")


def test_a_revision_outlives_a_restart_with_older_files(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    put(room, WARM)
    room.start()
    room.catch_up()
    room.hear(motor_temp_c=60.0)
    assert edges(room) == [("alarm.raised", "elevator.hot")]


def test_a_hold_goes_on_through_a_revision_that_leaves_its_rule_alone(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD, HOT])
    room.catch_up()
    room.hear(door="open")
    room.pass_(100)
    put(room, HELD, WARM)
    room.pass_(79)
    assert edges(room) == []
    room.pass_(6)
    assert edges(room) == [("alarm.raised", "elevator.held")]


def test_alerting_acts_by_the_arrangements_of_a_new_revision_within_a_second(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    room.catch_up()
    room.hear(motor_temp_c=90.0)
    (before,) = room.alarms()
    lax = {
        name: replace(template, clocks=()) if template.severities == (HOT.severity,) else template
        for name, template in TEMPLATES.items()
    }
    policy = Policy(
        name="quick", title=HOT.title, severities=tuple(Severity), steps=(PolicyStep(after=HOUR, whom="a"),)
    )
    arranged = Arrangements(templates=lax, plan=Plan(policies=(policy,)), channels={"hook": {"type": "console"}})
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        assert "policy quick" in revise(tx, [HOT], arranged, actor=IMPORT).changes.arrangements
    room.pass_(5)
    room.hear(motor_temp_c=20.0)
    room.hear(device="E-09", motor_temp_c=90.0)
    after = room.alarms()[-1]
    with ledger.read() as rows:
        old, new = (rows.orders.get(str(alarm.work_order)) for alarm in (before, after))
    assert old.clocks
    assert not new.clocks
    assert before.climb is None
    assert after.climb is not None
    assert after.climb.next_at == after.raised_at + HOUR
    assert room.desk.channels == arranged.channels


def test_arrangements_that_cannot_be_read_leave_the_rules_of_their_revision_in_force(ledger: SqlLedger) -> None:
    room = Room(ledger, [HOT])
    room.catch_up()
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        revise(tx, [WARM], Arrangements(templates=TEMPLATES), actor=IMPORT)
        kept = str(tx.marks.get("rules:1"))
        tx.marks.put("rules:2", kept.replace('"templates":{', '"templates":{"of another version":7,'))
        tx.marks.put(CURRENT_RULES, "2")
    room.pass_(6)
    room.hear(motor_temp_c=60.0)
    assert edges(room) == [("alarm.raised", "elevator.hot")]
    assert room.alarms()[0].work_order is not None


@pytest.mark.parametrize("stored", ["{}", "damaged"])
def test_a_revision_that_cannot_be_used_leaves_the_rules_in_force(ledger: SqlLedger, stored: str) -> None:
    room = Room(ledger, [WARM])
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        tx.marks.put("rules:7", stored)
        tx.marks.put(CURRENT_RULES, "7")
    room.pass_(6)
    room.hear(motor_temp_c=60.0)
    assert edges(room) == [("alarm.raised", "elevator.hot")]
    put(room, replace(WARM, when=Coded(metric="fault_code", group="stops")))
    room.pass_(6)
    assert edges(room) == [("alarm.raised", "elevator.hot")]
    put(room, replace(WARM, on_delay=timedelta(seconds=1)))
    room.pass_(6)
    room.hear(motor_temp_c=20.0)
    assert edges(room)[-1] == ("alarm.returned", "elevator.hot")
