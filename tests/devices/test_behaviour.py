"""Simulated devices: a day of each kind without an alarm, and every fault that it can suffer."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from devices.behaviour import SILENT
from devices.clock import CLOCK
from devices.decode import decode
from devices.elevator.behaviour import MINOR_CODE, STOPPING_CODE
from devices.elevator.rules import STOPPING_CODES
from devices.registry import kinds
from domain.assets import Device
from domain.instants import to_ms
from domain.kinds import Behaviour, Kind, Report
from domain.readings import Channel, Message
from domain.rules import Missing, Over, Silent
from tests.devices.judging import Watch
from tests.devices.test_kinds import EVERY_KIND
from tests.services import REPOSITORY

START = datetime(2025, 11, 20, 16, 0, tzinfo=UTC)  # midnight at the site
CODES = {STOPPING_CODES: frozenset({STOPPING_CODE})}
TAGS = {
    "lighting": (frozenset(), frozenset({"outdoor"}), frozenset({"emergency"})),
    "extinguisher": (frozenset({"powder"}), frozenset({"co2"})),
}
VARIANTS = [(kind, tags) for kind in kinds().values() for tags in TAGS.get(kind.name, (frozenset(),))]
EVERY_VARIANT = pytest.mark.parametrize(
    ("kind", "tags"), VARIANTS, ids=["-".join([kind.name, *sorted(tags)]) for kind, tags in VARIANTS]
)
WITHHOLDING = {SILENT, "test_call"}
"""Faults whose whole effect is that something is not reported."""


def device_of(kind: Kind, tags: frozenset[str] = frozenset()) -> Device:
    return Device(site="main", id="X-01", kind=kind.name, building="B1", tags=tags)


def behaviour_of(kind: Kind, tags: frozenset[str] = frozenset(), seed: int = 7) -> Behaviour:
    return kind.behave(device_of(kind, tags), Random(seed))


def live_a_day(device: Device) -> int:
    """Judge a day of a sound device; the number of its reports."""
    kind = kinds()[device.kind]
    behaviour, watch = kind.behave(device, Random(7)), Watch(kind, device, CODES)
    at, reports = START, 0
    while at < START + timedelta(hours=24):
        for report in behaviour.step(at):
            reports += 1
            assert decoded_clean(kind, report, at), report
            watch.see([report], at)
        at += behaviour.interval
    assert watch.raised == {}
    return reports


def decoded_clean(kind: Kind, report: Report, at: datetime) -> bool:
    payload = msgspec.json.encode({"ts": to_ms(at), "values": report.values})
    decoded = decode(Message(f"wk/v1/main/{kind.name}/X-01/{report.channel}", payload, to_ms(at)), kinds())
    return decoded.rejects == () and all(kind.metric(name) is not None for name in report.values)


@EVERY_VARIANT
def test_a_sound_device_lives_a_day_without_a_reject_or_an_alarm(kind: Kind, tags: frozenset[str]) -> None:
    speaks_only_when_used = kind.name in {"checkpoint", "patrol_reader"}
    assert (live_a_day(device_of(kind, tags)) == 0) is speaks_only_when_used


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("elevator", {"rated_speed_mps": 1.0, "motor_limit_c": 55.0}),
        ("hydrant", {"low_pressure_mpa": 0.35}),
        ("extinguisher", {"low_pressure_mpa": 2.0}),
    ],
)
def test_a_sound_device_keeps_within_limits_of_its_own(kind: str, limits: dict[str, float]) -> None:
    assert live_a_day(msgspec.structs.replace(device_of(kinds()[kind]), limits=limits)) > 0


@EVERY_VARIANT
def test_every_rule_but_those_about_silence_and_clocks_has_a_fault_that_raises_it(
    kind: Kind, tags: frozenset[str]
) -> None:
    expected = {
        rule.name
        for rule in kind.rules
        if not isinstance(rule.when, Silent | Missing)
        and rule.name != CLOCK  # a behaviour knows no time but what it is told
        and rule.over is Over.DEVICE
        and rule.only <= tags
        and not rule.never & tags
    }
    raised: set[str] = set()
    longest = max((rule.on_delay for rule in kind.rules), default=timedelta(0))
    for fault in kind.faults:
        behaviour, watch = behaviour_of(kind, tags), Watch(kind, device_of(kind, tags), CODES)
        for number in range(10):
            watch.see(behaviour.step(START + behaviour.interval * number), START + behaviour.interval * number)
        at = START + behaviour.interval * 10
        watch.see(behaviour.inject(fault, at), at)
        for later in (timedelta(seconds=5), longest / 2, longest + timedelta(seconds=5)):
            watch.see(behaviour.step(at + later), at + later)
        raised |= set(watch.raised)
    assert raised == expected


@EVERY_KIND
def test_a_fault_shows_at_once_lasts_and_ends_with_the_repair(kind: Kind) -> None:
    for fault in set(kind.faults) - WITHHOLDING:
        behaviour = behaviour_of(kind)
        before = [dict(report.values) for report in behaviour.step(START)]
        at = START + timedelta(seconds=30)
        (told,) = behaviour.inject(fault, at)
        assert told.channel is Channel.EVENT
        assert decoded_clean(kind, told, at)
        assert all(told.values.items() - values.items() for values in before), fault
        (back,) = behaviour.repair(at + timedelta(minutes=1))
        assert decoded_clean(kind, back, at)
        assert set(back.values) <= set(told.values)
        assert back.values.items() - told.values.items(), fault


@EVERY_KIND
def test_a_silent_device_reports_nothing_until_repair(kind: Kind) -> None:
    behaviour = behaviour_of(kind)
    speaks = bool(behaviour.step(START))
    assert behaviour.inject(SILENT, START) == ()
    for fault in set(kind.faults) - {SILENT}:
        assert behaviour.inject(fault, START) == ()
    assert all(behaviour.step(START + timedelta(minutes=minute)) == () for minute in range(1, 60))
    behaviour.repair(START + timedelta(hours=1))
    assert bool(behaviour.step(START + timedelta(hours=1, minutes=1))) is speaks


@EVERY_KIND
def test_an_unknown_fault_is_refused_and_changes_nothing(kind: Kind) -> None:
    behaviour = behaviour_of(kind)
    with pytest.raises(KeyError):
        behaviour.inject("sabotage", START)
    assert behaviour.repair(START) == ()


@EVERY_KIND
def test_the_same_seed_gives_the_same_reports(kind: Kind) -> None:
    one, other = behaviour_of(kind, seed=3), behaviour_of(kind, seed=3)
    instants = [START + one.interval * number for number in range(200)]
    assert [one.step(at) for at in instants] == [other.step(at) for at in instants]


@EVERY_KIND
def test_a_device_that_promises_to_report_more_often_does(kind: Kind) -> None:
    device = msgspec.structs.replace(device_of(kind), interval=timedelta(seconds=2))
    assert kind.behave(device, Random(1)).interval == timedelta(seconds=2)


def test_an_elevator_goes_places_with_its_door_closed() -> None:
    behaviour = behaviour_of(kinds()["elevator"])
    seen = [
        report.values
        for number in range(17_280)
        for report in behaviour.step(START + behaviour.interval * number)
        if report.channel is Channel.TELEMETRY
    ]
    assert len({values["floor"] for values in seen}) > 5
    assert {values["door"] for values in seen} == {"open", "opening", "closing", "closed"}
    moving = [values for values in seen if values["speed_mps"]]
    assert len(moving) > 100
    assert all(values["door"] == "closed" and values["door_zone"] is False for values in moving)
    assert any(values["passenger"] for values in moving)


def test_an_elevator_calls_to_test_its_alarm_once_a_day() -> None:
    kind = kinds()["elevator"]
    days = 4

    def calls(behaviour: Behaviour) -> int:
        steps = int(timedelta(days=days) / timedelta(seconds=60))
        reports = [report for n in range(steps) for report in behaviour.step(START + timedelta(seconds=60) * n)]
        return sum(report.values == {"test_call": True} for report in reports)

    sound, broken = behaviour_of(kind), behaviour_of(kind)
    broken.inject("test_call", START)
    assert calls(sound) == days
    assert calls(broken) == 0


def test_a_trapped_passenger_presses_the_button_once_and_the_car_stays_where_it_is() -> None:
    behaviour = behaviour_of(kinds()["elevator"])
    (pressed,) = behaviour.inject("entrapment", START)
    assert pressed.values["alarm_button"] is True
    later = [behaviour.step(START + timedelta(minutes=minute))[0].values for minute in range(1, 30)]
    assert {values["alarm_button"] for values in later} == {False}
    assert len({values["floor"] for values in later}) == 1
    assert {(values["passenger"], values["speed_mps"], values["door_zone"]) for values in later} == {(True, 0.0, False)}


def test_outdoor_lighting_burns_by_night_and_not_by_day() -> None:
    behaviour = behaviour_of(kinds()["lighting"], frozenset({"outdoor"}))
    on_at = {hour: behaviour.step(START + timedelta(hours=hour))[0].values["on"] for hour in range(24)}
    assert on_at[0] is on_at[3] is on_at[22] is True
    assert on_at[9] is on_at[12] is on_at[16] is False


def test_simulated_fault_codes_mean_what_the_shipped_code_map_says() -> None:
    (table,) = tomllib.loads((REPOSITORY / "config" / "fault_codes.toml").read_text(encoding="utf-8"))["map"]
    groups = {entry["code"]: entry["group"] for entry in table["codes"]}
    assert groups[STOPPING_CODE] == STOPPING_CODES
    assert groups[MINOR_CODE] != STOPPING_CODES
