"""The watchroom over a real ledger, in simulated time: from messages to alarms, and what time alone brings about."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from adapters.ledger import SqlLedger
from alerting.entry import MOST_STEPS
from domain.alarms import AlarmState
from domain.assets import Device
from domain.events import EventType
from domain.readings import Message
from domain.rules import Above, Equals, LimitOf, Pressed, Severity
from tests.alerting.room import CALL, HELD, IMPORT, LIFT, START, Room, message, rule

FIRE = rule(
    "fire", Equals(metric="alarm", value=True), kind="smoke_detector", severity=Severity.URGENT, life_safety=True
)
DETECTOR = Device(site="main", id="S-1", kind="smoke_detector")


def test_a_press_is_an_urgent_alarm_with_an_order_as_soon_as_the_turn_is_done(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    room.press()
    (alarm,) = room.alarms()
    assert (alarm.state, alarm.severity, alarm.life_safety) == (AlarmState.UNACKNOWLEDGED, Severity.URGENT, True)
    assert alarm.work_order is not None
    raised = next(event for event in room.events() if event.type is EventType.ALARM_RAISED)
    assert raised.data["why"]["reading"]["values"] == {"alarm_button": True}
    assert raised.data["why"]["leaves"][0]["decided"] is True


def test_a_second_press_after_the_acknowledgement_makes_it_unacknowledged_again(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    room.press()
    room.acknowledge(room.alarms()[0])
    room.pass_(3)
    room.press()
    (alarm,) = room.alarms()
    assert (alarm.state, alarm.occurrences) == (AlarmState.UNACKNOWLEDGED, 2)


def test_a_button_that_telemetry_still_reports_calls_again_only_who_had_acknowledged(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    for _ in range(3):
        room.hear(alarm_button=True)
        room.pass_(10)
    assert room.alarms()[0].occurrences == 1
    room.acknowledge(room.alarms()[0])
    room.hear(alarm_button=True)
    assert (room.alarms()[0].state, room.alarms()[0].occurrences) == (AlarmState.UNACKNOWLEDGED, 2)


def test_the_same_press_delivered_again_is_judged_once(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    press = room.press()
    room.acknowledge(room.alarms()[0])
    room.again(press)
    room.start()
    room.again(press)
    assert (room.alarms()[0].state, room.alarms()[0].occurrences) == (AlarmState.ACKNOWLEDGED, 1)


def test_a_value_added_to_a_known_event_is_judged_and_the_rest_is_not(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL, rule("fault", Equals(metric="fault_code", value="12"))])
    room.press()
    room.turn(message({"alarm_button": True, "fault_code": "12"}, room.at, ts=room.at, channel="event"))
    assert [(kind, name) for kind, name, _ in room.told()] == [
        ("alarm.raised", "elevator.call"),
        ("alarm.raised", "elevator.fault"),
    ]


def test_a_flood_is_entered_a_hundred_at_a_time_so_that_people_get_in_between(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    presses, judged = flood_of_presses(room, 250), []
    while presses:
        judged.append(room.room.turn(presses, room.at).judged)
        presses = presses[judged[-1] :]
        room.acknowledge(room.alarms()[0])
    assert judged == [MOST_STEPS, MOST_STEPS, 50]
    assert (room.alarms()[0].state, room.alarms()[0].occurrences) == (AlarmState.ACKNOWLEDGED, 250)


def test_a_flood_cut_short_by_a_kill_comes_again_and_is_told_once(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    presses = flood_of_presses(room, 150)
    assert room.room.turn(presses, room.at).judged == MOST_STEPS
    room.start()  # nothing was acknowledged: the broker sends all of it again
    room.turn(*presses)
    assert room.alarms()[0].occurrences == 150


def flood_of_presses(room: Room, count: int) -> list[Message]:
    """Presses of one button, a millisecond apart."""
    spans = [timedelta(milliseconds=number) for number in range(count)]
    return [message({"alarm_button": True}, room.at, ts=room.at + span, channel="event") for span in spans]


def test_what_brings_nothing_about_is_judged_in_one_turn(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    calm = [
        message({"alarm_button": False}, room.at, ts=room.at + timedelta(milliseconds=number)) for number in range(250)
    ]
    assert room.room.turn(calm, room.at).judged == 250


@pytest.mark.parametrize("stuck_clock", [None, 0])
def test_a_button_without_a_clock_counts_every_press(ledger: SqlLedger, stuck_clock: int | None) -> None:
    room = Room(ledger, [CALL])
    for _ in range(2):
        room.turn(message({"alarm_button": True}, room.at, ts=stuck_clock, channel="event"))
        room.pass_(1)
    assert room.alarms()[0].occurrences == 2


def test_a_door_held_open_is_told_when_its_hold_ends_and_not_a_moment_before(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    room.hear(door="open")
    room.pass_(179.9)
    assert room.alarms() == []
    room.pass_(0.2)
    assert room.alarms()[0].raised_at == START + timedelta(seconds=180)
    room.hear(door="closed")
    assert room.alarms()[0].signal_active is False


def test_a_hold_starts_when_the_reading_says_though_it_came_later(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    room.hear(door="closed")
    room.pass_(100)
    room.hear(late=40, door="open")
    room.pass_(139.9)
    assert room.alarms() == []
    room.pass_(0.2)
    assert len(room.alarms()) == 1


def test_a_hold_never_starts_before_the_reading_that_said_otherwise(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    clock_is_behind_s = 8 * 3600
    room.hear(late=clock_is_behind_s, door="closed")
    room.pass_(10)
    room.hear(late=clock_is_behind_s, door="open")
    room.pass_(169.9)
    assert room.alarms() == []
    room.pass_(0.2)
    assert len(room.alarms()) == 1


def test_late_telemetry_changes_nothing_that_is_known(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"))])
    room.hear(door="closed")
    room.hear(late=60, door="open")
    assert room.alarms() == []


def test_late_telemetry_raises_life_safety_says_how_late_and_leaves_the_facts_alone(ledger: SqlLedger) -> None:
    room = Room(ledger, [FIRE], [DETECTOR])
    room.hear(device="S-1", kind="smoke_detector", alarm=False)
    late = room.hear(late=3600, device="S-1", kind="smoke_detector", alarm=True)
    (alarm,) = room.alarms()
    assert (alarm.late_by_ms, alarm.signal_active, alarm.occurrences) == (3_600_000, False, 1)
    room.again(late)
    room.start()
    room.again(late)
    assert room.alarms()[0].occurrences == 1


def test_a_late_event_is_judged_once_and_returns_at_once_when_newer_facts_say_so(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"))])
    room.hear(door="closed")
    late = room.hear(late=60, channel="event", door="open")
    room.again(late)
    assert [kind for kind, _, _ in room.told()] == ["alarm.raised", "alarm.returned"]


def test_a_late_press_is_not_hidden_by_where_the_door_is_now(ledger: SqlLedger) -> None:
    call = rule("call", Pressed(metric="alarm_button"), unless=Equals(metric="door", value="open"), life_safety=True)
    room = Room(ledger, [call])
    room.hear(door="open")
    room.press()
    assert room.alarms() == []
    room.press(late=600)
    assert len(room.alarms()) == 1


def test_a_clock_that_was_not_believed_and_steps_back_is_heard_again(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"))])
    room.hear(late=-600, door="closed")  # ten minutes ahead: time of receipt stands in
    room.hear(late=2, door="open")
    assert len(room.alarms()) == 1


def test_a_clock_that_ran_ahead_and_was_put_right_is_heard_again_within_a_minute(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"))])
    room.hear(late=-240, door="closed")
    for _ in range(7):
        room.pass_(10)
        room.hear(late=0, door="open")
    assert len(room.alarms()) == 1


def test_a_bad_metric_is_unknown_and_hides_neither_the_others_nor_an_alarm(ledger: SqlLedger) -> None:
    hot = rule("hot", Above(metric="motor_temp_c", level=80.0))
    room = Room(ledger, [hot, CALL])
    room.hear(motor_temp_c=81)
    room.hear(late=-1, motor_temp_c="broken", alarm_button=True)
    assert sorted(alarm.rule for alarm in room.alarms(open_=True)) == ["elevator.call", "elevator.hot"]
    assert all(alarm.signal_active for alarm in room.alarms())


def test_a_limit_of_the_device_is_followed_from_the_moment_it_is_changed(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("overspeed", Above(metric="speed_mps", level=LimitOf("rated_speed_mps", 1.15)))])
    room.catch_up()
    room.hear(speed_mps=1.75)
    slow = msgspec.structs.replace(LIFT, limits={"rated_speed_mps": 1.0})
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        room.desk.register(tx, devices=[slow], actor=IMPORT)
    room.pass_(2)
    assert [alarm.rule for alarm in room.alarms()] == ["elevator.overspeed"]
