"""Silence and absence in simulated time: what can be told of devices that say nothing, and over restarts of ours."""

from __future__ import annotations

from datetime import timedelta

from adapters.ledger import SqlLedger
from domain.alarms import AlarmState
from domain.instants import to_ms
from domain.readings import Message
from domain.rules import All, Equals, Missing, Silent
from tests.alerting.room import CALL, HELD, IMPORT, START, Room, message, rule

SILENT = rule("silent", Silent(after=timedelta(seconds=180)))


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
