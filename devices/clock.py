"""Clock: the rule that every kind has about the clock of its devices.

Promises: the one metric that no device sends because we find it out ourselves, and one wording for "its clock cannot be
gone by", in three languages, around each kind's name. Leaves to others: finding it out (`alerting.device_clock`),
adding the rule to every kind (`devices.registry`).
"""

from __future__ import annotations

from datetime import timedelta

from domain.kinds import Metric, MetricType
from domain.rules import In, Rule, Severity
from domain.texts import Text, text

DEVICE_CLOCK = Metric(
    name="device_clock",
    type=MetricType.TEXT,
    label=text("Clock of the device", "设备时钟", "設備時鐘"),
    choices={
        "right": text("right", "正常", "正常"),
        "wrong": text("wrong", "错误", "錯誤"),
        "stuck": text("stands still", "停走", "停走"),
        "behind": text("was set back", "回拨", "回撥"),
    },
)
"""How a device's clock stands, found out by alerting. The name is reserved."""

SETTLES_WITHIN = timedelta(minutes=5)
"""A clock without a battery is wrong after every power cut until it has found its time server."""


CLOCK = "clock"
"""The name of every kind's rule about it."""


def clock_rule(kind: str, label: Text) -> Rule:
    """The kind's `clock` rule. `label` is the kind's own name."""
    return Rule(
        kind=kind,
        name=CLOCK,
        severity=Severity.ADVISORY,
        title=text(f"{label.en}: its clock is wrong", f"{label.zh_hans}时钟异常", f"{label.zh_hant}時鐘異常"),
        consequence=text(
            "Its readings are judged as they arrive, but history dates them wrongly, and of a clock that stands still "
            "it keeps only the first reading.",
            "监测数据仍按到达顺序判断，但历史数据的时间不准；时钟停走时历史只保留第一条数据。",
            "監測資料仍按到達順序判斷，但歷史資料的時間不準；時鐘停走時歷史只保留第一筆資料。",
        ),
        response=text(
            "Set the clock of the device and its time zone, and see that it reaches a time server.",
            "校正设备时钟与时区，确认设备能访问时间服务器。",
            "校正設備時鐘與時區，確認設備能存取時間伺服器。",
        ),
        time_to_respond=timedelta(days=3),
        when=In(metric=DEVICE_CLOCK.name, values=("wrong", "stuck", "behind")),
        on_delay=SETTLES_WITHIN,
    )
