"""Duties: who owes what by when, when it was done last and by whom, and the figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.basics import Listing, Note, PartyName, Request, Schema, TextView
from domain.duties import Per
from domain.duty_cycles import CycleState
from domain.rules import Severity

DutyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){2}$")]
"""`{site}.{duty}.{unit}`."""


class CycleView(Schema):
    """How often: one of the three."""

    days: int | None
    weeks: int | None
    months: int | None


class TurnView(Schema):
    """A turn that was done. Without an order somebody recorded it."""

    day: date
    due_day: date
    late: bool
    by: str
    at: datetime
    order: str | None


class OverrideView(Schema):
    """A cycle of this unit's own: who decided it, when and why."""

    cycle: CycleView
    reason: str
    by: str
    at: datetime


class ProposalView(Schema):
    """What a frequent fault review asks for. `alarms` are the failures that it counted; `order` is the review's."""

    cycle: CycleView
    alarms: list[str]
    order: str
    at: datetime


class DutyView(Schema):
    """One unit and one duty. `unit` is a device, a building or the site, as `per` says.

    `due_day` is the last day on which the next turn is in time, on the site's calendar; its order opens at `opens_at`
    and is told as overdue at `overdue_at`. `overdue`: its day is over and it was not done. `order` is the turn's, while
    it is open.
    """

    id: str
    site: str
    duty: str
    unit: str
    per: Per
    title: TextView
    name: TextView | None = Field(description="The unit's name, where the registry has one.")
    team: str | None
    template: str
    severity: Severity
    source: TextView
    state: CycleState
    cycle: CycleView
    since: date
    due_day: date
    opens_at: datetime
    overdue_at: datetime
    overdue: bool
    order: str | None
    last_done: TurnView | None
    override: OverrideView | None
    proposal: ProposalView | None


class DutyList(Listing[DutyView]):
    """By the day on which they are due."""


class DutyDetail(DutyView):
    """A duty of a unit with the turns that were done, newest first."""

    done: list[TurnView]


class DutyFigureView(Schema):
    """The turns of a unit that were due in the period: done in time, done late, and not done."""

    site: str
    duty: str
    unit: str
    title: TextView
    name: TextView | None
    due: int
    in_time: int
    late: int
    overdue: int


class DutyCompletion(Listing[DutyFigureView]):
    """Completion by duty and unit."""


class DoneRequest(Request):
    """On which day of the site's calendar it was done, by whom, and how that is known."""

    day: date = Field(examples=["2026-03-14"])
    by: PartyName = Field(examples=["Lakeside Lift Co."])
    note: Note = Field(examples=["Maintenance sheet no. 4711."])


class CycleDecision(Request):
    """Why the cycle is changed, or is not."""

    reason: Note = Field(examples=["Door drive replaced; three months at the shorter cycle."])
