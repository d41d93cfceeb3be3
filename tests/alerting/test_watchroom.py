"""The watchroom over a real ledger, in simulated time: from messages to alarms, and what time alone brings about."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from adapters.ledger import SqlLedger
from alerting import entry
from alerting.desk import Desk
from alerting.turn import Watchroom
from devices.registry import kinds
from domain.alarms import AlarmState
from domain.assets import Device
from domain.events import EventType
from domain.instants import to_ms
from domain.ports.ledger import WHOLE_INSTALLATION
from domain.readings import Message
from domain.rules import Above, All, Equals, LimitOf, Missing, Pressed, Severity, Silent
from tests.alerting.room import CALL, HELD, IMPORT, LIFT, START, TEMPLATES, Room, message, rule

SILENT = rule("silent", Silent(after=timedelta(seconds=180)))
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


# --- silence, and what we can tell ---


def test_silence_is_told_after_its_span_and_ends_with_the_next_message(ledger: SqlLedger) -> None:
    room = Room(ledger, [SILENT])
    room.catch_up()
    room.hear(floor=1)
    room.pass_(179)
    assert room.alarms() == []
    room.pass_(2)
    assert room.alarms()[0].signal_active is True
    room.hear(floor=2)
    assert room.alarms()[0].state is AlarmState.RETURNED


def test_a_registered_device_that_never_reports_is_silent_and_a_last_will_is_no_report(ledger: SqlLedger) -> None:
    room = Room(ledger, [SILENT])
    room.catch_up()
    room.pass_(170)
    room.turn(Message("wk/v1/main/elevator/E-03/status", b"offline", to_ms(room.at), retained=True))
    room.pass_(15)
    assert [alarm.rule for alarm in room.alarms()] == ["elevator.silent"]


def test_silence_does_not_count_while_we_are_away_and_every_device_gets_a_full_interval_anew(
    ledger: SqlLedger,
) -> None:
    room = Room(ledger, [SILENT])
    room.catch_up()
    room.hear(floor=1)
    room.session_ms = None
    room.pass_(600)
    assert [alarm.rule for alarm in room.alarms()] == ["system.broker_lost"]
    room.session_ms = to_ms(room.at)
    room.tick()
    room.pass_(180)
    assert [alarm.rule for alarm in room.alarms()] == ["system.broker_lost"]
    room.pass_(10)
    assert [alarm.rule for alarm in room.alarms()] == ["system.broker_lost", "elevator.silent"]


def test_a_restart_alone_raises_and_ends_nothing(ledger: SqlLedger) -> None:
    test_call = rule("test_call", Missing(metric="test_call", value=True, after=timedelta(hours=72)))
    room = Room(ledger, [SILENT, HELD, CALL, test_call])
    room.catch_up()
    room.hear(floor=1, door="closed", alarm_button=False)
    room.pass_(200)
    assert [kind for kind, _, _ in room.told()] == ["alarm.raised"]
    for _ in range(3):
        room.sleep(3600)
        room.start()
        room.pass_(30)
    assert [kind for kind, _, _ in room.told()] == ["alarm.raised"]


def test_a_stalled_process_blames_no_device(ledger: SqlLedger) -> None:
    room = Room(ledger, [SILENT])
    room.catch_up()
    room.hear(floor=1)
    room.sleep(3600)
    room.tick()
    room.pass_(100)
    assert room.alarms() == []


def test_a_missing_test_call_is_told_and_its_count_survives_restarts(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("test_call", Missing(metric="test_call", value=True, after=timedelta(minutes=10)))])
    room.catch_up()
    room.hear(channel="event", test_call=True)
    room.pass_(300)
    room.start()
    room.pass_(310)
    assert len(room.alarms()) == 1
    room.hear(channel="event", test_call=True)
    assert room.alarms()[0].signal_active is False


# --- restarts ---


def test_a_hold_that_ran_out_while_we_were_down_waits_for_what_the_broker_kept(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    room.hear(door="open")
    room.sleep(600)
    room.start()
    assert room.alarms() == []
    room.turn(message({"door": "closed"}, room.at, ts=START + timedelta(seconds=100)))
    room.pass_(30)
    assert room.alarms() == []


def test_a_hold_that_ran_out_while_we_were_down_is_told_within_ten_seconds(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    room.hear(door="open")
    room.sleep(600)
    room.connected = False
    room.start()
    room.pass_(9)
    assert room.alarms() == []
    room.pass_(1)
    assert room.alarms()[0].raised_at == START + timedelta(seconds=180)


def test_life_safety_that_ran_out_while_we_were_down_is_told_at_once(ledger: SqlLedger) -> None:
    stuck = rule(
        "stuck",
        All(of=(Equals(metric="passenger", value=True), Equals(metric="power", value=False))),
        on_delay=timedelta(seconds=60),
        life_safety=True,
    )
    room = Room(ledger, [stuck])
    room.hear(passenger=True, power=False)
    room.sleep(600)
    room.connected = False
    room.start()
    assert len(room.alarms()) == 1


def test_an_alarm_whose_memory_is_unreadable_is_taken_up_from_the_ledger(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"))])
    room.hear(door="open")
    with ledger.write(at=room.at, actor=IMPORT) as tx:
        tx.memories.put_many([("main", "E-03", b"of another age")])
    room.start()
    room.pass_(1)
    room.hear(door="closed")
    assert room.alarms()[0].state is AlarmState.RETURNED


def test_an_alarm_of_a_rule_that_was_taken_out_returns(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open")), CALL])
    room.hear(door="open")
    room.rules = [CALL]
    room.start()
    room.pass_(12)
    assert room.alarms()[0].signal_active is False


def test_a_new_rule_is_judged_on_what_is_known_already(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    room.hear(door="open")
    room.room.close(room.at)
    room.rules = [rule("open", Equals(metric="door", value="open"))]
    room.start()
    room.pass_(12)
    assert [alarm.rule for alarm in room.alarms()] == ["elevator.open"]


# --- strangers, and messages that cannot be judged ---


def test_a_stranger_of_a_known_kind_is_taken_on_with_its_site_and_judged_at_once(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    room.turn(message({"alarm_button": True}, room.at, ts=room.at, site="annex", device="E-9", channel="event"))
    assert [(alarm.site, alarm.device) for alarm in room.alarms()] == [("annex", "E-9")]
    types = [event.type for event in room.events() if event.site == "annex"]
    assert types[:3] == [EventType.SITE_REGISTERED, EventType.DEVICE_DISCOVERED, EventType.ALARM_RAISED]
    room.start()
    room.hear(device="E-9", floor=1)
    with ledger.read() as rows:
        assert {site.id for site in rows.devices.sites()} == {"main", "annex"}


def test_strangers_are_taken_on_within_bounds(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerting.roster.DISCOVERED_MOST", 3)
    room = Room(ledger, [CALL])
    room.turn(*(message({"floor": 1}, room.at, ts=room.at, device=f"X-{n}") for n in range(2)))
    room.turn(*(message({"floor": 1}, room.at, ts=room.at, device=f"X-{n}") for n in range(9)))
    with ledger.read() as rows:
        assert [device.id for device in rows.devices.every()] == ["E-03", "X-0", "X-1", "X-2"]


def test_messages_that_nobody_can_read_are_passed_over(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL])
    received_ms = to_ms(room.at)
    room.turn(
        Message("wk/v1/main/elevator/E-03/telemetry", b"{", received_ms),
        Message("nonsense", b"{}", received_ms),
        message({"alarm_button": True}, room.at, ts=room.at, channel="event"),
    )
    assert len(room.alarms()) == 1


def test_a_message_that_fails_twice_is_set_aside_alone(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(ledger, [CALL], [LIFT, Device(site="main", id="E-04", kind="elevator")])
    activate, tries = room.desk.activate, []

    def fail_on_one(tx: entry.Transaction, activation: entry.Activation, hiding: entry.Hiding | None) -> object:
        if activation.subject.id == "E-04":
            tx.marks.put("half", "done")
            tries.append(1)
            raise ValueError("it cannot be entered")
        return activate(tx, activation, hiding)

    monkeypatch.setattr(room.desk, "activate", fail_on_one)
    at = room.at
    room.turn(
        message({"alarm_button": True}, at, ts=at, device="E-04", channel="event"),
        message({"alarm_button": True}, at, ts=at, device="E-03", channel="event"),
    )
    assert len(tries) == entry.TRIES
    assert [alarm.device for alarm in room.alarms()] == ["E-03"]
    (aside,) = [event for event in room.events() if event.type is EventType.MESSAGE_SET_ASIDE]
    assert (aside.site, aside.data["topic"], aside.data["error"]) == (
        "main", "wk/v1/main/elevator/E-04/event", "ValueError",
    )  # fmt: skip
    with ledger.read() as rows:
        assert rows.marks.get("half") is None
    monkeypatch.undo()
    room.press(device="E-04")
    assert len(room.alarms()) == 2  # its memory did not pretend that it was raised


def test_heartbeats_say_for_every_site_what_we_can_see(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL, SILENT])
    room.catch_up()
    whole, beat = room.heartbeats()
    assert (whole.site, beat.site) == (WHOLE_INSTALLATION, "main")
    assert room.at - beat.at <= timedelta(seconds=1)
    assert {"connected": True, "caught_up": True, "backlog": 0, "rules": 2}.items() <= beat.detail.items()
    room.session_ms = None
    room.pass_(2)
    assert room.heartbeats()[0].detail["connected"] is False


def test_a_stranger_that_first_spoke_under_a_wrong_kind_is_heard_under_the_right_one(ledger: SqlLedger) -> None:
    room = Room(ledger, [CALL, FIRE])
    room.hear(device="X-1", kind="smoke_detector", alarm=False)
    room.press(device="X-1")
    assert [alarm.rule for alarm in room.alarms()] == [CALL.id]
    room.hear(device="X-1", kind="smoke_detector", alarm=True)
    assert {alarm.rule for alarm in room.alarms()} == {CALL.id, FIRE.id}
    room.start()
    with ledger.read() as rows:
        assert rows.devices.get("main", "X-1").kind == "smoke_detector"
    assert ledger.verify() == []


def test_an_installation_without_a_site_is_watched_all_the_same(ledger: SqlLedger) -> None:
    room = Watchroom(ledger, Desk(TEMPLATES), kinds(), [])
    room.resume(START)
    room.look(START, session_ms=to_ms(START), backlog=0)
    room.tick(START + timedelta(seconds=2))
    with ledger.read() as rows:
        assert [beat.site for beat in rows.heartbeats.all()] == [WHOLE_INSTALLATION]


def test_clocks_of_orders_run_by_themselves(ledger: SqlLedger) -> None:
    room = Room(ledger, [rule("open", Equals(metric="door", value="open"), severity=Severity.URGENT)])
    room.hear(door="open")
    room.pass_(15 * 60 + 2)
    types = [event.type for event in room.events()]
    assert types.count(EventType.WORKORDER_WARNED) == 1
    assert types.count(EventType.WORKORDER_BREACHED) == 1
