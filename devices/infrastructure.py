"""Infrastructure: what other devices depend on to be heard.

Promises: the kinds `gateway` and `power_feed`, declared whole. Leaves to others: hiding the silence of devices behind
one of them (suppression), for which these alarms are the parents.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from devices.behaviour import SILENT, SILENT_FAULT, Effect, SimulatedDevice
from devices.silence import silent_rule
from domain.assets import Device
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Value
from domain.rules import Equals, Rule, Severity, Silent
from domain.texts import text

GATEWAY_INTERVAL = timedelta(seconds=30)
FEED_INTERVAL = timedelta(seconds=60)

_GATEWAY = text("Gateway", "网关", "閘道")
_FEED = text("Power feed", "供电回路", "供電迴路")


def _simulate_gateway(device: Device, rng: Random) -> SimulatedDevice:
    booted_before = timedelta(hours=rng.uniform(2, 2000))
    first_seen: list[datetime] = []

    def normal(at: datetime) -> dict[str, Value]:
        if not first_seen:
            first_seen.append(at)
        uptime = at - first_seen[0] + booted_before
        return {"uptime_s": int(uptime.total_seconds()), "queue": rng.choice((0, 0, 0, 1, 2))}

    return SimulatedDevice(device, rng, interval=GATEWAY_INTERVAL, normal=normal, effects={})


def _simulate_feed(device: Device, rng: Random) -> SimulatedDevice:
    def normal(_: datetime) -> dict[str, Value]:
        return {"energised": True}

    effects = {"off": Effect(forces={"energised": False})}
    return SimulatedDevice(device, rng, interval=FEED_INTERVAL, normal=normal, effects=effects)


KINDS = (
    Kind(
        name="gateway",
        label=_GATEWAY,
        metrics=(
            Metric(
                name="uptime_s",
                type=MetricType.NUMBER,
                label=text("Time since its start", "运行时长", "運行時長"),
                unit="s",
                low=0,
                high=10_000_000_000,
            ),
            Metric(
                name="queue",
                type=MetricType.NUMBER,
                label=text("Messages waiting", "待发消息数", "待發訊息數"),
                low=0,
                high=1_000_000_000,
            ),
        ),
        # three reports missed: sooner than any device behind it, so that its alarm explains theirs
        rules=(silent_rule("gateway", _GATEWAY, Silent(intervals=3)),),
        interval=GATEWAY_INTERVAL,
        samples=({"uptime_s": 86400, "queue": 0},),
        behave=_simulate_gateway,
        faults={SILENT: SILENT_FAULT},
        explains_silence=frozenset({"silent"}),
    ),
    Kind(
        name="power_feed",
        label=_FEED,
        metrics=(Metric(name="energised", type=MetricType.BOOLEAN, label=text("Energised", "带电", "帶電")),),
        rules=(
            Rule(
                kind="power_feed",
                name="off",
                severity=Severity.IMPORTANT,
                title=text("Power feed off", "供电回路失电", "供電迴路失電"),
                consequence=text(
                    "What hangs on it stands still or runs on batteries, and may fall silent.",
                    "该回路所带设备停运或转由电池供电，可能相继失联。",
                    "該迴路所帶設備停運或轉由電池供電，可能相繼失聯。",
                ),
                response=text(
                    "Check elevators on this feed for passengers first; then breaker, change-over and the "
                    "transformer room; start the generator if the grid is out.",
                    "首先确认该回路上的电梯有无困人；再检查开关、双电源切换和配电房；市电停电时启动发电机。",
                    "首先確認該迴路上的電梯有無困人；再檢查開關、雙電源切換和配電房；市電停電時啟動發電機。",
                ),
                time_to_respond=timedelta(hours=2),
                when=Equals(metric="energised", value=False),
            ),
            silent_rule("power_feed", _FEED, Silent(intervals=3)),
        ),
        interval=FEED_INTERVAL,
        samples=({"energised": True},),
        behave=_simulate_feed,
        faults={"off": text("Power lost", "失电", "失電"), SILENT: SILENT_FAULT},
        # not its own silence: a feed that says nothing may stand behind the very gateway that is gone
        explains_silence=frozenset({"off"}),
    ),
)
