"""Silence: the rule that every reporting kind has.

Promises: one wording for "it no longer reports", in three languages, around each kind's name and span.
Leaves to others: counting the silence (`alerting`), which only counts while we are connected and caught up.
"""

from __future__ import annotations

from datetime import timedelta

from domain.rules import Rule, Severity, Silent
from domain.texts import Text, text

BATTERY_INTERVAL = timedelta(hours=26) / 3
"""What a battery device promises unless the registry says otherwise: three missed reports are 26 h, a day and its
grace (design figure)."""

_RESPOND_WITHIN = {
    Severity.IMPORTANT: timedelta(hours=2),
    Severity.GENERAL: timedelta(hours=4),
}


def silent_rule(kind: str, label: Text, when: Silent, severity: Severity = Severity.IMPORTANT) -> Rule:
    """The kind's `silent` rule. `label` is the kind's own name, `severity` important or general."""
    return Rule(
        kind=kind,
        name="silent",
        severity=severity,
        title=text(f"{label.en} is silent", f"{label.zh_hans}失联", f"{label.zh_hant}失聯"),
        consequence=text(
            "Nothing is known of it: whatever happens there now raises no alarm.",
            "设备状态未知：此时发生的异常不会报警。",
            "設備狀態未知：此時發生的異常不會報警。",
        ),
        response=text(
            "See whether others behind the same gateway or power feed are silent too; then send somebody to look at "
            "the device, its power and its network.",
            "先查看同一网关或同一供电回路的其他设备是否也失联；再派人到现场检查设备、供电和网络。",
            "先查看同一閘道或同一供電迴路的其他設備是否也失聯；再派人到現場檢查設備、供電和網路。",
        ),
        time_to_respond=_RESPOND_WITHIN[severity],
        when=when,
    )
