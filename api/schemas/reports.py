"""Figures of a span of days: alarms and how soon they were seen, clocks of work orders met and breached."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from api.schemas.basics import Schema, TextView
from domain.rules import Severity
from domain.workorders import ClockName


class SpanView(Schema):
    """The days that a report is about, on each site's own clock; both ends are in it."""

    first: date
    last: date


class SeverityFigure(Schema):
    """Alarms of a severity. Times run from the newest occurrence to its acknowledgement, in seconds.

    `in_time` counts those that were acknowledged within what their rule gives the operator; `unseen` those that nobody
    has acknowledged yet.
    """

    severity: Severity
    raised: int
    life_safety: int
    occurrences: int
    acknowledged: int
    in_time: int
    unseen: int
    median_s: float | None
    longest_s: float | None


class DayFigure(Schema):
    """Alarms raised on one day."""

    day: date
    urgent: int
    important: int
    general: int
    life_safety: int


class RuleFigure(Schema):
    """Alarms of one rule, or of what people called in by the same title."""

    rule: str
    title: TextView
    severity: Severity
    raised: int
    occurrences: int
    devices: int = Field(description="How many different subjects they were about.")


class AlarmReport(SpanView):
    """Alarm figures: tests and advisories are outside of them. `rules` are those that were raised most."""

    raised: int
    per_day: float
    tests: int = Field(description="Alarms of devices under test, in no other figure.")
    advisories: int = Field(description="Advisories, in no other figure.")
    severities: list[SeverityFigure]
    days: list[DayFigure]
    rules: list[RuleFigure]


class ClockFigure(Schema):
    """One promise of one kind of job. `void`: the order ended before the clock was met or breached."""

    template: str
    title: TextView
    clock: ClockName
    met: int
    breached: int
    running: int
    void: int


class OrderReport(SpanView):
    """Work orders opened in the span, and what became of their clocks."""

    opened: int
    closed: int
    cancelled: int
    open: int
    rework: int = Field(description="How often work was sent back after a check or a follow-up.")
    clocks: list[ClockFigure]
