"""A test of alarms calls those who test, and nobody else; a real fire beside it calls whom it always does."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.desk import Desk, PlannedTest
from alerting.letters import letter
from alerting.testers import calls_under_test
from domain.assets import Building, Device, Zone
from domain.callout import Callee
from domain.escalation import Call, Plan
from domain.events import EventType
from domain.notices import Notice
from domain.people import Person, Role
from domain.ports.ledger import NoticeFilter
from domain.rules import Equals, Severity
from domain.standing import Measure, Standing
from domain.texts import Language
from tests.alerting.desk.calling_scene import CHANNELS, PEOPLE, PLAN
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import IMPORT, OPERATOR, SITE, START, WORDS, Room, message, rule

FIRE = rule(
    "fire",
    Equals(metric="alarm", value=True),
    kind="smoke_detector",
    severity=Severity.URGENT,
    life_safety=True,
    latched=True,
)
HALL, YARD = "hall", "yard"
PLACES = replace(
    SITE, buildings=(Building(id="T1", name=WORDS, zones=(Zone(id=HALL, name=WORDS), Zone(id=YARD, name=WORDS))),)
)
DETECTORS = [
    Device(site="main", id=f"S-{number}", kind="smoke_detector", building="T1", zone=HALL) for number in range(100)
]
NEXT_DOOR = Device(site="main", id="S-YARD", kind="smoke_detector", building="T1", zone=YARD)


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    """lin and wu test a hall of a hundred detectors."""
    room = Room(ledger, [FIRE], [*DETECTORS, NEXT_DOOR], PLACES)
    room.desk = Desk(TEMPLATES, PLAN)
    room.start()
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        tx.accounts.put_person(Person(name="wu", role=Role.OPERATOR, password_hash="-"))
    room.catch_up()
    wanted = PlannedTest(
        site="main", until=room.at + timedelta(hours=1), reason="monthly", second="wu", building="T1", zone=HALL
    )
    with ledger.write(at=room.at, actor=OPERATOR) as tx:
        room.desk.begin_test(tx, wanted, actor=OPERATOR)
    return room


def smoke(room: Room, *devices: Device, alarm: bool = True) -> None:
    room.turn(*(message({"alarm": alarm}, room.at, ts=room.at, device=one.id, kind=one.kind) for one in devices))


def notices(room: Room) -> list[Notice]:
    with room.ledger.read() as rows:
        return list(rows.notices.page(NoticeFilter(), after=None, most=1000).items)


def called(room: Room, *, of: str | None = None) -> Counter[str]:
    return Counter(name for notice in notices(room) if of in (None, notice.device) for name in notice.receivers)


def test_a_hundred_detectors_call_the_two_who_test_once_each_and_nobody_else(room: Room) -> None:
    smoke(room, *DETECTORS)
    smoke(room, *DETECTORS)  # what is said again calls nobody again
    room.pass_(600)
    assert called(room) == {"lin": 100, "wu": 100}
    assert {notice.channel for notice in notices(room)} == {"mail"}
    tested = [event for event in room.events() if event.type is EventType.ALARM_TESTED]
    assert all(event.data["testers"] == ["lin", "wu"] for event in tested)


def test_a_real_fire_next_door_calls_everybody_it_should_meanwhile(room: Room) -> None:
    smoke(room, *DETECTORS[:10])
    smoke(room, NEXT_DOOR)
    room.pass_(400)
    assert called(room, of="S-YARD").keys() >= {"firm", "lin", "zhao"}
    assert called(room, of="S-0") == {"lin": 1, "wu": 1}


def test_a_detector_that_sounds_again_calls_them_again_and_the_letter_says_that_it_is_a_test(room: Room) -> None:
    for _ in range(2):
        smoke(room, DETECTORS[0])
        room.pass_(5)
        smoke(room, DETECTORS[0], alarm=False)
        room.pass_(5)
    assert called(room) == {"lin": 2, "wu": 2}
    newest = letter(notices(room)[0], language=Language.EN, time_zone="Asia/Shanghai")
    assert newest.subject.startswith("[TEST")
    assert "under test" in newest.body


MEASURE = Measure(
    id="main-M1",
    site="main",
    type=Standing.TEST,
    reason="monthly",
    by="lin",
    second="wu",
    began_at=START,
    until=START + timedelta(hours=1),
)


def plan_with(*people: Callee) -> Plan:
    return replace(PLAN, directory=replace(PLAN.directory, people={**PEOPLE, **{one.name: one for one in people}}))


@pytest.mark.parametrize(
    ("plan", "measure", "which", "expected"),
    [
        (PLAN, MEASURE, FIRE, [("lin", "mail"), ("wu", "mail")]),
        (PLAN, replace(MEASURE, second="stranger"), FIRE, [("lin", "mail")]),  # nobody falls back on anybody
        (plan_with(Callee(name="wu", contacts={"hook": "x"})), MEASURE, FIRE, [("lin", "mail")]),
        (plan_with(Callee(name="wu", sites=frozenset({"annex"}))), MEASURE, FIRE, [("lin", "mail")]),
        (PLAN, MEASURE, replace(FIRE, severity=Severity.ADVISORY, life_safety=False), []),  # it never calls anybody
        (
            replace(PLAN, channels={**CHANNELS, "mail": replace(CHANNELS["mail"], personal=False)}),
            MEASURE,
            FIRE,
            [],  # others would read it too
        ),
    ],
)
def test_only_those_who_test_are_called_and_only_by_what_reaches_them_alone(
    plan: Plan, measure: Measure, which: object, expected: list[tuple[str, str]]
) -> None:
    assert calls_under_test(plan, measure, which) == tuple(
        Call(whom=whom, channel=channel) for whom, channel in expected
    )  # type: ignore[arg-type]
