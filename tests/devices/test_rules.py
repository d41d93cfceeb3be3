"""Rules that lives hang on, case by case: what raises them, and what must not hide them."""

from __future__ import annotations

import pytest

from devices.elevator.behaviour import MINOR_CODE, STOPPING_CODE
from devices.elevator.rules import STOPPING_CODES
from devices.lighting import share_failed
from devices.registry import kinds
from domain.readings import Value
from tests.devices.judging import truth

CODES = {STOPPING_CODES: frozenset({STOPPING_CODE})}

TRAPPED: dict[str, Value] = {
    "passenger": True,
    "speed_mps": 0.0,
    "mode": "normal",
    "door": "closed",
    "door_zone": False,
    "power": True,
    "fault_code": "0",
}


def active(rule_id: str, values: dict[str, Value], **limits: float) -> bool:
    """Whether the rule's condition holds, and its filter does not certainly hide it; holds and ages aside."""
    kind_name, _, name = rule_id.partition(".")
    kind = kinds()[kind_name]
    rule = next(rule for rule in kind.rules if rule.name == name)
    levels = {limit.name: limit.default for limit in kind.limits} | limits
    hidden = rule.unless is not None and truth(rule.unless, values, levels, CODES) is True
    return truth(rule.when, values, levels, CODES) is True and not hidden


def without(values: dict[str, Value], *names: str) -> dict[str, Value]:
    return {name: value for name, value in values.items() if name not in names}


@pytest.mark.parametrize(
    ("values", "raised"),
    [
        ({"alarm_button": True}, True),
        ({"alarm_button": True, "door": "closed", "door_zone": True}, True),
        ({"alarm_button": True, "door": "open", "door_zone": False}, True),
        ({"alarm_button": True, "door": "open"}, True),
        ({"alarm_button": True, "door": "closed", "mode": "inspection"}, True),
        ({"alarm_button": True, "door": "open", "door_zone": True}, False),
        ({"alarm_button": False}, False),
    ],
)
def test_a_press_calls_for_help_unless_the_door_is_certainly_open_at_a_landing(
    values: dict[str, Value], raised: bool
) -> None:
    assert active("elevator.entrapment_call", values) is raised


@pytest.mark.parametrize(
    ("values", "raised"),
    [
        (TRAPPED, True),
        (without(TRAPPED, "mode"), True),
        (without(TRAPPED, "door"), True),
        (without(TRAPPED, "power", "fault_code"), True),
        (without(TRAPPED, "speed_mps") | {"power": False}, True),
        (TRAPPED | {"door_zone": True, "power": False}, True),
        (TRAPPED | {"door_zone": True, "fault_code": MINOR_CODE}, True),
        (TRAPPED | {"door_zone": True, "mode": "out_of_service"}, True),
        (TRAPPED | {"door_zone": True}, False),
        (TRAPPED | {"door_zone": True, "door": "open", "fault_code": MINOR_CODE}, False),
        (TRAPPED | {"mode": "inspection"}, False),
        (TRAPPED | {"passenger": False}, False),
        (TRAPPED | {"speed_mps": 1.0}, False),
        (without(TRAPPED, "passenger"), False),
    ],
)
def test_entrapment_is_suspected_where_nobody_can_leave(values: dict[str, Value], raised: bool) -> None:
    assert active("elevator.entrapment_suspected", values) is raised


@pytest.mark.parametrize(
    ("values", "raised"),
    [
        ({"speed_mps": 0.4, "door": "open", "door_zone": False}, True),
        ({"speed_mps": 0.4, "door": "closing", "door_zone": False}, True),
        ({"speed_mps": 0.4, "door": "open", "door_zone": True}, False),  # levelling at a landing
        ({"speed_mps": 1.7, "door": "closed", "door_zone": False}, False),
        ({"speed_mps": 0.0, "door": "open", "door_zone": False}, False),
    ],
)
def test_a_car_may_move_with_an_open_door_only_in_the_door_zone(values: dict[str, Value], raised: bool) -> None:
    assert active("elevator.moving_door_open", values) is raised


@pytest.mark.parametrize(("code", "rule"), [(STOPPING_CODE, "stopped"), (MINOR_CODE, "fault"), ("E-999", "fault")])
def test_a_fault_code_raises_one_rule(code: str, rule: str) -> None:
    assert {name for name in ("stopped", "fault") if active(f"elevator.{name}", {"fault_code": code})} == {rule}


@pytest.mark.parametrize("code", ["", "0", "none"])
def test_no_fault_is_no_fault(code: str) -> None:
    assert not active("elevator.fault", {"fault_code": code})
    assert not active("elevator.stopped", {"fault_code": code})


def test_overspeed_follows_the_rated_speed_of_the_car() -> None:
    assert active("elevator.overspeed", {"speed_mps": 1.2}, rated_speed_mps=1.0)
    assert not active("elevator.overspeed", {"speed_mps": 1.1}, rated_speed_mps=1.0)
    assert not active("elevator.overspeed", {"speed_mps": 1.2}, rated_speed_mps=2.5)


def test_a_pump_of_which_nothing_is_known_has_not_started() -> None:
    for values in ({"start_demand": True}, {"start_demand": True, "running": False}):
        assert active("fire_pump.failed_start", values)
        assert active("fire_pump.slow_start", values)
    assert not active("fire_pump.failed_start", {"start_demand": True, "running": True})


def test_hydrant_pressure_is_not_judged_while_water_flows() -> None:
    assert active("hydrant.low", {"pressure_mpa": 0.05, "flow_lps": 0.0})
    assert active("hydrant.low", {"pressure_mpa": 0.05})
    assert not active("hydrant.low", {"pressure_mpa": 0.05, "flow_lps": 5.0})
    assert active("hydrant.low", {"pressure_mpa": 0.13, "flow_lps": 0.0}, low_pressure_mpa=0.15)


@pytest.mark.parametrize(
    ("values", "derived"),
    [
        ({"lamps_failed": 3, "lamps_total": 24}, {"lamps_failed_pct": 12.5}),
        ({"lamps_failed": 0, "lamps_total": 24}, {"lamps_failed_pct": 0.0}),
        ({"lamps_failed": 0, "lamps_total": 0}, {}),
        ({"lamps_failed": 3}, {}),
        ({"lux": 20.0}, {}),
    ],
)
def test_the_share_of_failed_lamps_is_told_where_both_counts_are_known(
    values: dict[str, Value], derived: dict[str, Value]
) -> None:
    assert share_failed(values) == derived
