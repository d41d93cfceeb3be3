"""A flood of alarms at work: told when it begins and ends, over a restart, and nothing is hidden by it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from alerting.grouping import group_of, grouped
from domain.alarms import Alarm
from domain.assets import Building, Device
from domain.events import Event, EventType
from domain.rules import Equals, Severity
from domain.standing import Standing
from tests.alerting.room import CALL, SITE, WORDS, Room, rule
from tests.contracts.ledger_values import alarm

DOOR = rule("door", Equals(metric="door", value="open"))
SLOW = rule("slow", Equals(metric="mode", value="inspection"), severity=Severity.ADVISORY)
PLACES = replace(SITE, buildings=(Building(id="T1", name=WORDS), Building(id="T2", name=WORDS)))
CARS = [
    Device(site="main", id=f"E-{number:02}", kind="elevator", building="T1" if number % 2 else "T2")
    for number in range(1, 16)
]


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, [CALL, DOOR, SLOW], CARS, PLACES)
    room.catch_up()
    return room


def floods(room: Room) -> list[Event]:
    return [event for event in room.events() if event.type in (EventType.FLOOD_BEGAN, EventType.FLOOD_ENDED)]


def test_the_eleventh_alarm_begins_it_and_time_ends_it_also_over_a_restart(room: Room) -> None:
    for number, car in enumerate(CARS):
        room.hear(device=car.id, door="open")
        assert len(floods(room)) == (number >= 10)
        room.pass_(20)
    [began] = floods(room)
    assert (began.site, began.data["alarms"]) == ("main", 11)
    room.start()  # a restart in the middle of it
    room.pass_(490)
    assert len(floods(room)) == 1  # the last five are not ten minutes old yet
    room.pass_(20)
    [_, ended] = floods(room)
    assert (ended.data["alarms"], ended.data["lasted_s"]) == (15, pytest.approx(600, abs=5))
    assert len(room.alarms(open_=True)) == 15


def test_advisories_and_what_is_hidden_make_no_flood(room: Room) -> None:
    for car in CARS:
        room.hear(device=car.id, mode="inspection", door="closed")
        room.hear(device=car.id, door="open")
    assert floods(room) == []


def test_a_group_tells_what_it_explains_at_first_and_at_second_hand() -> None:
    def hidden(number: int, by: str) -> Alarm:
        return alarm(number, standing=Standing.SUPPRESSED, standing_by=by)

    feed, other = alarm(1, rule="power_feed.off"), alarm(2)
    behind = [hidden(3, feed.id), hidden(4, "main-A3"), hidden(5, feed.id)]
    elsewhere = [hidden(6, "E-09"), hidden(7, "main-A8"), hidden(8, "main-A7")]  # a device; two of each other
    found = grouped([feed, other], [*behind, *elsewhere])
    told = {group.newest.id: [one.id for one in group.consequences] for group in found.groups}
    assert told == {feed.id: ["main-A5", "main-A4", "main-A3"], other.id: []}


def test_groups_hold_every_alarm_once_and_none_of_life_safety(room: Room) -> None:
    for car in CARS:
        room.hear(device=car.id, door="open")
    room.press(device="E-01")
    room.press(device="E-03")
    alarms = room.alarms(open_=True)
    found = grouped(alarms)
    assert [alarm.device for alarm in found.pinned] == ["E-03", "E-01"]
    assert [group_of(group.newest)[1:] for group in found.groups] == [("T1", "elevator.door"), ("T2", "elevator.door")]
    inside = [alarm.id for alarm in (*found.pinned, *(one for group in found.groups for one in group.alarms))]
    assert sorted(inside) == sorted(alarm.id for alarm in alarms)
