"""Fire detection: smoke detectors, call points and the panel they belong to.

Promises: the kinds `smoke_detector`, `call_point` and `fire_panel`, declared whole. The `fire` rules have no hold and
nothing that could hide them. Leaves to others: telling several detectors of one fire apart (grouping).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Drift, Effect, SimulatedDevice
from devices.silence import BATTERY_INTERVAL, silent_rule
from domain.assets import Device
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Value
from domain.rules import Above, Below, Equals, Rule, Severity, Silent
from domain.texts import Text, text

INTERVAL = timedelta(seconds=60)
"""How often simulated ones report."""

_SMOKE = text("Smoke detector", "感烟探测器", "感煙探測器")
_CALL_POINT = text("Manual call point", "手动报警按钮", "手動報警按鈕")
_PANEL = text("Fire alarm panel", "火灾报警控制器", "火災報警控制器")

_ALARM = Metric(name="alarm", type=MetricType.BOOLEAN, label=text("Fire alarm", "火警", "火警"))
_FAULT = Metric(name="fault", type=MetricType.BOOLEAN, label=text("Fault", "故障", "故障"))
_TAMPER = Metric(name="tamper", type=MetricType.BOOLEAN, label=text("Tampered with", "被拆动", "被拆動"))
_OBSCURATION = Metric(
    name="obscuration_pct_m",
    type=MetricType.NUMBER,
    label=text("Smoke obscuration", "烟雾减光率", "煙霧減光率"),
    unit="%/m",
    low=0,
    high=100,
)
_BATTERY = Metric(
    name="battery_pct",
    type=MetricType.NUMBER,
    label=text("Battery", "电池电量", "電池電量"),
    unit="%",
    low=0,
    high=100,
)


def _detector_rules(kind: str, label: Text, fire: Text) -> tuple[Rule, ...]:
    """The rules that a detector and a call point share; `fire` is the title of the fire alarm."""
    return (
        Rule(
            kind=kind,
            name="fire",
            severity=Severity.URGENT,
            life_safety=True,
            latched=True,
            template="fire",
            title=fire,
            consequence=text(
                "There may be a fire: people must be warned and led out while the way is free of smoke.",
                "可能发生火灾：须在烟气封闭通道前通知并疏散人员。",
                "可能發生火災：須在煙氣封閉通道前通知並疏散人員。",
            ),
            response=text(
                "Look at the camera and send the nearest guard to the point with an extinguisher, there within three "
                "minutes. If it is real or in doubt: call the fire brigade, start evacuation, set the panel to "
                "automatic. Do not reset before somebody has looked.",
                "查看监控，派就近保安携灭火器三分钟内到场确认；属实或存疑立即拨打119、启动疏散、控制器转自动；未经现场确认不得复位。",
                "查看監控，派就近保全攜滅火器三分鐘內到場確認；屬實或存疑立即撥打119、啟動疏散、控制器轉自動；未經現場確認不得復位。",
            ),
            time_to_respond=timedelta(seconds=60),
            when=Equals(metric="alarm", value=True),
        ),
        Rule(
            kind=kind,
            name="fault",
            severity=Severity.IMPORTANT,
            title=text(f"{label.en}: fault", f"{label.zh_hans}故障", f"{label.zh_hant}故障"),
            consequence=text(
                "It may not report a fire: its area is not watched.",
                "可能无法报火警，所在区域失去监测。",
                "可能無法報火警，所在區域失去監測。",
            ),
            response=text(
                "Have it cleaned or replaced; guards pass the area every hour until then.",
                "安排清洗或更换；修复前每小时加强巡查该区域。",
                "安排清洗或更換；修復前每小時加強巡查該區域。",
            ),
            time_to_respond=timedelta(hours=2),
            when=Equals(metric="fault", value=True),
        ),
        Rule(
            kind=kind,
            name="tamper",
            severity=Severity.IMPORTANT,
            title=text(f"{label.en} tampered with", f"{label.zh_hans}被拆动", f"{label.zh_hant}被拆動"),
            consequence=text(
                "Somebody has taken it off or covered it: its area is not watched.",
                "设备被拆下或遮挡，所在区域失去监测。",
                "設備被拆下或遮擋，所在區域失去監測。",
            ),
            response=text(
                "Send a guard to look, and to put it back or uncover it.",
                "派保安到场查看并恢复。",
                "派保全到場查看並恢復。",
            ),
            time_to_respond=timedelta(hours=2),
            when=Equals(metric="tamper", value=True),
        ),
        silent_rule(kind, label, Silent(intervals=3)),
        Rule(
            kind=kind,
            name="battery",
            severity=Severity.ADVISORY,
            title=text(f"{label.en}: battery low", f"{label.zh_hans}电量低", f"{label.zh_hant}電量低"),
            consequence=text(
                "It will fall silent within weeks.",
                "数周内将停止工作。",
                "數週內將停止工作。",
            ),
            response=text(
                "Put it on the next battery round.",
                "列入下次更换电池计划。",
                "列入下次更換電池計畫。",
            ),
            time_to_respond=timedelta(days=3),
            when=Below(metric="battery_pct", level=20.0, clear=25.0),
        ),
    )


_DETECTOR_FAULTS = {
    "fire": text("Fire", "火警", "火警"),
    "fault": text("Fault", "故障", "故障"),
    "tamper": text("Taken off", "被拆下", "被拆下"),
    "battery": text("Battery low", "电量低", "電量低"),
    SILENT: SILENT_FAULT,
}

_DETECTOR_EFFECTS = {
    "fire": Effect(forces={"alarm": True}),
    "fault": Effect(forces={"fault": True}),
    "tamper": Effect(forces={"tamper": True}),
    "battery": Effect(forces={"battery_pct": 12}),
}


def _simulate_smoke_detector(device: Device, rng: Random) -> SimulatedDevice:
    obscuration = Drift(rng, 0.05, 0.6, pace=0.02)  # dust and cooking; an alarm comes at 2 to 4 %/m
    battery_pct = rng.randint(45, 100)

    def normal(_: datetime) -> dict[str, Value]:
        return {
            "alarm": False,
            "fault": False,
            "obscuration_pct_m": obscuration.next(),
            "battery_pct": battery_pct,
            "tamper": False,
        }

    effects = {**_DETECTOR_EFFECTS, "fire": Effect(forces={"alarm": True, "obscuration_pct_m": 7.5})}
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


def _simulate_call_point(device: Device, rng: Random) -> SimulatedDevice:
    battery_pct = rng.randint(45, 100)

    def normal(_: datetime) -> dict[str, Value]:
        return {"alarm": False, "fault": False, "battery_pct": battery_pct, "tamper": False}

    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=_DETECTOR_EFFECTS)


_PANEL_RULES = (
    Rule(
        kind="fire_panel",
        name="fault",
        severity=Severity.IMPORTANT,
        title=text("Fire alarm panel: fault", "火灾报警控制器故障", "火災報警控制器故障"),
        consequence=text(
            "Detectors, sounders or links behind it may not work.",
            "所带探测器、声光警报或联动设备可能失效。",
            "所帶探測器、聲光警報或連動設備可能失效。",
        ),
        response=text(
            "Read the panel's display and call the fire maintenance firm.",
            "查看控制器显示的故障信息，通知消防维保单位。",
            "查看控制器顯示的故障資訊，通知消防維保單位。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Equals(metric="fault", value=True),
    ),
    Rule(
        kind="fire_panel",
        name="mains",
        severity=Severity.IMPORTANT,
        title=text("Fire alarm panel without mains", "火灾报警控制器主电故障", "火災報警控制器主電故障"),
        consequence=text(
            "It runs on its batteries and falls silent when they are empty, at the earliest after 8 hours.",
            "控制器由备电供电，备电耗尽（最短约8小时）后将停止工作。",
            "控制器由備電供電，備電耗盡（最短約8小時）後將停止工作。",
        ),
        response=text(
            "Check its breaker and the power of the fire control room; bring mains back.",
            "检查控制器电源开关及消控室供电，恢复主电。",
            "檢查控制器電源開關及消控室供電，恢復主電。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Equals(metric="mains", value=False),
        on_delay=timedelta(seconds=30),  # a change-over or a dip is no loss
    ),
    Rule(
        kind="fire_panel",
        name="backup",
        severity=Severity.IMPORTANT,
        title=text("Fire alarm panel without backup power", "火灾报警控制器备电故障", "火災報警控制器備電故障"),
        consequence=text(
            "With the next power cut the whole fire alarm system is dead.",
            "一旦停电，整个火灾报警系统将失效。",
            "一旦停電，整個火災報警系統將失效。",
        ),
        response=text(
            "Have its batteries checked and replaced.",
            "安排检查并更换备用电池。",
            "安排檢查並更換備用電池。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Equals(metric="backup", value=False),
    ),
    Rule(
        kind="fire_panel",
        name="disabled",
        severity=Severity.IMPORTANT,
        title=text("Fire alarm points disabled", "火灾报警点位被屏蔽", "火災報警點位被屏蔽"),
        consequence=text(
            "A fire at these points raises no alarm.",
            "被屏蔽点位发生火灾时不会报警。",
            "被屏蔽點位發生火災時不會報警。",
        ),
        response=text(
            "Find out who disabled them and why. Enable them again, or have guards watch the area.",
            "查明屏蔽人员和原因，解除屏蔽，或安排专人看护该区域。",
            "查明屏蔽人員和原因，解除屏蔽，或安排專人看護該區域。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Above(metric="disabled_points", level=0.0),
        on_delay=timedelta(minutes=30),  # short work on a detector disables it by right
    ),
    Rule(
        kind="fire_panel",
        name="not_auto",
        severity=Severity.IMPORTANT,
        title=text("Fire alarm panel not in automatic", "火灾报警控制器未处于自动状态", "火災報警控制器未處於自動狀態"),
        consequence=text(
            "Smoke extraction, fire doors and pumps will not start by themselves.",
            "防排烟、防火卷帘和消防泵不会自动启动。",
            "防排煙、防火捲簾和消防泵不會自動啟動。",
        ),
        response=text(
            "Set it back to automatic, or have somebody stay at the panel who starts them by hand.",
            "恢复自动状态；或安排专人值守控制器，随时手动启动。",
            "恢復自動狀態；或安排專人值守控制器，隨時手動啟動。",
        ),
        time_to_respond=timedelta(hours=2),
        when=Equals(metric="auto", value=False),
        on_delay=timedelta(minutes=30),
    ),
    silent_rule("fire_panel", _PANEL, Silent(intervals=3)),
)


def _simulate_panel(device: Device, rng: Random) -> SimulatedDevice:
    def normal(_: datetime) -> dict[str, Value]:
        return {"fault": False, "disabled_points": 0, "mains": True, "backup": True, "auto": True}

    effects = {
        "fault": Effect(forces={"fault": True}),
        "mains": Effect(forces={"mains": False}),
        "backup": Effect(forces={"backup": False}),
        "disabled": Effect(forces={"disabled_points": 3}),
        "not_auto": Effect(forces={"auto": False}),
    }
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects)


KINDS = (
    Kind(
        name="smoke_detector",
        label=_SMOKE,
        metrics=(_ALARM, _FAULT, _OBSCURATION, _BATTERY, _TAMPER),
        rules=_detector_rules("smoke_detector", _SMOKE, text("Smoke alarm", "感烟火警", "感煙火警")),
        interval=BATTERY_INTERVAL,
        samples=(
            {"alarm": False, "fault": False, "obscuration_pct_m": 0.21, "battery_pct": 87, "tamper": False},
            {"alarm": True, "obscuration_pct_m": 7.5},
        ),
        behave=_simulate_smoke_detector,
        faults=_DETECTOR_FAULTS,
    ),
    Kind(
        name="call_point",
        label=_CALL_POINT,
        metrics=(_ALARM, _FAULT, _BATTERY, _TAMPER),
        rules=_detector_rules(
            "call_point", _CALL_POINT, text("Manual call point pressed", "手动报警按钮被按下", "手動報警按鈕被按下")
        ),
        interval=BATTERY_INTERVAL,
        samples=({"alarm": False, "fault": False, "battery_pct": 91, "tamper": False}, {"alarm": True}),
        behave=_simulate_call_point,
        faults=_DETECTOR_FAULTS,
    ),
    Kind(
        name="fire_panel",
        label=_PANEL,
        metrics=(
            _FAULT,
            Metric(
                name="disabled_points",
                type=MetricType.NUMBER,
                label=text("Disabled points", "屏蔽点位数", "屏蔽點位數"),
                low=0,
                high=100_000,
            ),
            Metric(name="mains", type=MetricType.BOOLEAN, label=text("Mains present", "主电正常", "主電正常")),
            Metric(name="backup", type=MetricType.BOOLEAN, label=text("Backup power sound", "备电正常", "備電正常")),
            Metric(name="auto", type=MetricType.BOOLEAN, label=text("In automatic", "自动状态", "自動狀態")),
        ),
        rules=_PANEL_RULES,
        interval=INTERVAL,
        samples=({"fault": False, "disabled_points": 0, "mains": True, "backup": True, "auto": True},),
        behave=_simulate_panel,
        faults={
            "fault": text("Fault", "故障", "故障"),
            "mains": text("Mains lost", "主电失电", "主電失電"),
            "backup": text("Batteries dead", "备电失效", "備電失效"),
            "disabled": text("Points disabled", "点位被屏蔽", "點位被屏蔽"),
            "not_auto": text("Switched to manual", "切换为手动", "切換為手動"),
            SILENT: SILENT_FAULT,
        },
    ),
)
