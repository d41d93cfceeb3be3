"""Maintenance windows at work: they begin and end by themselves, hide what they may, and never danger to life."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from domain.alarms import Alarm, AlarmState
from domain.assets import Building, Device
from domain.errors import Conflict, NotAllowed
from domain.events import EventType
from domain.maintenance import MaintenanceWindow
from domain.people import Actor, ActorType, Role
from domain.rules import Equals
from domain.standing import Measure, Standing
from tests.alerting.room import CALL, OPERATOR, SITE, WORDS, Room, rule

MANAGER = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
DOOR = rule("door", Equals(metric="door", value="open"))
PLACES = replace(SITE, buildings=(Building(id="T1", name=WORDS), Building(id="T2", name=WORDS)))
CARS = [Device(site="main", id=name, kind="elevator", building=name[:2]) for name in ("T1-1", "T1-2", "T2-1")]
# The room begins at 16:00 on the clock of the site.
WINDOW = MaintenanceWindow(
    name="cars", site="main", reason="ropes", authority="zhao", begins="16:10", ends="16:40", building="T1"
)
MINUTE = 60


@pytest.fixture
def room(ledger: SqlLedger) -> Room:
    room = Room(ledger, [CALL, DOOR], CARS, PLACES)
    room.desk.windows = (WINDOW,)
    room.catch_up()
    return room


def on(room: Room, device: str) -> Alarm:
    return [alarm for alarm in room.alarms() if alarm.device == device][-1]


def until(room: Room, minute: float) -> None:
    """Let time pass until that many minutes after 16:00."""
    start = room.at.replace(hour=8, minute=0, second=0, microsecond=0)
    room.pass_((start + timedelta(minutes=minute) - room.at).total_seconds())


def under_way(room: Room) -> list[Measure]:
    with room.ledger.read() as rows:
        return rows.measures.running()


def kinds_of_events(room: Room) -> list[EventType]:
    return [event.type for event in room.events()]


def test_a_window_hides_what_is_open_and_what_begins_and_announces_anew_what_still_holds(room: Room) -> None:
    room.hear(device="T1-1", door="open")
    until(room, 10.1)
    assert on(room, "T1-1").standing is Standing.OUT_OF_SERVICE
    room.hear(device="T1-2", door="open")
    room.hear(device="T2-1", door="open")
    assert (on(room, "T1-2").standing, on(room, "T1-2").work_order) == (Standing.OUT_OF_SERVICE, None)
    assert on(room, "T2-1").standing is Standing.ANNOUNCED
    room.hear(device="T1-1", door="closed")
    until(room, 40.2)
    assert on(room, "T1-1").state is AlarmState.NORMAL
    shown = on(room, "T1-2")
    assert (shown.standing, shown.state, shown.work_order is not None) == (
        Standing.ANNOUNCED,
        AlarmState.UNACKNOWLEDGED,
        True,
    )
    assert under_way(room) == []
    begun, ended = EventType.MAINTENANCE_BEGUN, EventType.MAINTENANCE_ENDED
    assert [type_ for type_ in kinds_of_events(room) if type_ in (begun, ended)] == [begun, ended]


def test_whoever_presses_the_button_is_heard(room: Room) -> None:
    until(room, 11)
    room.press(device="T1-1")
    assert on(room, "T1-1").standing is Standing.ANNOUNCED
    assert on(room, "T1-1").work_order is not None


def test_it_begins_once_also_over_restarts_and_late_when_nobody_was_there(room: Room) -> None:
    room.sleep(15 * MINUTE)
    room.start()
    room.pass_(2)
    [measure] = under_way(room)
    assert measure.until == room.at.replace(hour=8, minute=40, second=0, microsecond=0)
    room.start()
    room.pass_(2 * MINUTE)
    assert kinds_of_events(room).count(EventType.MAINTENANCE_BEGUN) == 1
    room.sleep(30 * MINUTE)
    room.hear(device="T1-1", door="open")  # before anybody has ended it: its time is up all the same
    assert on(room, "T1-1").standing is Standing.ANNOUNCED
    room.sleep(24 * 60 * MINUTE - 30 * MINUTE)
    room.start()
    room.pass_(2)
    assert kinds_of_events(room).count(EventType.MAINTENANCE_BEGUN) == 2


def test_who_may_take_devices_out_may_end_it_early_and_then_it_is_over_for_today(room: Room) -> None:
    room.hear(device="T1-1", door="open")
    until(room, 12)
    [measure] = under_way(room)
    with pytest.raises(NotAllowed), room.ledger.write(at=room.at, actor=OPERATOR) as tx:
        room.desk.end_window(tx, measure.id, actor=OPERATOR)
    with room.ledger.write(at=room.at, actor=MANAGER) as tx:
        room.desk.end_window(tx, measure.id, actor=MANAGER, note="done")
    assert on(room, "T1-1").standing is Standing.ANNOUNCED
    until(room, 20)
    assert under_way(room) == []
    with pytest.raises(Conflict, match="over"), room.ledger.write(at=room.at, actor=MANAGER) as tx:
        room.desk.end_window(tx, measure.id, actor=MANAGER)


def test_a_device_that_a_person_took_out_stays_out_when_the_window_ends(room: Room) -> None:
    room.hear(device="T1-1", door="open")
    until(room, 12)
    with room.ledger.write(at=room.at, actor=MANAGER) as tx:
        back_at = room.at + timedelta(hours=2)
        room.desk.take_out(tx, "main", "T1-1", reason="motor", expected_return=back_at, actor=MANAGER)
    until(room, 45)
    assert on(room, "T1-1").standing is Standing.OUT_OF_SERVICE
    assert [one.window for one in under_way(room)] == [None]
