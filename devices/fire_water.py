"""Fire water: the pumps and the hydrants.

Promises: the kinds `fire_pump` and `hydrant`, declared whole. Leaves to others: what a fire is; whatever has a rule
called `fire` says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Drift, Effect, SimulatedDevice
from devices.silence import BATTERY_INTERVAL, silent_rule
from domain.assets import Device
from domain.kinds import Kind, Limit, Metric, MetricType
from domain.readings import Value
from domain.rules import Above, Alarmed, All, Below, Equals, LimitOf, Over, Rule, Severity, Silent, Some
from domain.texts import text

INTERVAL = timedelta(seconds=60)
"""How often simulated ones report."""

_PUMP = text("Fire pump", "消防水泵", "消防水泵")
_HYDRANT = text("Hydrant", "消火栓", "消防栓")

_PRESSURE = Metric(
    name="pressure_mpa",
    type=MetricType.NUMBER,
    label=text("Water pressure", "水压", "水壓"),
    unit="MPa",
    low=0,
    high=4,
)

_DEMANDED = Equals(metric="start_demand", value=True)
_RUNNING = Equals(metric="running", value=True)
_RUNNING_KNOWN_FOR = timedelta(minutes=3)
"""How long "it runs" is believed: three reports of a pump controller."""

_PUMP_RULES = (
    Rule(
        kind="fire_pump",
        name="failed_start",
        severity=Severity.URGENT,
        title=text("Fire pump has not started", "消防水泵启动失败", "消防水泵啟動失敗"),
        consequence=text(
            "Sprinklers and hydrants get no water while there may be a fire.",
            "可能正在发生火灾，而喷淋和消火栓无水可用。",
            "可能正在發生火災，而灑水和消防栓無水可用。",
        ),
        response=text(
            "Start the standby pump from the control room, or this one by hand at its cabinet; send somebody to the "
            "pump room now.",
            "在消控室启动备用泵，或到泵房控制柜手动启动；立即派人到泵房。",
            "在消控室啟動備用泵，或到泵房控制櫃手動啟動；立即派人到泵房。",
        ),
        time_to_respond=timedelta(minutes=5),
        when=_DEMANDED,
        unless=_RUNNING,  # a pump of which nothing is known has not started
        unless_age=_RUNNING_KNOWN_FOR,
        on_delay=timedelta(seconds=120),
    ),
    Rule(
        kind="fire_pump",
        name="slow_start",
        severity=Severity.IMPORTANT,
        title=text("Fire pump slow to start", "消防水泵启动迟缓", "消防水泵啟動遲緩"),
        consequence=text(
            "Water comes late; the pump or its starter may be failing.",
            "供水延迟，水泵或启动装置可能异常。",
            "供水延遲，水泵或啟動裝置可能異常。",
        ),
        response=text(
            "Watch whether it starts; get ready to start the standby pump by hand.",
            "密切观察是否启动，做好手动启动备用泵的准备。",
            "密切觀察是否啟動，做好手動啟動備用泵的準備。",
        ),
        time_to_respond=timedelta(minutes=15),
        when=_DEMANDED,
        unless=_RUNNING,
        unless_age=_RUNNING_KNOWN_FOR,
        on_delay=timedelta(seconds=60),
    ),
    Rule(
        kind="fire_pump",
        name="no_power",
        severity=Severity.URGENT,
        title=text("Fire pump without power", "消防水泵失电", "消防水泵失電"),
        consequence=text(
            "It cannot start: no fire water but what the tank gives.",
            "水泵无法启动，仅能依靠水箱供水。",
            "水泵無法啟動，僅能依靠水箱供水。",
        ),
        response=text(
            "Check its breaker and the change-over of both feeds; bring power back. Tell the duty manager.",
            "检查水泵电源开关和双电源切换装置，恢复供电；报告值班经理。",
            "檢查水泵電源開關和雙電源切換裝置，恢復供電；報告值班經理。",
        ),
        time_to_respond=timedelta(minutes=15),
        when=Equals(metric="power", value=False),
        on_delay=timedelta(seconds=30),  # a change-over of feeds is no loss
    ),
    Rule(
        kind="fire_pump",
        name="not_auto",
        severity=Severity.URGENT,
        title=text("Fire pump not in automatic", "消防水泵未处于自动状态", "消防水泵未處於自動狀態"),
        consequence=text(
            "In a fire it will not start by itself.",
            "发生火灾时水泵不会自动启动。",
            "發生火災時水泵不會自動啟動。",
        ),
        response=text(
            "Set the cabinet back to automatic, or have somebody stay in the pump room.",
            "将控制柜恢复自动，或安排专人在泵房值守。",
            "將控制櫃恢復自動，或安排專人在泵房值守。",
        ),
        time_to_respond=timedelta(minutes=15),
        when=Equals(metric="auto", value=False),
        on_delay=timedelta(minutes=30),  # a test or a check takes it out by right
    ),
    Rule(
        kind="fire_pump",
        name="running",
        severity=Severity.IMPORTANT,
        title=text("Fire pump runs without demand", "消防水泵无指令运行", "消防水泵無指令運行"),
        consequence=text(
            "Somebody may be using water, a pipe may have burst, or the pump overheats against closed valves.",
            "可能有人用水、管网爆裂，或水泵闷泵过热。",
            "可能有人用水、管網爆裂，或水泵悶泵過熱。",
        ),
        response=text(
            "Make sure that there is no fire and no test; look for water; stop it at the cabinet only then.",
            "确认无火情且非测试，检查有无跑水，确认后方可在控制柜停泵。",
            "確認無火情且非測試，檢查有無跑水，確認後方可在控制櫃停泵。",
        ),
        time_to_respond=timedelta(hours=2),
        when=All(of=(_RUNNING, Equals(metric="start_demand", value=False))),
        on_delay=timedelta(seconds=10),  # it runs down after the demand has ended
    ),
    silent_rule("fire_pump", _PUMP, Silent(intervals=3)),
)


def _simulate_pump(device: Device, rng: Random) -> SimulatedDevice:
    pressure = Drift(rng, 0.55, 0.75, pace=0.01)

    def normal(_: datetime) -> dict[str, Value]:
        return {
            "start_demand": False,
            "running": False,
            "auto": True,
            "pressure_mpa": pressure.next(),
            "power": True,
        }

    effects = {
        "failed_start": Effect(forces={"start_demand": True, "running": False, "pressure_mpa": 0.18}),
        "no_power": Effect(forces={"power": False}),
        "not_auto": Effect(forces={"auto": False}),
        "running": Effect(forces={"running": True, "start_demand": False, "pressure_mpa": 0.95}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


LOW_PRESSURE = "low_pressure_mpa"

_HYDRANT_RULES = (
    Rule(
        kind="hydrant",
        name="low",
        severity=Severity.IMPORTANT,
        title=text("Hydrant pressure low", "消火栓水压过低", "消防栓水壓過低"),
        consequence=text(
            "The jet will not reach a fire.",
            "火灾时水枪充实水柱不足，无法有效灭火。",
            "火災時水柱不足，無法有效滅火。",
        ),
        response=text(
            "Check tank level, booster pump and valves of its riser; look for a leak.",
            "检查水箱液位、稳压泵及立管阀门，查找泄漏。",
            "檢查水箱液位、穩壓泵及立管閥門，查找洩漏。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Below(
            metric="pressure_mpa",
            level=LimitOf(limit=LOW_PRESSURE),
            clear=LimitOf(limit=LOW_PRESSURE, times=1.2),
        ),
        # pressure falls where water is drawn. Pressure and flow come in one reading, so its flow is as good as its
        # pressure, however rarely it reports
        unless=Above(metric="flow_lps", level=0.5, clear=0.2),
        unless_age=timedelta(hours=26),
    ),
    Rule(
        kind="hydrant",
        name="high",
        severity=Severity.IMPORTANT,
        title=text("Hydrant pressure high", "消火栓水压过高", "消防栓水壓過高"),
        consequence=text(
            "Hoses burst and the branch cannot be held; joints leak.",
            "水带可能爆裂、水枪难以把持，管件渗漏。",
            "水帶可能爆裂、水槍難以把持，管件滲漏。",
        ),
        response=text(
            "Check the pressure reducing valve and whether the booster pump has stopped.",
            "检查减压阀以及稳压泵是否停机。",
            "檢查減壓閥以及穩壓泵是否停機。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Above(metric="pressure_mpa", level=1.0, clear=0.95),  # 1.0 MPa static at most (GB 50974)
    ),
    Rule(
        kind="hydrant",
        name="flow",
        over=Over.BUILDING,
        severity=Severity.IMPORTANT,
        title=text("Hydrant water drawn without a fire", "无火警时消火栓出水", "無火警時消防栓出水"),
        consequence=text(
            "A hose is open, a pipe has burst or somebody takes water: floors flood, and the tank runs empty.",
            "可能有水带未关、管道爆裂或有人取水，会造成水浸并耗尽消防水箱。",
            "可能有水帶未關、管道爆裂或有人取水，會造成淹水並耗盡消防水箱。",
        ),
        response=text(
            "Ask whether it is a test. Send somebody to the hydrants named below; close the valve, look for water near "
            "electricity and elevators, then check the tank level.",
            "确认是否为测试；派人到所列消火栓查看并关阀，注意电气设备和电梯井进水，随后检查水箱液位。",
            "確認是否為測試；派人到所列消防栓查看並關閥，注意電氣設備和電梯井進水，隨後檢查水箱液位。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Some(kind="hydrant", condition=Above(metric="flow_lps", level=0.5)),
        unless=Alarmed(rule="fire"),
        on_delay=timedelta(seconds=30),
    ),
    silent_rule("hydrant", _HYDRANT, Silent(intervals=3)),
)


def _simulate_hydrant(device: Device, rng: Random) -> SimulatedDevice:
    low_mpa = device.limits.get(LOW_PRESSURE, 0.10)
    pressure = Drift(rng, max(0.35, low_mpa * 1.5), max(0.55, low_mpa * 1.8), pace=0.01)

    def normal(_: datetime) -> dict[str, Value]:
        return {"pressure_mpa": pressure.next(), "flow_lps": 0.0}

    effects = {
        "low": Effect(forces={"pressure_mpa": round(low_mpa * 0.6, 3)}),
        "high": Effect(forces={"pressure_mpa": 1.3}),
        "flow": Effect(forces={"flow_lps": 5.0}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


KINDS = (
    Kind(
        name="fire_pump",
        label=_PUMP,
        metrics=(
            Metric(
                name="start_demand",
                type=MetricType.BOOLEAN,
                label=text("Start demanded", "启泵指令", "啟泵指令"),
            ),
            Metric(name="running", type=MetricType.BOOLEAN, label=text("Running", "运行", "運行")),
            Metric(name="auto", type=MetricType.BOOLEAN, label=text("In automatic", "自动状态", "自動狀態")),
            _PRESSURE,
            Metric(name="power", type=MetricType.BOOLEAN, label=text("Power", "供电", "供電")),
        ),
        rules=_PUMP_RULES,
        interval=INTERVAL,
        samples=({"start_demand": False, "running": False, "auto": True, "pressure_mpa": 0.64, "power": True},),
        behave=_simulate_pump,
        faults={
            "failed_start": text("Does not start on demand", "有指令不启动", "有指令不啟動"),
            "no_power": text("Power lost", "失电", "失電"),
            "not_auto": text("Switched to manual", "切换为手动", "切換為手動"),
            "running": text("Runs without demand", "无指令运行", "無指令運行"),
            SILENT: SILENT_FAULT,
        },
    ),
    Kind(
        name="hydrant",
        label=_HYDRANT,
        metrics=(
            _PRESSURE,
            Metric(
                name="flow_lps",
                type=MetricType.NUMBER,
                label=text("Flow", "流量", "流量"),
                unit="L/s",
                low=0,
                high=100,
            ),
        ),
        rules=_HYDRANT_RULES,
        interval=BATTERY_INTERVAL,
        samples=({"pressure_mpa": 0.42, "flow_lps": 0.0},),
        behave=_simulate_hydrant,
        faults={
            "low": text("Pressure low", "水压过低", "水壓過低"),
            "high": text("Pressure high", "水压过高", "水壓過高"),
            "flow": text("Water is drawn", "有人取水", "有人取水"),
            SILENT: SILENT_FAULT,
        },
        limits=(
            Limit(
                name=LOW_PRESSURE,
                default=0.10,
                unit="MPa",
                label=text("Lowest static pressure", "最低静水压", "最低靜水壓"),
            ),
        ),
    ),
)
