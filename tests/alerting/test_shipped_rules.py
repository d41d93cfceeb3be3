"""The shipped rules against the table that was agreed: each with its severity, its hold and its latch, fires at its
instant and not before, and does not where it must not. Judged as live, in simulated time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from alerting.roster import Roster
from alerting.trial import Heard, Span, try_on_building, try_on_device
from devices.clock import CLOCK
from devices.elevator.metrics import MOTOR_LIMIT, RATED_SPEED
from devices.registry import kinds
from domain.assets import Building, Device, Site
from domain.ports.history import Stored
from domain.readings import Channel, Value
from domain.rules import NO_DELAY, Over, Rule, Severity
from domain.texts import text
from tests.alerting.room import START
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config

RULES = {rule.id: rule for rule in load_config(REPOSITORY / "config", kinds()).rules}
SITE = Site(id="main", name=text("M", "主", "主"), buildings=(Building(id="T1", name=text("T", "楼", "樓")),))
MINUTE, HOUR = 60, 3600

Said = tuple[float, dict[str, Value]]
"""Seconds after the start, and what was said then. A press comes on the event channel."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`fires`: what raises it `at` seconds; `not_`: scripts that never do, up to their end."""

    severity: Severity
    fires: Sequence[Said]
    at: float
    not_: Sequence[Sequence[Said]]
    life_safety: bool = False
    limits: dict[str, float] = {}
    tags: frozenset[str] = frozenset()
    until: float | None = None
    """When it returns, where the script says so."""


URGENT, IMPORTANT, GENERAL, ADVISORY = Severity
CAR: dict[str, Value] = {"door": "closed", "door_zone": False, "mode": "normal", "power": True, "fault_code": "0"}
TRAPPED: dict[str, Value] = CAR | {"passenger": True, "speed_mps": 0.0}


def always(**values: Value) -> list[Said]:
    """Said every hour for a week, for rules that must not take it for anything."""
    return [(hour * HOUR, values) for hour in range(7 * 24)]


def heard(*seconds: float) -> list[Said]:
    """Anything at all at these instants."""
    return [(each, {"heard": True}) for each in seconds]


def silent(severity: Severity, after: float) -> Row:
    return Row(
        severity=severity,
        fires=heard(0, 10),
        at=10 + after,
        not_=[heard(*(each * (after - 1) for each in range(100)))],
    )


def flagged(severity: Severity, metric: str, *, bad: Value = True, good: Value = False, after: float = 0) -> Row:
    """A switch that must not stand so for longer than its hold."""
    fires: list[Said] = [(0, {metric: good}), (10, {metric: bad})]
    short: list[list[Said]] = [[(0, {metric: bad}), (after - 1, {metric: good})]] if after else []
    return Row(severity=severity, fires=fires, at=10 + after, not_=[always(**{metric: good}), *short])


def detector() -> dict[str, Row]:
    return {
        "fire": Row(
            severity=URGENT,
            life_safety=True,
            fires=[(5, {"alarm": True})],
            at=5,
            not_=[always(alarm=False, fault=True)],
        ),
        "fault": flagged(IMPORTANT, "fault"),
        "tamper": flagged(IMPORTANT, "tamper"),
        "battery": Row(
            severity=ADVISORY,
            fires=[(0, {"battery_pct": 20}), (5, {"battery_pct": 19.9})],
            at=5,
            not_=[always(battery_pct=20)],
        ),
        "silent": silent(IMPORTANT, 26 * HOUR),
    }


TABLE: dict[str, dict[str, Row]] = {
    "elevator": {
        "entrapment_call": Row(
            severity=URGENT,
            life_safety=True,
            fires=[(0, CAR | {"mode": "inspection"}), (5, {"alarm_button": True})],
            at=5,
            not_=[[(0, {"door": "open", "door_zone": True}), (5, {"alarm_button": True})]],
        ),
        "entrapment_suspected": Row(
            severity=URGENT,
            life_safety=True,
            fires=[(0, TRAPPED)],
            at=60,
            not_=[
                [(0, TRAPPED), (59, {"passenger": False})],
                always(**TRAPPED | {"door_zone": True}),
                [(minute * MINUTE, TRAPPED | {"mode": "inspection"}) for minute in range(30)]
                + [(1800, {"passenger": False})],
                [(0, TRAPPED | {"door": "open", "door_zone": True, "fault_code": "60"}), (59, {"passenger": False})],
            ],
        ),
        "moving_door_open": Row(
            severity=URGENT,
            life_safety=True,
            fires=[(5, {"speed_mps": 0.4, "door_zone": False, "door": "open"})],
            at=5,
            not_=[always(speed_mps=0.4, door_zone=True, door="open"), always(speed_mps=1.7, door="closed")],
        ),
        "overspeed": Row(
            severity=URGENT,
            limits={RATED_SPEED: 2.0},
            fires=[(0, {"speed_mps": 2.3}), (5, {"speed_mps": 2.31})],
            at=5,
            not_=[always(speed_mps=2.3)],
        ),
        "stopped": Row(
            severity=URGENT,
            fires=[(5, {"fault_code": "30"})],
            at=5,
            not_=[always(fault_code="60"), [(0, CAR | {"mode": "inspection"}), (5, {"fault_code": "30"}), (9, CAR)]],
        ),
        "no_service": Row(
            severity=URGENT,
            fires=[(0, CAR | {"mode": "out_of_service"})],
            at=121,  # a second after what changed, and its two minutes
            not_=[[(0, CAR | {"mode": "out_of_service"}), (110, {"mode": "normal"})], always(**CAR)],
        ),
        "fault": Row(
            severity=IMPORTANT,
            fires=[(5, {"fault_code": "60"})],
            at=5,
            not_=[always(fault_code="0"), always(fault_code="30")],
        ),
        "overheat": Row(
            severity=IMPORTANT,
            limits={MOTOR_LIMIT: 70.0},
            fires=[(0, {"motor_temp_c": 70.1, "machine_room_c": 20.0})],
            at=60,
            not_=[
                always(motor_temp_c=70.0, machine_room_c=40.0),
                [(0, {"motor_temp_c": 20.0, "machine_room_c": 41.0}), (59, {"machine_room_c": 37.0})],
            ],
        ),
        "test_call": Row(
            severity=IMPORTANT,
            fires=[*always(floor=1)],
            at=72 * HOUR,
            not_=[[(day * 24 * HOUR, {"test_call": True}) for day in range(8)]],
        ),
        "silent": silent(IMPORTANT, 3 * MINUTE),
        "door_held": Row(
            severity=GENERAL,
            fires=[(0, CAR | {"door": "open"}), (100, {"door": "closing"})],
            at=180,
            not_=[
                [(0, CAR | {"door": "open"}), (179, {"door": "closed"})],
                always(door="open", mode="inspection"),
            ],
        ),
    },
    "smoke_detector": detector(),
    "call_point": detector(),
    "fire_panel": {
        "fault": flagged(IMPORTANT, "fault"),
        "mains": flagged(IMPORTANT, "mains", bad=False, good=True, after=30),
        "backup": flagged(IMPORTANT, "backup", bad=False, good=True),
        "disabled": flagged(IMPORTANT, "disabled_points", bad=1, good=0, after=30 * MINUTE),
        "not_auto": flagged(IMPORTANT, "auto", bad=False, good=True, after=30 * MINUTE),
        "silent": silent(IMPORTANT, 3 * MINUTE),
    },
    "fire_pump": {
        "slow_start": Row(
            severity=IMPORTANT,
            fires=[(0, {"start_demand": True, "running": False})],
            at=60,
            not_=[[(0, {"start_demand": True}), (59, {"running": True}), (100, {"start_demand": False})]],
        ),
        "failed_start": Row(
            severity=URGENT,
            fires=[(0, {"start_demand": True, "running": False})],
            at=120,
            not_=[[(0, {"start_demand": True}), (119, {"running": True}), (150, {"start_demand": False})]],
        ),
        "no_power": flagged(URGENT, "power", bad=False, good=True, after=30),
        "not_auto": flagged(URGENT, "auto", bad=False, good=True, after=30 * MINUTE),
        "running": Row(
            severity=IMPORTANT,
            fires=[(0, {"start_demand": False, "running": False}), (5, {"running": True})],
            at=15,
            not_=[always(start_demand=True, running=True), always(start_demand=False, running=False)],
        ),
        "silent": silent(IMPORTANT, 3 * MINUTE),
    },
    "hydrant": {
        "low": Row(
            severity=IMPORTANT,
            fires=[
                (0, {"pressure_mpa": 0.10, "flow_lps": 0.0}),
                (5, {"pressure_mpa": 0.099}),
                (50, {"pressure_mpa": 0.119}),
                (60, {"pressure_mpa": 0.12}),
            ],
            at=5,
            until=60,
            not_=[always(pressure_mpa=0.10), always(pressure_mpa=0.05, flow_lps=5.0)],
        ),
        "high": Row(
            severity=IMPORTANT,
            fires=[(5, {"pressure_mpa": 1.01})],
            at=5,
            not_=[always(pressure_mpa=1.0)],
        ),
        "flow": Row(
            severity=IMPORTANT,
            fires=[(0, {"flow_lps": 5.0})],
            at=31,
            not_=[[(0, {"flow_lps": 5.0}), (28, {"flow_lps": 0.0})], always(flow_lps=0.4)],
        ),
        "silent": silent(IMPORTANT, 26 * HOUR),
    },
    "extinguisher": {
        "low": Row(
            severity=GENERAL,
            fires=[(0, {"pressure_mpa": 0.99})],
            at=24 * HOUR,
            not_=[always(pressure_mpa=1.0), [(0, {"pressure_mpa": 0.5}), (24 * HOUR - 1, {"pressure_mpa": 1.1})]],
        ),
        "missing": flagged(IMPORTANT, "present", bad=False, good=True),
        "silent": silent(GENERAL, 26 * HOUR),
    },
    "fire_exit": {
        "blocked": flagged(IMPORTANT, "blocked", after=5 * MINUTE),
        "open": flagged(GENERAL, "open", after=10 * MINUTE),
        "silent": silent(GENERAL, 26 * HOUR),
    },
    "lighting": {
        "dark": Row(
            severity=GENERAL,
            fires=[(0, {"commanded": True, "on": False})],
            at=60,
            not_=[always(commanded=False, on=False), [(0, {"commanded": True, "on": False}), (59, {"on": True})]],
        ),
        "dark_emergency": Row(
            severity=IMPORTANT,
            tags=frozenset({"emergency"}),
            fires=[(0, {"commanded": True, "on": False})],
            at=60,
            not_=[always(commanded=True, on=True), [(0, {"commanded": True, "on": False}), (59, {"on": True})]],
        ),
        "lamps": Row(
            severity=ADVISORY,
            fires=[(5, {"lamps_failed_pct": 10.1})],
            at=5,
            not_=[always(lamps_failed_pct=10.0)],
        ),
        "day_burning": Row(
            severity=ADVISORY,
            tags=frozenset({"outdoor"}),
            fires=[(0, {"on": True, "lux": 8000.0})],
            at=30 * MINUTE,
            not_=[always(on=True, lux=20.0), always(on=False, lux=8000.0)],
        ),
        "silent": silent(GENERAL, 15 * MINUTE),
    },
    "patrol_reader": {
        "sos": Row(
            severity=URGENT,
            life_safety=True,
            fires=[(5, {"sos": True})],
            at=5,
            not_=[always(sos=False), always(checkpoint="CP-1", guard="G-7")],
        ),
    },
    "gateway": {"silent": silent(IMPORTANT, 90)},
    "power_feed": {
        "off": flagged(IMPORTANT, "energised", bad=False, good=True),
        "silent": silent(IMPORTANT, 3 * MINUTE),
    },
}

CASES = [(f"{kind}.{name}", row) for kind, rows in TABLE.items() for name, row in rows.items()]
PRESSES = frozenset({"alarm_button", "sos", "test_call"})


def raised(rule: Rule, row: Row, script: Sequence[Said]) -> list[tuple[float, float | None]]:
    """(raised, returned) of every alarm, in seconds; a script that must fire is watched for two more days."""
    device = Device(site="main", id="D-1", kind=rule.kind, building="T1", limits=dict(row.limits), tags=row.tags)
    roster = Roster(kinds(), [rule])
    roster.load([SITE], [device])
    (watched,) = roster.every()
    stored = [Stored(START + timedelta(seconds=second), _channel(values), values) for second, values in script]
    beyond = timedelta(days=2) if script is row.fires else timedelta(seconds=1)
    span = Span(START, stored[-1].at + beyond)
    over_building = rule.over is Over.BUILDING
    heard_of = Heard(watched, stored)
    alarms = (
        try_on_building(rule, "main", "T1", [heard_of], span) if over_building else try_on_device(rule, heard_of, span)
    )
    return [
        (
            (one.raised_at - START).total_seconds(),
            None if one.returned_at is None else (one.returned_at - START).total_seconds(),
        )
        for one in alarms
    ]


def _channel(values: dict[str, Value]) -> Channel:
    return Channel.EVENT if PRESSES & values.keys() else Channel.TELEMETRY


def test_the_table_has_every_shipped_rule_and_no_other() -> None:
    about_what_devices_say = {rule.id for rule in RULES.values() if rule.name != CLOCK}  # that one has its own tests
    assert {rule_id for rule_id, _ in CASES} == about_what_devices_say


@pytest.mark.parametrize(("rule_id", "row"), CASES, ids=[rule_id for rule_id, _ in CASES])
def test_a_rule_is_as_the_table_says_and_fires_at_its_instant(rule_id: str, row: Row) -> None:
    rule = RULES[rule_id]
    assert (rule.severity, rule.life_safety, rule.latched) == (row.severity, row.life_safety, row.life_safety)
    assert rule.time_to_respond > NO_DELAY
    for words in (rule.title, rule.consequence, rule.response):
        assert all((words.en, words.zh_hans, words.zh_hant))
    first, *_ = raised(rule, row, row.fires)
    assert first[0] == row.at
    if row.until is not None:
        assert first[1] == row.until


@pytest.mark.parametrize(("rule_id", "row"), CASES, ids=[rule_id for rule_id, _ in CASES])
def test_a_rule_does_not_fire_where_it_must_not(rule_id: str, row: Row) -> None:
    for script in row.not_:
        assert raised(RULES[rule_id], row, script) == []


def test_rules_for_a_tag_leave_other_devices_alone() -> None:
    for rule_id, tags in (("lighting.dark", {"emergency"}), ("extinguisher.low", {"co2"})):
        kind, _, name = rule_id.partition(".")
        row = msgspec.structs.replace(TABLE[kind][name], tags=frozenset(tags))
        assert raised(RULES[rule_id], row, row.fires) == []
    for rule_id in ("lighting.dark_emergency", "lighting.day_burning"):
        kind, _, name = rule_id.partition(".")
        row = msgspec.structs.replace(TABLE[kind][name], tags=frozenset())
        assert raised(RULES[rule_id], row, row.fires) == []
