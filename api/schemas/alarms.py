"""Alarms: as lists show them, one with its timeline and its why, and what people may say about one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas.basics import Line, Listing, Name, Note, Request, Schema, TextView
from api.schemas.devices import RuleView
from api.schemas.events import EventView
from api.schemas.notices import NextStepView
from domain.alarms import AlarmState
from domain.assets import SubjectType
from domain.rules import Severity
from domain.standing import Standing


class AlarmStateFilter(StrEnum):
    """`open` is every state but normal."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


class StandingFilter(StrEnum):
    """`announced` is what a control room works on; `hidden` is all that it leaves out; `all` both."""

    ANNOUNCED = Standing.ANNOUNCED.value
    TEST = Standing.TEST.value
    OUT_OF_SERVICE = Standing.OUT_OF_SERVICE.value
    SHELVED = Standing.SHELVED.value
    SUPPRESSED = Standing.SUPPRESSED.value
    HIDDEN = "hidden"
    ALL = "all"

    @property
    def standings(self) -> frozenset[Standing] | None:
        """What passes; None: everything."""
        if self is StandingFilter.ALL:
            return None
        if self is StandingFilter.HIDDEN:
            return frozenset(standing for standing in Standing if standing.hidden)
        return frozenset({Standing(self.value)})


class SubjectView(Schema):
    """What an alarm is about."""

    type: SubjectType
    id: str


class AlarmView(Schema):
    """One alarm as it stands. `work_order` is the id of its job; `raised_by` is set when a person raised it."""

    id: str
    site: str
    subject: SubjectView
    device: str | None
    kind: str | None
    rule: str
    severity: Severity
    life_safety: bool
    latched: bool
    state: AlarmState
    signal_active: bool
    raised_at: datetime
    last_raised_at: datetime
    returned_at: datetime | None
    occurrences: int
    work_order: str | None
    title: TextView
    text: TextView
    building: str | None
    zone: str | None
    template: str | None
    raised_by: str | None
    late_by_ms: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    ended_at: datetime | None
    ended_by: str | None
    end_note: str | None
    standing: Standing
    standing_by: str | None = Field(description="What hides or marks it: a measure, its cause's alarm, or a device.")
    standing_until: datetime | None = Field(description="When that ends, where it is known.")
    test: bool
    chattering_since: datetime | None = Field(description="Since when it comes and goes too often to return at once.")
    next: NextStepView | None = Field(default=None, description="Who is called next unless somebody takes it.")


class OperatorCard(Schema):
    """What the rule says to the operator, as it was when the alarm was raised."""

    consequence: TextView
    response: TextView
    time_to_respond_s: float


class AlarmDetail(AlarmView):
    """One alarm with its story. `why` is what made it be raised (the newest time), as judged or reported then, and what
    was decided about how it stands, each with its instant.

    `rule_as_it_was` is that rule as it was when the alarm was raised; null for one that a person raised.
    """

    card: OperatorCard | None = None
    rule_as_it_was: RuleView | None = None
    why: dict[str, Any] | None = None
    timeline: list[EventView]


class FloodView(Schema):
    """A control-room position (a site) with more alarms than a person can take in: over 10 within 10 minutes.

    `alarms` is how many it has brought. It lasts until fewer than 5 came within 10 minutes.
    """

    site: str
    began_at: datetime
    alarms: int
    ends_at: datetime = Field(description="When it ends unless more alarms come.")


class AlarmList(Listing[AlarmView]):
    """A page of alarms, newest first. `hidden` counts the open ones in reach that are not announced, by how they stand.

    So nothing is left out unsaid, whatever the list was asked for. `floods` are the sites in reach that
    are flooded.
    """

    hidden: dict[Standing, int] = Field(default_factory=dict)
    floods: list[FloodView] = Field(default_factory=list)


class NoteRequest(Request):
    """A note, which must say something."""

    note: Note = Field(examples=["Nobody in the car; door blocked by a trolley."])


class AcknowledgeRequest(Request):
    """An acknowledgement may carry a note."""

    note: Note | None = Field(default=None, examples=["Calling the car."])


class SubjectRequest(Request):
    """What an alarm raised by hand is about."""

    type: SubjectType
    id: Name


class RaiseRequest(Request):
    """An alarm that a person raises: a phone call, an intercom, something seen."""

    site: Name = Field(examples=["demo"])
    subject: SubjectRequest = Field(examples=[{"type": "device", "id": "E-03"}])
    severity: Severity
    title: Line = Field(examples=["Visitor stuck, called by phone"])
    note: Note = Field(examples=["Two people, third floor, calm."])
    life_safety: bool = False
    template: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = Field(
        default=None, description="Work order template; without one the severity's own."
    )
    building: Name | None = None
    zone: Name | None = None
