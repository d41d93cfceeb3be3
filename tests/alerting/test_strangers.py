"""Strangers, messages that cannot be judged, and what the watchroom proves by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.ledger import SqlLedger
from alerting import entry
from alerting.desk import Desk
from alerting.turn import Watchroom
from devices.registry import kinds
from domain.assets import Device
from domain.events import EventType
from domain.instants import to_ms
from domain.ports.ledger import WHOLE_INSTALLATION
from domain.readings import Message
from domain.rules import Equals, Severity, Silent
from tests.alerting.room import CALL, LIFT, START, TEMPLATES, Room, message, rule

SILENT = rule("silent", Silent(after=timedelta(seconds=180)))
FIRE = rule(
    "fire", Equals(metric="alarm", value=True), kind="smoke_detector", severity=Severity.URGENT, life_safety=True
)


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
