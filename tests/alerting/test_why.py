"""Every alarm answers why: what was judged or reported, the rule as it was, holds and what hid it, with instants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from api.why import why_of
from domain.alarms import Alarm
from domain.assets import Building, Device, Subject, SubjectType
from domain.people import Actor, ActorType, Role
from domain.rules import (
    Above,
    Bad,
    Changed,
    Count,
    Equals,
    LimitOf,
    Missing,
    Over,
    Pressed,
    Rate,
    Rule,
    Severity,
    Silent,
    Some,
)
from domain.texts import text
from tests.alerting.room import LIFT, OPERATOR, SITE, Room, rule
from tests.alerting.test_duties import Yard, book, duty
from tests.alerting.test_rounds import Patrol, route

MINUTE = timedelta(minutes=1)
PLACED = replace(LIFT, building="T1")
TOWER = Building(id="T1", name=text("T1", "1 号楼", "1 號樓"))
PLACE = replace(SITE, buildings=(TOWER,))
ENGINEER = Actor(ActorType.PERSON, "chen", Role.ENGINEER)

Act = Callable[[Room], object]


def door(*words: str) -> Act:
    """The door says these, a second apart."""

    def act(room: Room) -> None:
        for word in words:
            room.hear(door=word)
            room.pass_(1)

    return act


def press(room: Room) -> None:
    room.press()


CASES: dict[str, tuple[Rule, Act, float]] = {
    "level": (
        rule("hot", Above(metric="motor_temp_c", level=LimitOf(limit="motor_limit_c")), on_delay=MINUTE),
        lambda room: room.hear(motor_temp_c=95.0),
        61,
    ),
    "button": (rule("call", Pressed(metric="alarm_button"), life_safety=True, latched=True), press, 0),
    "silence": (rule("silent", Silent(after=3 * MINUTE)), lambda room: room.hear(floor=1), 181),
    "missing": (
        rule("test_call", Missing(metric="test_call", value=True, after=5 * MINUTE)),
        lambda room: room.hear(floor=1),
        301,
    ),
    "rate": (
        rule("heats", Rate(metric="motor_temp_c", per=MINUTE, above=10.0)),
        lambda room: (room.hear(motor_temp_c=20.0), room.pass_(30), room.hear(motor_temp_c=40.0)),
        0,
    ),
    "changes": (rule("flaps", Changed(metric="door", within=MINUTE, times=2)), door("open", "closed", "open"), 0),
    "count": (
        rule("often", Count(condition=Equals(metric="door", value="open"), times=2, within=MINUTE)),
        door("open", "closed", "open"),
        0,
    ),
    "bad": (
        rule("broken", Bad(metric="motor_temp_c", after=MINUTE)),
        lambda room: (room.hear(motor_temp_c="hot"), room.pass_(61), room.hear(motor_temp_c="hot")),
        0,
    ),
    "filtered": (
        rule("held", Equals(metric="door", value="open"), unless=Equals(metric="mode", value="inspection")),
        lambda room: room.hear(door="open", mode="normal"),
        0,
    ),
    "group": (
        rule(
            "none_runs", Some(kind="elevator", condition=Equals(metric="mode", value="fire")), over=Over.BUILDING,
            on_delay=MINUTE,
        ),
        lambda room: room.hear(mode="fire"),
        70,
    ),
}  # fmt: skip


def answer(room: Room, alarm: Alarm) -> dict[str, Any]:
    """What the API says."""
    with room.ledger.read() as rows:
        why = why_of(rows.events.of_alarm(alarm.id))
    assert why is not None
    return why


def instants(why: dict[str, Any], *path: str) -> datetime:
    """The instant at that place, which must carry its offset."""
    found: Any = why
    for name in path:
        found = found[name]
    at = datetime.fromisoformat(found)
    assert at.tzinfo is not None
    return at


@pytest.mark.parametrize("name", CASES)
def test_every_kind_of_condition_answers_with_what_was_judged(ledger: SqlLedger, name: str) -> None:
    one, act, seconds = CASES[name]
    room = Room(ledger, [one], [PLACED], PLACE)
    room.catch_up()
    act(room)
    room.pass_(seconds)
    (alarm,) = room.alarms()
    assert alarm.rule_as_it_was == one
    why = answer(room, alarm)
    assert why["holds"] is True
    leaf = why["leaves"][-1]
    assert leaf["holds"] is True
    assert instants(why, "judged_at") <= alarm.raised_at + timedelta(seconds=6)
    assert instants(why, "hold", "since") <= alarm.raised_at
    assert why["hold"]["on_delay_s"] == one.on_delay.total_seconds()
    assert instants(why, "raised", "at") >= alarm.raised_at
    assert why["raised"]["by"] == one.id
    assert why["raised"]["because"]
    assert why["standing"] | {"at": ""} == {"standing": "announced", "because": "nothing hid it", "at": ""}
    assert instants(why, "standing", "at") == instants(why, "raised", "at")
    if name in ("button", "rate", "changes", "count", "filtered"):
        assert instants(why, "reading", "received") == alarm.raised_at
        assert instants(why, "reading", "at") <= alarm.raised_at
    if name in ("level", "filtered"):
        assert leaf["observed"] == why["known"][leaf["metric"]]
        assert instants(leaf, "received") <= alarm.raised_at
    if name == "level":
        assert (leaf["level"], leaf["observed"]) == (80.0, 95.0)
    if name == "filtered":
        assert why["filter"]["hidden"] is False
        assert why["filter"]["leaves"][0]["observed"] == "normal"
    if name == "silence":
        assert instants(leaf, "last_received") == alarm.raised_at - 3 * MINUTE
    if name == "group":
        assert leaf["devices"] == ["E-03"]


def test_a_person_answers_with_their_own_words(ledger: SqlLedger) -> None:
    room = Room(ledger, [], [PLACED], PLACE)
    with ledger.write(at=room.at, actor=OPERATOR) as tx:
        alarm = room.desk.raise_by_hand(
            tx,
            site="main",
            subject=Subject(SubjectType.DEVICE, "E-03"),
            severity=Severity.URGENT,
            title=text("smoke", "冒烟", "冒煙"),
            note="a resident called: smoke from the machine room",
            actor=OPERATOR,
        )
    why = answer(room, alarm)
    assert why["report"] == {
        "by": "lin",
        "at": room.at.isoformat(),
        "note": "a resident called: smoke from the machine room",
    }
    assert why["standing"]["standing"] == "announced"


def test_what_hides_an_alarm_and_what_shows_it_again_is_told_with_its_instant(ledger: SqlLedger) -> None:
    hot, _, _ = CASES["filtered"]
    room = Room(ledger, [hot], devices=[LIFT])
    room.catch_up()
    until = room.at + timedelta(hours=1)
    with ledger.write(at=room.at, actor=ENGINEER) as tx:
        out = room.desk.take_out(tx, "main", "E-03", reason="new ropes", expected_return=until, actor=ENGINEER)
    room.hear(door="open")
    (alarm,) = room.alarms()
    why = answer(room, alarm)
    assert (why["standing"]["standing"], why["standing"]["by"]) == ("out_of_service", out.id)
    assert why["standing"]["because"]
    assert instants(why, "standing", "at") == alarm.raised_at
    room.pass_(30)
    with ledger.write(at=room.at, actor=ENGINEER) as tx:
        room.desk.bring_back(tx, "main", "E-03", actor=ENGINEER)
    room.pass_(5)
    again = answer(room, alarm)
    assert again["standing"]["standing"] == "announced"
    assert again["standing"]["because"] == "nothing hides it any more"
    assert instants(again, "standing", "at") > instants(why, "standing", "at")
    assert again["leaves"] == why["leaves"], "why its rule held has not changed"


def test_a_round_that_nobody_began_answers_with_its_slot(ledger: SqlLedger) -> None:
    patrol = Patrol(ledger, route())
    patrol.until("10:20")
    missed = patrol.alarm("not_started")
    why = answer(patrol, missed)
    assert why["round"].startswith("main.R-01")
    assert instants(why, "begin_by") <= missed.raised_at
    assert missed.rule_as_it_was is not None
    assert why["standing"]["standing"] == "announced"


def test_a_lost_broker_answers_since_when(ledger: SqlLedger) -> None:
    room = Room(ledger, [], devices=[LIFT])
    room.catch_up()
    room.connected, room.session_ms = False, None
    went = room.at
    room.pass_(40)
    (alarm,) = room.alarms()
    assert alarm.subject.type is SubjectType.SYSTEM
    why = answer(room, alarm)
    assert went <= instants(why, "since") <= went + timedelta(seconds=6)
    assert why["raised"]["by"] == alarm.rule


def test_a_duty_that_is_overdue_answers_with_its_day_and_its_source(ledger: SqlLedger) -> None:
    yard = Yard(ledger, book(duty()))
    yard.until("2026-03-18")
    why = answer(yard, yard.overdue())
    assert (why["due_day"], why["source"]["en"]) == ("2026-03-16", "TSG T5002-2017")
    assert why["raised"]["at"]


def test_nothing_is_invented_where_the_events_are_gone() -> None:
    assert why_of([]) is None


def test_the_device_page_of_a_stranger_needs_no_rule(ledger: SqlLedger) -> None:
    room = Room(ledger, [CASES["filtered"][0]], devices=[Device(site="main", id="E-09", kind="elevator")])
    room.catch_up()
    room.hear(device="E-77", door="open")
    (alarm,) = room.alarms()
    assert answer(room, alarm)["reading"]["values"] == {"door": "open"}
