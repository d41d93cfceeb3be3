"""One cause, many devices: a power cut, a gateway, our own broker; and a mechanic at work."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from adapters.ledger import SqlLedger
from devices.registry import kinds
from domain.alarms import Alarm, AlarmState
from domain.assets import Device
from domain.events import EventType
from domain.instants import to_ms
from domain.readings import Message
from domain.rules import Rule
from domain.standing import Standing
from tests.alerting.room import HELD, Room, message

SHORT, LONG = timedelta(seconds=10), timedelta(seconds=60)

FEED = Device(site="main", id="PF", kind="power_feed", gateway="GW")
GATEWAY = Device(site="main", id="GW", kind="gateway", power_feed="PF")
CIRCUITS = [
    Device(
        site="main",
        id=f"L-{number}",
        kind="lighting",
        gateway="GW",
        power_feed="PF",
        interval=SHORT if number % 2 else LONG,  # half of them fall silent long before their gateway does
    )
    for number in range(150)
]
DETECTOR = Device(site="main", id="SD-1", kind="smoke_detector")
SAYS = {"power_feed": {"energised": True}, "gateway": {"uptime_s": 1}, "lighting": {"on": True, "commanded": True}}


def default(kind: str, name: str) -> Rule:
    """A rule as the kind has it."""
    return next(rule for rule in kinds()[kind].rules if rule.name == name)


RULES = [
    default("power_feed", "off"),
    default("power_feed", "silent"),
    default("gateway", "silent"),
    default("lighting", "silent"),
    default("smoke_detector", "fire"),
]


class Property(Room):
    """Lighting circuits behind one gateway on one feed, and a detector with a line of its own."""

    def __init__(self, ledger: SqlLedger, circuits: int = 20) -> None:
        self.circuits = CIRCUITS[:circuits]
        super().__init__(ledger, RULES, [FEED, GATEWAY, *self.circuits, DETECTOR])
        self.catch_up()

    def live(self, seconds: int, *devices: Device) -> None:
        """These devices report as they promised, for so long."""
        for second in range(0, seconds, 10):
            self.turn(*(self.report(one) for one in devices if second % interval_s(one) == 0))
            self.pass_(10)

    def report(self, device: Device, **values: bool) -> Message:
        """What a device says now."""
        return message(SAYS[device.kind] | values, self.at, ts=self.at, device=device.id, kind=device.kind)

    def standing(self, standing: Standing) -> list[str]:
        """The devices with open alarms that stand so."""
        return [str(alarm.device) for alarm in self.alarms(open_=True) if alarm.standing is standing]

    def announced(self) -> list[str]:
        """Every alarm that anybody was ever called for."""
        return [alarm.rule for alarm in self.alarms() if alarm.work_order is not None]


def interval_s(device: Device) -> int:
    interval = device.interval or kinds()[device.kind].interval
    return int(interval.total_seconds())


def acknowledge(room: Room, rule: str) -> None:
    """The operator sees the one alarm."""
    [alarm] = [one for one in room.alarms(open_=True) if one.rule == rule]
    room.acknowledge(alarm)


def test_a_power_cut_that_silences_150_devices_is_one_alarm_and_a_fire_meanwhile_another(ledger: SqlLedger) -> None:
    room = Property(ledger, circuits=150)
    room.live(120, FEED, GATEWAY, *CIRCUITS)
    room.turn(room.report(FEED, energised=False))
    room.pass_(300)  # gateway, feed and all circuits are without power
    assert room.announced() == ["power_feed.off"]
    assert sorted(room.standing(Standing.SUPPRESSED)) == sorted(["GW", "PF", *(one.id for one in CIRCUITS)])
    acknowledge(room, "power_feed.off")
    room.turn(message({"alarm": True}, room.at, ts=room.at, device="SD-1", channel="event", kind="smoke_detector"))
    assert room.announced() == ["power_feed.off", "smoke_detector.fire"]
    assert room.standing(Standing.ANNOUNCED) == ["PF", "SD-1"]
    room.live(300, FEED, GATEWAY, *CIRCUITS)  # power is back
    assert room.announced() == ["power_feed.off", "smoke_detector.fire"]
    assert [alarm.rule for alarm in room.alarms(open_=True)] == ["smoke_detector.fire"]
    suppressed = [event for event in room.events() if event.type is EventType.ALARM_SUPPRESSED]
    assert {event.device for event in suppressed} == {"GW", "PF", *(one.id for one in CIRCUITS)}
    assert all(event.data["hidden"]["because"] for event in suppressed if "hidden" in event.data)


def test_devices_that_fall_silent_before_their_gateway_wait_for_its_word(ledger: SqlLedger) -> None:
    room = Property(ledger)
    room.live(60, FEED, GATEWAY, *room.circuits)
    room.pass_(30)  # everything went quiet without a word
    assert room.announced() == []
    assert len(room.standing(Standing.SUPPRESSED)) == 10
    room.pass_(270)
    assert room.announced() == ["gateway.silent"]
    assert len(room.standing(Standing.SUPPRESSED)) == 21
    acknowledge(room, "gateway.silent")
    room.live(200, FEED, GATEWAY, *room.circuits)
    assert room.announced() == ["gateway.silent"]
    assert room.alarms(open_=True) == []


def test_a_device_that_is_silent_alone_is_announced_as_soon_as_its_parents_have_spoken(ledger: SqlLedger) -> None:
    room = Property(ledger)
    room.live(60, FEED, GATEWAY, *room.circuits)
    room.live(100, FEED, GATEWAY, *room.circuits[:1], *room.circuits[2:])
    assert room.announced() == ["lighting.silent"]
    assert room.standing(Standing.ANNOUNCED) == ["L-1"]
    raised = next(event for event in room.events() if event.type is EventType.ALARM_RAISED)
    assert raised.data["stood"] == "suppressed"


def test_a_device_that_does_not_come_back_with_its_gateway_is_announced_after_a_full_interval(
    ledger: SqlLedger,
) -> None:
    room = Property(ledger)
    room.live(60, FEED, GATEWAY, *room.circuits)
    room.pass_(300)
    rest = [FEED, GATEWAY, *room.circuits[:1], *room.circuits[2:]]
    room.live(20, *rest)
    assert room.announced() == ["gateway.silent"]
    room.live(40, *rest)
    assert sorted(room.announced()) == ["gateway.silent", "lighting.silent"]
    assert "L-1" in room.standing(Standing.ANNOUNCED)


def test_suppression_goes_on_over_a_restart(ledger: SqlLedger) -> None:
    room = Property(ledger)
    room.live(60, FEED, GATEWAY, *room.circuits)
    room.pass_(300)
    room.sleep(30)
    room.start()
    room.pass_(300)
    assert room.announced() == ["gateway.silent"]


def test_an_alarm_that_returned_unseen_is_not_lost_by_being_suppressed_later(ledger: SqlLedger) -> None:
    room = Property(ledger)
    others = [FEED, GATEWAY, *room.circuits[:1], *room.circuits[2:]]
    room.live(100, *others)
    room.live(20, FEED, GATEWAY, *room.circuits)
    [alarm] = room.alarms(open_=True)
    assert (alarm.device, alarm.state, alarm.standing) == ("L-1", AlarmState.RETURNED, Standing.ANNOUNCED)
    room.pass_(300)
    assert "L-1" in room.standing(Standing.SUPPRESSED)
    room.live(60, FEED, GATEWAY, *room.circuits)
    [alarm] = [one for one in room.alarms(open_=True) if one.device == "L-1"]
    assert (alarm.state, alarm.standing) == (AlarmState.RETURNED, Standing.ANNOUNCED)


def test_the_broker_gone_for_ten_minutes_is_one_system_alarm_and_a_fire_is_raised_late(ledger: SqlLedger) -> None:
    room = Property(ledger)
    room.live(120, FEED, GATEWAY, *room.circuits)
    room.session_ms = None
    room.pass_(25)
    assert room.announced() == []
    fire_at = room.at + timedelta(seconds=100)
    room.pass_(575)
    assert room.announced() == ["system.broker_lost"]
    acknowledge(room, "system.broker_lost")
    room.session_ms = to_ms(room.at)
    room.turn(message({"alarm": True}, room.at, ts=fire_at, device="SD-1", channel="event", kind="smoke_detector"))
    assert room.announced() == ["system.broker_lost", "smoke_detector.fire"]
    room.live(300, FEED, GATEWAY, *room.circuits)
    assert [alarm.rule for alarm in room.alarms(open_=True)] == ["smoke_detector.fire"]
    assert room.announced() == ["system.broker_lost", "smoke_detector.fire"]


def test_a_restart_neither_repeats_the_alarm_of_a_lost_broker_nor_forgets_to_end_it(ledger: SqlLedger) -> None:
    room = Property(ledger)
    room.session_ms, room.connected = None, False
    room.pass_(60)
    room.start()
    room.pass_(60)
    [alarm] = room.alarms()
    assert (alarm.rule, alarm.occurrences, alarm.signal_active) == ("system.broker_lost", 1, True)
    room.connected = True
    room.start()
    room.pass_(5)
    assert room.alarms()[0].state is AlarmState.RETURNED


def under_inspection(room: Room, **values: str | bool) -> Alarm:
    room.hear(mode="inspection", door="open", **values)
    room.pass_(200)
    [alarm] = room.alarms()
    return alarm


def test_inspection_hides_a_cars_alarms_while_it_says_so_and_what_then_still_holds_is_announced(
    ledger: SqlLedger,
) -> None:
    room = Room(ledger, [HELD])
    room.catch_up()
    for _ in range(20):
        room.hear(mode="inspection", door="open")
        room.pass_(10)
    [alarm] = room.alarms()
    assert (alarm.standing, alarm.suppressed_by, alarm.work_order) == (Standing.SUPPRESSED, "E-03", None)
    room.hear(mode="normal", door="open")
    room.pass_(10)
    [alarm] = room.alarms()
    assert alarm.standing is Standing.ANNOUNCED
    assert alarm.work_order is not None


def test_an_inspection_that_was_said_too_long_ago_hides_nothing(ledger: SqlLedger) -> None:
    room = Room(ledger, [HELD])
    room.catch_up()
    assert under_inspection(room).standing is Standing.ANNOUNCED


def test_inspection_never_hides_life_safety(ledger: SqlLedger) -> None:
    room = Room(ledger, [replace(HELD, on_delay=timedelta(0), life_safety=True)])
    room.catch_up()
    assert under_inspection(room).standing is Standing.ANNOUNCED
