"""Passive fire safety: extinguishers and the ways out.

Promises: the kinds `extinguisher` and `fire_exit`, declared whole. A CO2 extinguisher (tag `co2`) has no gauge, so its
pressure is not judged. Leaves to others: their monthly checks (duties).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Drift, Effect, SimulatedDevice
from devices.silence import BATTERY_INTERVAL, silent_rule
from domain.assets import Device
from domain.kinds import Kind, Limit, Metric, MetricType
from domain.readings import Value
from domain.rules import Below, Equals, LimitOf, Rule, Severity, Silent
from domain.texts import text

INTERVAL = timedelta(seconds=60)
"""How often simulated ones report."""

CO2 = "co2"
"""The tag of an extinguisher that is checked by weight, not by a gauge."""

LOW_PRESSURE = "low_pressure_mpa"

_EXTINGUISHER = text("Fire extinguisher", "灭火器", "滅火器")
_EXIT = text("Fire exit", "安全出口", "安全出口")


def _simulate_extinguisher(device: Device, rng: Random) -> SimulatedDevice:
    low_mpa = device.limits.get(LOW_PRESSURE, 1.0)
    pressure = Drift(rng, low_mpa + 0.15, low_mpa + 0.3, pace=0.002)

    def normal(_: datetime) -> dict[str, Value]:
        return {"present": True} if CO2 in device.tags else {"pressure_mpa": pressure.next(), "present": True}

    effects = {
        "low": Effect(forces={"pressure_mpa": round(low_mpa * 0.7, 2)}),
        "missing": Effect(forces={"present": False}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


def _simulate_exit(device: Device, rng: Random) -> SimulatedDevice:
    def normal(_: datetime) -> dict[str, Value]:
        return {"blocked": False, "open": rng.random() < 0.01}  # somebody passes now and then

    effects = {
        "blocked": Effect(forces={"blocked": True}),
        "open": Effect(forces={"open": True}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


KINDS = (
    Kind(
        name="extinguisher",
        label=_EXTINGUISHER,
        metrics=(
            Metric(
                name="pressure_mpa",
                type=MetricType.NUMBER,
                label=text("Charge pressure", "充装压力", "充裝壓力"),
                unit="MPa",
                low=0,
                high=5,
            ),
            Metric(name="present", type=MetricType.BOOLEAN, label=text("In its place", "在位", "在位")),
        ),
        rules=(
            Rule(
                kind="extinguisher",
                name="missing",
                severity=Severity.IMPORTANT,
                title=text("Extinguisher missing", "灭火器不在位", "滅火器不在位"),
                consequence=text(
                    "A small fire near it cannot be put out; perhaps it is being used at this moment.",
                    "附近初起火灾无法扑救；也可能正在被使用。",
                    "附近初起火災無法撲救；也可能正在被使用。",
                ),
                response=text(
                    "Look at the camera for a fire; send a guard to find it or bring another.",
                    "先查看监控有无火情；派保安寻找或补放灭火器。",
                    "先查看監控有無火情；派保全尋找或補放滅火器。",
                ),
                time_to_respond=timedelta(hours=2),
                when=Equals(metric="present", value=False),
            ),
            Rule(
                kind="extinguisher",
                name="low",
                severity=Severity.GENERAL,
                title=text("Extinguisher pressure low", "灭火器压力不足", "滅火器壓力不足"),
                consequence=text("It may not spray.", "可能无法喷射。", "可能無法噴射。"),
                response=text(
                    "Replace it and have it refilled.",
                    "更换并送检充装。",
                    "更換並送檢充裝。",
                ),
                time_to_respond=timedelta(hours=4),
                when=Below(
                    metric="pressure_mpa",
                    level=LimitOf(limit=LOW_PRESSURE),
                    clear=LimitOf(limit=LOW_PRESSURE, times=1.02),
                ),
                on_delay=timedelta(hours=24),  # a cold night lowers it without a leak
                never=frozenset({CO2}),
            ),
            silent_rule("extinguisher", _EXTINGUISHER, Silent(intervals=3), Severity.GENERAL),
        ),
        interval=BATTERY_INTERVAL,
        samples=({"pressure_mpa": 1.21, "present": True}, {"present": False}),
        behave=_simulate_extinguisher,
        faults={
            "low": text("Loses pressure", "压力不足", "壓力不足"),
            "missing": text("Taken away", "被取走", "被取走"),
            SILENT: SILENT_FAULT,
        },
        limits=(
            Limit(
                name=LOW_PRESSURE,
                default=1.0,
                unit="MPa",
                label=text("Lowest charge pressure", "最低充装压力", "最低充裝壓力"),
            ),
        ),
    ),
    Kind(
        name="fire_exit",
        label=_EXIT,
        metrics=(
            Metric(name="blocked", type=MetricType.BOOLEAN, label=text("Blocked", "被堵塞", "被堵塞")),
            Metric(name="open", type=MetricType.BOOLEAN, label=text("Door open", "门开启", "門開啟")),
        ),
        rules=(
            Rule(
                kind="fire_exit",
                name="blocked",
                severity=Severity.IMPORTANT,
                template="exit",
                title=text("Fire exit blocked", "安全出口被堵塞", "安全出口被堵塞"),
                consequence=text(
                    "In a fire people are caught here.",
                    "火灾时人员将无法由此逃生。",
                    "火災時人員將無法由此逃生。",
                ),
                response=text(
                    "Send a guard to clear it within ten minutes; note who put it there.",
                    "派保安十分钟内清除，并登记责任人。",
                    "派保全十分鐘內清除，並登記責任人。",
                ),
                time_to_respond=timedelta(minutes=10),
                when=Equals(metric="blocked", value=True),
                on_delay=timedelta(minutes=5),  # a delivery passes
            ),
            Rule(
                kind="fire_exit",
                name="open",
                severity=Severity.GENERAL,
                title=text("Fire door left open", "防火门未关闭", "防火門未關閉"),
                consequence=text(
                    "Smoke will fill the staircase; strangers may come in.",
                    "火灾时烟气会进入楼梯间；外人可能进入。",
                    "火災時煙氣會進入樓梯間；外人可能進入。",
                ),
                response=text(
                    "Send a guard to close it; report a broken closer.",
                    "派保安关闭；闭门器损坏时报修。",
                    "派保全關閉；閉門器損壞時報修。",
                ),
                time_to_respond=timedelta(hours=4),
                when=Equals(metric="open", value=True),
                on_delay=timedelta(minutes=10),
            ),
            silent_rule("fire_exit", _EXIT, Silent(intervals=3), Severity.GENERAL),
        ),
        interval=BATTERY_INTERVAL,
        samples=({"blocked": False, "open": False}, {"blocked": True}),
        behave=_simulate_exit,
        faults={
            "blocked": text("Blocked", "被堵塞", "被堵塞"),
            "open": text("Door left open", "门未关闭", "門未關閉"),
            SILENT: SILENT_FAULT,
        },
    ),
)
