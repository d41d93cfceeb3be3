"""Routes and rounds: the rota, what became of each round, and the figures."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from api.schemas.basics import Listing, Schema, TextView
from domain.rounds import FindingType, RoundState
from domain.routes import RouteKind

RoundId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}\.\d{8}T\d{6}Z$")]
"""`{site}.{route}.{start}`, the start in UTC."""


class PointView(Schema):
    """A checkpoint of a route, by its name where it has one."""

    id: str
    name: TextView | None


class ItemView(Schema):
    """Something to look at while at a checkpoint."""

    checkpoint: str
    id: str
    label: TextView


class HoursView(Schema):
    """From a time to a time on the site's clock; equal: the whole day."""

    begins: str
    ends: str


class BandView(HoursView):
    """So many rounds between two times."""

    times: int


class RouteView(Schema):
    """A route as it is walked. `next_starts_at` is the start of its next round; null without a schedule."""

    site: str
    id: str
    name: TextView
    kind: RouteKind
    team: str | None
    ordered: bool
    points: list[PointView]
    items: list[ItemView]
    guards: list[str]
    every_s: float | None
    bands: list[BandView]
    active: HoursView
    random_start_s: float
    grace_s: float
    within_s: float | None
    least_between_s: float
    next_starts_at: datetime | None


class RouteList(Listing[RouteView]):
    """All routes in reach, by site and id."""


class PassState(StrEnum):
    """How one point of a round stands."""

    WAITING = "waiting"
    PASSED = "passed"
    LATE = "late"
    MISSED = "missed"


class RoundPoint(PointView):
    """A point of a round: when it was first passed, and by whom."""

    state: PassState
    at: datetime | None
    guard: str | None


class FindingView(Schema):
    """What there is to say of a round: about these points; `told` names guards or results of check items."""

    type: FindingType
    points: list[str]
    told: list[str]


class RoundView(Schema):
    """One pass of a route. It may begin from `opens_at`, must by `begin_by`, should be walked by `end_by`, and is
    judged at `closes_at`. `amended`: a visit that arrived late changed what had been judged.
    """

    id: str
    site: str
    route: str
    name: TextView
    kind: RouteKind
    team: str | None
    ordered: bool
    day: date
    state: RoundState
    opens_at: datetime
    starts_at: datetime
    begin_by: datetime
    end_by: datetime
    closes_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    judged_at: datetime | None
    amended: bool
    points: list[RoundPoint]
    missed: list[str]
    findings: list[FindingView]
    guards: list[str]


class RoundList(Listing[RoundView]):
    """The rounds of one day, in the order of their start."""


class VisitView(Schema):
    """One check-in. `device` is what read the tag."""

    checkpoint: str
    at: datetime
    received_at: datetime
    device: str
    guard: str
    items: dict[str, str]


class RoundDetail(RoundView):
    """A round with every visit."""

    visits: list[VisitView]


class GuardShare(Schema):
    """What one guard had of a day's rounds: how many he walked in, how many of those were whole, points he passed."""

    guard: str
    rounds: int
    completed: int
    points: int


class RouteDay(Schema):
    """The figure of a route on a day. Only judged rounds count."""

    site: str
    route: str
    name: TextView
    day: date
    due: int
    completed: int
    points_due: int
    points_passed: int
    guards: list[GuardShare]


class RoundCompletion(Listing[RouteDay]):
    """Completion by route and day, newest day first."""
