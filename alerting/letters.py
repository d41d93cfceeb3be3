"""Letters: a notice in words, in its reader's language.

Promises: one line that says what is wrong and where, and a text that can be read alone, with every instant on the wall
of the site. Pure functions. Leaves to others: how a channel dresses them (`adapters.notify`).
"""

from __future__ import annotations

from datetime import datetime

from domain.callout import Callee
from domain.instants import on_the_wall
from domain.notices import Notice, Status
from domain.ports.notifier import Letter
from domain.rules import Severity
from domain.texts import Language, Text, text

_SEVERITIES = {
    Severity.URGENT: text("URGENT", "紧急", "緊急"),
    Severity.IMPORTANT: text("Important", "重要", "重要"),
    Severity.GENERAL: text("General", "一般", "一般"),
    Severity.ADVISORY: text("Advisory", "提示", "提示"),
}
_LIFE_SAFETY = text("LIFE SAFETY", "人身安全", "人身安全")
_TEST = text("TEST", "测试", "測試")
_RESOLVED = text("Over", "已解除", "已解除")
_SUBJECT = text("[{mark}] {what}", "[{mark}] {what}", "[{mark}] {what}")
_BECAUSE = text("You are told because: {because}", "通知原因：{because}", "通知原因：{because}")
_WHOM = text("Called: {whom}", "通知对象：{whom}", "通知對象：{whom}")
_SINCE = text("Since {since} ({zone})", "开始时间：{since}（{zone}）", "開始時間：{since}（{zone}）")
_SITE = text("Site {site}", "项目 {site}", "項目 {site}")
_ALARM = text("Alarm {alarm}", "报警 {alarm}", "警報 {alarm}")
_ORDER = text("Work order {order}", "工单 {order}", "工單 {order}")
_UTC = "UTC"


def letter(notice: Notice, *, language: Language, time_zone: str | None, person: Callee | None = None) -> Letter:
    """The notice for one reader, or (`person` None) for a channel that everybody shares."""
    return Letter(
        notice=notice,
        subject=_one_line(_filled(_SUBJECT, language, mark=_mark(notice, language), what=notice.what.in_(language))),
        body="\n".join(_lines(notice, language, time_zone)),
        person=person,
    )


def _mark(notice: Notice, language: Language) -> str:
    words: list[Text] = [_TEST] if notice.test else []
    words += [_RESOLVED] if notice.status is Status.RESOLVED else []
    words += [_LIFE_SAFETY] if notice.life_safety else []
    return " · ".join(word.in_(language) for word in (*words, _SEVERITIES[notice.severity]))


def _lines(notice: Notice, language: Language, time_zone: str | None) -> list[str]:
    local: datetime = on_the_wall(notice.began_at, time_zone)
    since = f"{local:%Y-%m-%d %H:%M:%S}"
    lines = [
        notice.what.in_(language),
        _filled(_BECAUSE, language, because=notice.because.in_(language)),
        _filled(_SINCE, language, since=since, zone=str(local.tzinfo or _UTC)),
        _filled(_SITE, language, site=notice.site),
    ]
    if notice.whom is not None:
        lines.append(_filled(_WHOM, language, whom=notice.whom.in_(language)))
    if notice.alarm is not None:
        lines.append(_filled(_ALARM, language, alarm=notice.alarm))
    if notice.work_order is not None:
        lines.append(_filled(_ORDER, language, order=notice.work_order))
    return lines


def _filled(layout: Text, language: Language, **values: str) -> str:
    return layout.in_(language).format(**values)


def _one_line(words: str) -> str:
    return " ".join(words.split())[:200]
