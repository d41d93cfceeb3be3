"""The rules of rounds: what makes a route abnormal, and what its alarm says.

Promises: a rule as any other, filled with what it is about, so that an alarm of a round carries card, condition and
template like every alarm; points are called by their names. Leaves to others: when one begins or ends
(`alerting.rounds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.rounds import FindingType, Round
from domain.rules import Below, Condition, In, Missing, Not, Rule, Severity
from domain.texts import Text, text

KIND = "route"
"""The `kind` of these rules, before the point of their ids."""

TEMPLATE = "makeup_round"

MOST_NAMED = 20
"""Points named in a title; the rest is counted there and named in its *why*."""


class RoundRule(StrEnum):
    """The rules, by name."""

    NOT_STARTED = "not_started"
    MISSED_POINTS = "missed_points"
    TOO_FAST = "too_fast"
    UNKNOWN_GUARD = "unknown_guard"

    @property
    def id(self) -> str:
        """As alarms name it."""
        return f"{KIND}.{self.value}"


_TITLES = {
    RoundRule.NOT_STARTED: text(
        "{name}, {time}: round not started", "{name}（{time}）未按时开始", "{name}（{time}）未按時開始"
    ),
    RoundRule.MISSED_POINTS: text(
        "{name}, {time}: {count} of {all} points missed: {points}",
        "{name}（{time}）漏巡 {count}/{all} 个点：{points}",
        "{name}（{time}）漏巡 {count}/{all} 個點：{points}",
    ),
    RoundRule.TOO_FAST: text(
        "{name}, {time}: reached faster than anybody walks: {points}",
        "{name}（{time}）打点过快：{points}",
        "{name}（{time}）打點過快：{points}",
    ),
    RoundRule.UNKNOWN_GUARD: text(
        "{name}, {time}: unknown tag {told} at {points}",
        "{name}（{time}）未知人员 {told} 打点：{points}",
        "{name}（{time}）未知人員 {told} 打點：{points}",
    ),
}

_CONSEQUENCES = {
    RoundRule.NOT_STARTED: text(
        "Nobody has looked at any of these places since the round before.",
        "自上一轮以来，这些地点无人巡查。",
        "自上一輪以來，這些地點無人巡查。",
    ),
    RoundRule.MISSED_POINTS: text(
        "Nobody has looked at these places since the round before.",
        "自上一轮以来，漏巡的地点无人查看。",
        "自上一輪以來，漏巡的地點無人查看。",
    ),
    RoundRule.TOO_FAST: text(
        "The tags were read, but hardly by somebody who walked there and looked.",
        "已有打点记录，但不像有人走到现场查看。",
        "已有打點記錄，但不像有人走到現場查看。",
    ),
    RoundRule.UNKNOWN_GUARD: text(
        "Somebody passed with a tag that this route does not know: a new colleague, a borrowed tag or a stranger.",
        "有人使用本路线未登记的卡打点：可能是新同事、借用的卡或外来人员。",
        "有人使用本路線未登記的卡打點：可能是新同事、借用的卡或外來人員。",
    ),
}

_RESPONSES = {
    RoundRule.NOT_STARTED: text(
        "Call the guard of the shift by radio; without an answer send a colleague to look for him. Start the round.",
        "对讲呼叫当班人员；无应答时派同事寻找；立即开始巡查。",
        "對講呼叫當班人員；無應答時派同事尋找；立即開始巡查。",
    ),
    RoundRule.MISSED_POINTS: text(
        "Have the missed points visited now and ask why they were left out; check the reader if it did not answer.",
        "立即补巡漏掉的地点并询问原因；若读卡器无反应，请检查设备。",
        "立即補巡漏掉的地點並詢問原因；若讀卡機無反應，請檢查設備。",
    ),
    RoundRule.TOO_FAST: text(
        "Ask the guard how it was walked; have the points visited once more.",
        "询问巡查经过，并安排重新巡查。",
        "詢問巡查經過，並安排重新巡查。",
    ),
    RoundRule.UNKNOWN_GUARD: text(
        "Find out who it is; look at the cameras near these points.",
        "核实人员身份，查看附近监控。",
        "核實人員身分，查看附近監控。",
    ),
}

_SEVERITIES = {
    RoundRule.NOT_STARTED: Severity.IMPORTANT,
    RoundRule.MISSED_POINTS: Severity.IMPORTANT,
    RoundRule.TOO_FAST: Severity.GENERAL,
    RoundRule.UNKNOWN_GUARD: Severity.IMPORTANT,
}

_TO_RESPOND = timedelta(minutes=10)
"""The make-up round's own promise (design, section 6)."""

_MORE = text("{points} and {count} more", "{points} 等另 {count} 个", "{points} 等另 {count} 個")
_COMMAS = text(", ", "、", "、")


def rule_for(name: RoundRule, round_: Round, time_zone: str, names: Mapping[str, Text]) -> Rule:
    """The rule as it holds for a round. `names` are those of its checkpoints, where they have any."""
    points, told = _about(name, round_)
    route = round_.route_as_it_was
    time = f"{round_.slot.starts_at.astimezone(ZoneInfo(time_zone)):%H:%M}"
    listed = _listed(points, names)
    title = _TITLES[name]

    def say(layout: str, route_name: str, points_said: str) -> str:
        counts = {"count": len(points), "all": len(route.checkpoints)}
        return layout.format(name=route_name, time=time, points=points_said, told=", ".join(told), **counts)

    return Rule(
        kind=KIND,
        name=name.value,
        severity=_SEVERITIES[name],
        title=Text(
            say(title.en, route.name.en, listed.en),
            say(title.zh_hans, route.name.zh_hans, listed.zh_hans),
            say(title.zh_hant, route.name.zh_hant, listed.zh_hant),
        ),
        consequence=_CONSEQUENCES[name],
        response=_RESPONSES[name],
        time_to_respond=_TO_RESPOND,
        when=_condition(name, round_),
        template=TEMPLATE,
    )


def _about(name: RoundRule, round_: Round) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The points, and what else, that the rule's title names."""
    if name is RoundRule.MISSED_POINTS:
        return round_.missed, ()
    if name is RoundRule.NOT_STARTED:
        return round_.route_as_it_was.checkpoints, ()
    type = FindingType.TOO_FAST if name is RoundRule.TOO_FAST else FindingType.UNKNOWN_GUARD
    finding = round_.found(type)
    return (finding.points, tuple(who or "?" for who in finding.told)) if finding is not None else ((), ())


def _condition(name: RoundRule, round_: Round) -> Condition:
    """What holds of the round, in the words of every rule."""
    route, slot = round_.route_as_it_was, round_.slot
    if name is RoundRule.TOO_FAST:
        return Below("seconds_between_points", level=route.least_between.total_seconds())
    if name is RoundRule.UNKNOWN_GUARD:
        return Not(In("guard", values=route.guards))
    until = slot.begin_by if name is RoundRule.NOT_STARTED else slot.closes_at
    return Missing("visit", value=True, after=until - slot.starts_at)


def _listed(points: Sequence[str], names: Mapping[str, Text]) -> Text:
    shown = [names.get(point) or Text(point, point, point) for point in points[:MOST_NAMED]]
    listed = Text(
        _COMMAS.en.join(one.en for one in shown),
        _COMMAS.zh_hans.join(one.zh_hans for one in shown),
        _COMMAS.zh_hant.join(one.zh_hant for one in shown),
    )
    rest = len(points) - len(shown)
    if not rest:
        return listed
    return Text(
        _MORE.en.format(points=listed.en, count=rest),
        _MORE.zh_hans.format(points=listed.zh_hans, count=rest),
        _MORE.zh_hant.format(points=listed.zh_hant, count=rest),
    )
