"""Floods of alarms: which positions are flooded, alarms in groups, what was raised most often."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.schemas.alarms import AlarmView, FloodView, SubjectView
from api.schemas.basics import Id, Listing, Note, Request, Schema, TextView
from domain.rules import Severity

_DAY = timedelta(days=1)


class AlarmGroupView(Schema):
    """Open alarms of one building and one rule; none of them is about life safety.

    `severity` is the gravest. `alarms` are their ids, the newest first.
    """

    site: str
    building: str | None
    rule: str
    title: TextView
    severity: Severity
    unacknowledged: int
    first_raised_at: datetime
    last_raised_at: datetime
    alarms: list[str]
    consequences: list[AlarmView] = Field(
        description="Open alarms, hidden because one of these explains them; nobody acknowledges them with it."
    )


class AlarmGroups(Schema):
    """All open alarms that are announced: life safety each by itself, everything else in groups.

    The gravest groups first. `complete` is false when there are more open or suppressed alarms than one answer holds.
    """

    floods: list[FloodView]
    pinned: list[AlarmView]
    groups: list[AlarmGroupView]
    complete: bool


class GroupAcknowledgeRequest(Request):
    """Alarms of one building and one rule, by id; none of them about life safety."""

    alarms: Annotated[list[Id], Field(min_length=1, max_length=500)]
    note: Note | None = Field(default=None, examples=["All of these are the power cut."])


class LeftView(Schema):
    """An alarm that was not acknowledged, and why: somebody was faster, say."""

    alarm: str
    why: str


class GroupAcknowledgedView(Schema):
    """What became of each alarm."""

    acknowledged: list[AlarmView]
    left: list[LeftView]


class RaisesSpan(StrEnum):
    """Over how long raises are counted."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def span(self) -> timedelta:
        """The span."""
        return {RaisesSpan.DAY: _DAY, RaisesSpan.WEEK: 7 * _DAY, RaisesSpan.MONTH: 30 * _DAY}[self]


class BadActorView(Schema):
    """What was raised, or came again, `times` within the span. `chattering`: some alarm of it comes and goes now.

    `rule` is null when counted by subject, `subject` when counted by rule; `title` is the rule's, of an example.
    """

    site: str
    subject: SubjectView | None
    rule: str | None
    title: TextView
    severity: Severity
    times: int
    alarms: int = Field(description="How many alarms these raises belong to.")
    last_at: datetime
    example: str = Field(description="The id of an alarm of it.")
    chattering: bool


class BadActorList(Listing[BadActorView]):
    """What was raised most often, the most often first; `since` is where counting begins."""

    since: datetime
