"""Lighting circuits.

Promises: the kind `lighting`, declared whole. Tags choose what is judged: `outdoor` circuits must not burn by day,
`emergency` circuits are more severe when dark. Leaves to others: switching anything; this only watches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Effect, SimulatedDevice, local_hour
from devices.silence import silent_rule
from domain.assets import Device
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Value
from domain.rules import Above, All, Equals, Rule, Severity, Silent
from domain.texts import text

NAME = "lighting"
EMERGENCY, OUTDOOR = "emergency", "outdoor"

INTERVAL = timedelta(seconds=60)
"""How often simulated ones report."""

_LABEL = text("Lighting circuit", "照明回路", "照明迴路")

_NOT_BURNING = All(of=(Equals(metric="commanded", value=True), Equals(metric="on", value=False)))
_SWITCHING_TAKES = timedelta(seconds=60)

_RULES = (
    Rule(
        kind=NAME,
        name="dark_emergency",
        severity=Severity.IMPORTANT,
        title=text("Emergency lighting dark", "应急照明不亮", "緊急照明不亮"),
        consequence=text(
            "In a power cut or a fire people do not find the way out.",
            "停电或火灾时人员无法看清疏散通道。",
            "停電或火災時人員無法看清疏散通道。",
        ),
        response=text(
            "Check breaker, contactor and batteries of the circuit; put portable lamps there until it burns.",
            "检查回路开关、接触器和蓄电池；修复前放置移动照明。",
            "檢查迴路開關、接觸器和蓄電池；修復前放置移動照明。",
        ),
        time_to_respond=timedelta(hours=2),
        when=_NOT_BURNING,
        on_delay=_SWITCHING_TAKES,
        only=frozenset({EMERGENCY}),
    ),
    Rule(
        kind=NAME,
        name="dark",
        severity=Severity.GENERAL,
        title=text("Lighting circuit dark", "照明回路不亮", "照明迴路不亮"),
        consequence=text(
            "People may fall, and feel unsafe.",
            "行人易跌倒，缺乏安全感。",
            "行人易跌倒，缺乏安全感。",
        ),
        response=text(
            "Check breaker and contactor of the circuit; send an electrician.",
            "检查回路开关和接触器，派电工处理。",
            "檢查迴路開關和接觸器，派電工處理。",
        ),
        time_to_respond=timedelta(hours=4),
        when=_NOT_BURNING,
        on_delay=_SWITCHING_TAKES,
        never=frozenset({EMERGENCY}),
    ),
    silent_rule(NAME, _LABEL, Silent(intervals=3), Severity.GENERAL),
    Rule(
        kind=NAME,
        name="lamps",
        severity=Severity.ADVISORY,
        title=text("Many lamps of a circuit failed", "照明回路多盏灯损坏", "照明迴路多盞燈損壞"),
        consequence=text(
            "The place is darker than planned.",
            "照度低于设计要求。",
            "照度低於設計要求。",
        ),
        response=text(
            "Put the circuit on the next lamp round.",
            "列入下次换灯计划。",
            "列入下次換燈計畫。",
        ),
        time_to_respond=timedelta(days=3),
        when=Above(metric="lamps_failed_pct", level=10.0),
    ),
    Rule(
        kind=NAME,
        name="day_burning",
        severity=Severity.ADVISORY,
        title=text("Outdoor lighting burns by day", "室外照明白天未关", "室外照明白天未關"),
        consequence=text(
            "Power is wasted; timer, light sensor or contactor is wrong.",
            "浪费电能；定时器、光控或接触器异常。",
            "浪費電能；定時器、光控或接觸器異常。",
        ),
        response=text(
            "Check timer, light sensor and hand switch of the circuit.",
            "检查回路定时器、光控和手动开关。",
            "檢查迴路定時器、光控和手動開關。",
        ),
        time_to_respond=timedelta(days=3),
        # well over what a lamp throws on its own sensor, well under a dull noon
        when=All(of=(Equals(metric="on", value=True), Above(metric="lux", level=200.0, clear=100.0))),
        on_delay=timedelta(minutes=30),
        only=frozenset({OUTDOOR}),
    ),
)


def share_failed(values: Mapping[str, Value]) -> dict[str, Value]:
    """`lamps_failed_pct` of a reading that has both counts; nothing for a circuit without lamps."""
    failed, total = values.get("lamps_failed"), values.get("lamps_total")
    if not isinstance(failed, int | float) or not isinstance(total, int | float) or total <= 0:
        return {}
    return {"lamps_failed_pct": round(100.0 * failed / total, 1)}


_SWITCH_AT_LUX = 30.0  # street lighting is switched around 30 lx (CJJ 45)
_NOON_LUX = 30_000.0


def _daylight_lux(hour: float) -> float:
    """Light outdoors at that hour: a day from six to half past six, a little light at night."""
    if not 6.0 < hour < 18.5:
        return 1.0
    return 1.0 + _NOON_LUX * math.sin((hour - 6.0) / 12.5 * math.pi) ** 2


def _commanded(tags: frozenset[str], hour: float) -> bool:
    if EMERGENCY in tags:
        return True
    if OUTDOOR in tags:
        return _daylight_lux(hour) < _SWITCH_AT_LUX
    return hour >= 6.0 or hour < 0.5  # corridors and garages: all day, dimmed away in the small hours


def _simulate(device: Device, rng: Random) -> SimulatedDevice:
    lamps_total = rng.randint(12, 48)
    lamps_failed = rng.randint(0, lamps_total // 20)
    ampere_a_lamp = 0.16

    def normal(at: datetime) -> dict[str, Value]:
        hour = local_hour(at)
        on = _commanded(device.tags, hour)
        burning = lamps_total - lamps_failed if on else 0
        values: dict[str, Value] = {
            "on": on,
            "commanded": on,
            "current_a": round(burning * ampere_a_lamp * rng.uniform(0.98, 1.02), 2),
            "lamps_failed": lamps_failed,
            "lamps_total": lamps_total,
        }
        if OUTDOOR in device.tags:
            values["lux"] = round(_daylight_lux(hour) * rng.uniform(0.9, 1.0), 1)
        else:
            values["lux"] = round((180.0 if on else 2.0) * rng.uniform(0.95, 1.05), 1)
        return values

    effects = {
        "dark": Effect(forces={"commanded": True, "on": False, "current_a": 0.0}),
        "lamps": Effect(forces={"lamps_failed": math.ceil(lamps_total * 0.15), "lamps_total": lamps_total}),
        "day_burning": Effect(forces={"commanded": True, "on": True, "lux": 8000.0}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


KINDS = (
    Kind(
        name=NAME,
        label=_LABEL,
        metrics=(
            Metric(name="on", type=MetricType.BOOLEAN, label=text("Burning", "点亮", "點亮")),
            Metric(name="commanded", type=MetricType.BOOLEAN, label=text("Commanded on", "开灯指令", "開燈指令")),
            Metric(
                name="current_a",
                type=MetricType.NUMBER,
                label=text("Current", "电流", "電流"),
                unit="A",
                low=0,
                high=1000,
            ),
            Metric(
                name="lamps_failed",
                type=MetricType.NUMBER,
                label=text("Failed lamps", "损坏灯数", "損壞燈數"),
                low=0,
                high=10_000,
            ),
            Metric(
                name="lamps_total",
                type=MetricType.NUMBER,
                label=text("Lamps", "灯具总数", "燈具總數"),
                low=0,
                high=10_000,
            ),
            Metric(
                name="lamps_failed_pct",
                type=MetricType.NUMBER,
                label=text("Share of failed lamps (computed)", "损坏灯比例（自动计算）", "損壞燈比例（自動計算）"),
                unit="%",
                low=0,
                high=100,
            ),
            Metric(
                name="lux",
                type=MetricType.NUMBER,
                label=text("Illuminance", "照度", "照度"),
                unit="lx",
                low=0,
                high=200_000,
            ),
        ),
        rules=_RULES,
        interval=timedelta(minutes=5),
        samples=(
            {"on": True, "commanded": True, "current_a": 5.1, "lamps_failed": 1, "lamps_total": 32, "lux": 21.5},
            {"on": False, "commanded": True, "current_a": 0.0},
        ),
        behave=_simulate,
        faults={
            "dark": text("Does not burn", "不亮", "不亮"),
            "lamps": text("Lamps fail", "多盏灯损坏", "多盞燈損壞"),
            "day_burning": text("Burns by day", "白天未关", "白天未關"),
            SILENT: SILENT_FAULT,
        },
        derive=share_failed,
    ),
)
