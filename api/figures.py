"""From alarms and work orders to the figures of a report: pure functions.

Promises: tests and advisories are outside alarm figures (they are counted apart), a breach stays a breach however late
its clock was met, and every clock is in exactly one column. Leaves to others: reading rows, and which days
(`api.routes.reports`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from api.schemas.basics import TextView
from api.schemas.reports import AlarmReport, ClockFigure, DayFigure, OrderReport, RuleFigure, SeverityFigure
from domain.alarms import Alarm
from domain.rules import Severity
from domain.texts import Text
from domain.workorders import Clock, ClockName, OrderState, WorkOrder

MOST_RULES = 20
"""Rules that a report names: beyond these a list helps nobody."""

_COUNTED = (Severity.URGENT, Severity.IMPORTANT, Severity.GENERAL)


def alarm_report(alarms: Iterable[Alarm], zones: Mapping[str, ZoneInfo], first: date, last: date) -> AlarmReport:
    """Figures of alarms that were raised in these days. `zones` is each site's time zone."""
    everything = list(alarms)
    tests = [alarm for alarm in everything if alarm.test]
    advisories = [alarm for alarm in everything if not alarm.test and alarm.severity is Severity.ADVISORY]
    counted = [alarm for alarm in everything if not alarm.test and alarm.severity is not Severity.ADVISORY]
    days = (last - first).days + 1
    return AlarmReport(
        first=first,
        last=last,
        raised=len(counted),
        per_day=round(len(counted) / days, 2),
        tests=len(tests),
        advisories=len(advisories),
        severities=[_severity(severity, [a for a in counted if a.severity is severity]) for severity in _COUNTED],
        days=_days(counted, lambda alarm: alarm.raised_at.astimezone(zones[alarm.site]).date(), first, days),
        rules=_rules(counted),
    )


def _severity(severity: Severity, alarms: list[Alarm]) -> SeverityFigure:
    waits = {alarm.id: wait for alarm in alarms if (wait := _seen_after(alarm)) is not None}
    seconds = [wait.total_seconds() for wait in waits.values()]
    in_time = [
        alarm
        for alarm in alarms
        if alarm.rule_as_it_was is not None
        and alarm.id in waits
        and waits[alarm.id] <= alarm.rule_as_it_was.time_to_respond
    ]
    return SeverityFigure(
        severity=severity,
        raised=len(alarms),
        life_safety=sum(alarm.life_safety for alarm in alarms),
        occurrences=sum(alarm.occurrences for alarm in alarms),
        acknowledged=len(waits),
        in_time=len(in_time),
        unseen=sum(alarm.state.open and alarm.id not in waits for alarm in alarms),
        median_s=round(median(seconds), 1) if seconds else None,
        longest_s=round(max(seconds), 1) if seconds else None,
    )


def _seen_after(alarm: Alarm) -> timedelta | None:
    """How long its newest occurrence waited for somebody; None when nobody has seen that one."""
    if alarm.acknowledged_at is None:
        return None
    wait = alarm.acknowledged_at - alarm.last_raised_at
    return wait if wait >= timedelta(0) else None


def _days(alarms: list[Alarm], day_of: Callable[[Alarm], date], first: date, days: int) -> list[DayFigure]:
    severities = Counter((day_of(alarm), alarm.severity) for alarm in alarms)
    lives = Counter(day_of(alarm) for alarm in alarms if alarm.life_safety)
    return [
        DayFigure(
            day=day,
            urgent=severities[day, Severity.URGENT],
            important=severities[day, Severity.IMPORTANT],
            general=severities[day, Severity.GENERAL],
            life_safety=lives[day],
        )
        for day in (first + timedelta(days=number) for number in range(days))
    ]


def _rules(alarms: list[Alarm]) -> list[RuleFigure]:
    groups: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:
        # What people raise has one rule for everything: there the title tells things apart.
        groups.setdefault((alarm.rule, alarm.title.en if alarm.rule_as_it_was is None else ""), []).append(alarm)
    figures = [
        RuleFigure(
            rule=rule,
            title=TextView.model_validate(those[0].title),
            severity=those[0].severity,
            raised=len(those),
            occurrences=sum(alarm.occurrences for alarm in those),
            devices=len({(alarm.site, alarm.subject.type, alarm.subject.id) for alarm in those}),
        )
        for (rule, _), those in groups.items()
    ]
    return sorted(figures, key=lambda one: (-one.raised, -one.occurrences, one.rule))[:MOST_RULES]


def order_report(orders: Iterable[WorkOrder], titles: Mapping[str, Text], first: date, last: date) -> OrderReport:
    """Figures of work orders that were opened in these days. `titles` is how people call each template."""
    everything = list(orders)
    states = Counter(order.state for order in everything)
    groups: dict[tuple[str, ClockName], list[tuple[WorkOrder, Clock]]] = {}
    for order in everything:
        for clock in order.clocks:
            groups.setdefault((order.template, clock.name), []).append((order, clock))
    order_of = list(ClockName).index
    return OrderReport(
        first=first,
        last=last,
        opened=len(everything),
        closed=states[OrderState.CLOSED],
        cancelled=states[OrderState.CANCELLED],
        open=sum(not order.state.ended for order in everything),
        rework=sum(order.rework for order in everything),
        clocks=[
            _clock(template, titles.get(template, pairs[0][0].title), name, pairs)
            for (template, name), pairs in sorted(
                groups.items(), key=lambda group: (group[0][0], order_of(group[0][1]))
            )
        ],
    )


def _clock(template: str, title: Text, name: ClockName, pairs: list[tuple[WorkOrder, Clock]]) -> ClockFigure:
    columns = Counter(_column(order, clock) for order, clock in pairs)
    return ClockFigure(
        template=template,
        title=TextView.model_validate(title),
        clock=name,
        met=columns["met"],
        breached=columns["breached"],
        running=columns["running"],
        void=columns["void"],
    )


def _column(order: WorkOrder, clock: Clock) -> str:
    if clock.breached_at is not None:
        return "breached"
    if clock.met_at is not None:
        return "met"
    return "void" if order.state.ended else "running"
