"""Scripted alarms with deadlines, and what must have become of them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.acceptance.machine import Reach
from tests.acceptance.sender import Message

DETECTORS = tuple(f"SD-{number:02}" for number in range(1, 25))
LAMPS = tuple(f"L-{number:02}" for number in (*range(1, 11), *range(14, 24)))
FIRE, DARK = "smoke_detector.fire", "lighting.dark"


def fire(detector: str) -> Message:
    """A fire now: an alarm at once, an order with a clock that nobody will meet."""
    return _event("smoke_detector", detector, {"alarm": True})


def dark(lamp: str) -> Message:
    """A lamp that is switched on and does not burn: an alarm after its hold."""
    return _event("lighting", lamp, {"commanded": True, "on": False})


def _event(kind: str, device: str, values: dict[str, bool]) -> Message:
    body = {"ts": round(time.time() * 1000), "values": values}
    return f"wk/v1/demo/{kind}/{device}/event", json.dumps(body).encode()


def hold_began(machine: Reach, lamp: str) -> bool:
    """Whether alerting has heard of the lamp, and would remember it."""
    return "on" in machine.api("GET", f"/api/v1/devices/demo/{lamp}").raise_for_status().json()["values"]


def raised(machine: Reach, rule: str, device: str) -> dict[str, Any] | None:
    """The device's alarm by this rule, if there is one."""
    found = machine.items(f"/api/v1/alarms?state=all&device={device}")
    return next((alarm for alarm in found if alarm["rule"] == rule), None)


def overdue(machine: Reach, detector: str) -> bool:
    """Whether the fire's first clock was declared breached."""
    alarm = raised(machine, FIRE, detector)
    return alarm is not None and any(clock["breached_at"] for clock in _order(machine, alarm)["clocks"])


def _order(machine: Reach, alarm: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = machine.api("GET", f"/api/v1/work-orders/{alarm['work_order']}").raise_for_status().json()
    return found


def assert_each_once(machine: Reach, detectors: Sequence[str], lamps: Sequence[str]) -> None:
    """Every scripted alarm is there once, with one order; every clock that ran out was acted on, and once."""
    alarms = [each for each in machine.items("/api/v1/alarms?state=all") if each["rule"] in (FIRE, DARK)]
    told = sorted((alarm["rule"], alarm["device"], alarm["occurrences"]) for alarm in alarms)
    assert told == sorted([*((FIRE, each, 1) for each in detectors), *((DARK, each, 1) for each in lamps)])
    orders = [each for each in machine.items("/api/v1/work-orders") if each["device"] in {*detectors, *lamps}]
    assert sorted(order["device"] for order in orders) == sorted([*detectors, *lamps])
    assert {alarm["work_order"] for alarm in alarms} == {order["id"] for order in orders}
    for alarm in alarms:
        order = _order(machine, alarm)
        breaches = Counter(each["data"]["clock"] for each in order["timeline"] if each["type"] == "workorder.breached")
        over = {clock["name"]: 1 for clock in order["clocks"] if _over(clock)}
        assert breaches == over, f"{alarm['device']}: clocks over {over}, told {dict(breaches)}"


def _over(clock: dict[str, Any]) -> bool:
    """Whether a clock's end is past for good: one that ends as we look may be told either way."""
    due = datetime.fromisoformat(clock["due_at"]).timestamp()
    return bool(clock["breached_at"]) or due < time.time() - 30
