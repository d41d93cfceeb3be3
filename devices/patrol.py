"""Patrol: fixed checkpoints and carried readers.

Promises: the kinds `checkpoint` (a reader on the wall: who was here) and `patrol_reader` (a carried reader or a phone:
where is who), declared whole. They speak only when somebody checks in or calls for help, so they are not judged by
silence. Leaves to others: rounds, which are judged from visits (`alerting`); simulated walks (`simulators`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Effect, SimulatedDevice
from domain.assets import Device
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Value
from domain.rules import Pressed, Rule, Severity
from domain.texts import text

INTERVAL = timedelta(minutes=5)
"""How often a simulated one is asked; it has something to say only when it suffers a fault."""

_GUARD = Metric(
    name="guard",
    type=MetricType.TEXT,
    label=text("Guard", "巡更人员", "巡更人員"),
    max_length=64,
)

_SOS = Rule(
    kind="patrol_reader",
    name="sos",
    severity=Severity.URGENT,
    life_safety=True,
    latched=True,
    title=text("Guard calls for help", "巡更人员紧急求助", "巡更人員緊急求助"),
    consequence=text(
        "A guard is in danger or hurt, alone.",
        "巡更人员独自遇险或受伤。",
        "巡更人員獨自遇險或受傷。",
    ),
    response=text(
        "Call the guard by radio; send the two nearest colleagues to the last known place; call the police or an "
        "ambulance when nobody answers.",
        "立即对讲呼叫；派最近的两名同事赶往其最后位置；无应答时拨打110或120。",
        "立即對講呼叫；派最近的兩名同事趕往其最後位置；無應答時撥打110或120。",
    ),
    time_to_respond=timedelta(minutes=1),
    when=Pressed(metric="sos"),
)


def _simulate_checkpoint(device: Device, rng: Random) -> SimulatedDevice:
    def normal(_: datetime) -> dict[str, Value]:
        return {}

    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects={}, periodic=False)


def _simulate_reader(device: Device, rng: Random) -> SimulatedDevice:
    def normal(_: datetime) -> dict[str, Value]:
        return {"sos": False}

    effects = {"sos": Effect(once={"sos": True})}
    return SimulatedDevice(device, rng, interval=INTERVAL, normal=normal, effects=effects, periodic=False)


KINDS = (
    Kind(
        name="checkpoint",
        label=text("Checkpoint", "巡更点", "巡更點"),
        metrics=(_GUARD,),
        rules=(),
        interval=timedelta(hours=24),
        samples=({"guard": "G-07"},),
        behave=_simulate_checkpoint,
        faults={SILENT: SILENT_FAULT},
    ),
    Kind(
        name="patrol_reader",
        label=text("Patrol reader", "巡更终端", "巡更終端"),
        metrics=(
            Metric(
                name="checkpoint",
                type=MetricType.TEXT,
                label=text("Checkpoint", "巡更点", "巡更點"),
                max_length=64,
            ),
            _GUARD,
            Metric(
                name="items",
                type=MetricType.TEXT,
                label=text(
                    "Check results, as item=result; ...", "检查结果（项目=结果; ...）", "檢查結果（項目=結果; ...）"
                ),
                max_length=2048,
            ),
            Metric(
                name="lat",
                type=MetricType.NUMBER,
                label=text("Latitude", "纬度", "緯度"),
                unit="°",
                low=-90,
                high=90,
            ),
            Metric(
                name="lon",
                type=MetricType.NUMBER,
                label=text("Longitude", "经度", "經度"),
                unit="°",
                low=-180,
                high=180,
            ),
            Metric(name="sos", type=MetricType.BOOLEAN, label=text("Call for help", "紧急求助", "緊急求助")),
        ),
        rules=(_SOS,),
        interval=timedelta(hours=24),
        samples=(
            {
                "checkpoint": "CP-B1-04",
                "guard": "G-07",
                "items": "hydrant=ok; door=ok",
                "lat": 31.2304,
                "lon": 121.4737,
            },
            {"sos": True, "guard": "G-07"},
        ),
        behave=_simulate_reader,
        faults={"sos": text("Guard calls for help", "紧急求助", "緊急求助"), SILENT: SILENT_FAULT},
    ),
)
