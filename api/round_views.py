"""From routes and rounds to what the API says: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from api.schemas.basics import TextView
from api.schemas.rounds import (
    BandView,
    FindingView,
    GuardShare,
    HoursView,
    ItemView,
    PassState,
    PointView,
    RoundDetail,
    RoundPoint,
    RoundView,
    RouteDay,
    RouteView,
    VisitView,
)
from domain.rounds import Round, RoundState, Visit, completion, first_visits
from domain.routes import Route
from domain.texts import Text

Names = Mapping[tuple[str, str], Text]
"""Names of checkpoints, by (site, device)."""

_OVER = (RoundState.MISSED, RoundState.NOT_STARTED)


def route_view(route: Route, names: Names, next_starts_at: datetime | None) -> RouteView:
    """A route for a list."""
    return RouteView(
        site=route.site,
        id=route.id,
        name=TextView.model_validate(route.name),
        kind=route.kind,
        team=route.team,
        ordered=route.ordered,
        points=[PointView(id=point, name=_name(names, route.site, point)) for point in route.checkpoints],
        items=[ItemView.model_validate(item) for item in route.items],
        guards=list(route.guards),
        every_s=route.every.total_seconds() if route.every is not None else None,
        bands=[BandView.model_validate(band) for band in route.bands],
        active=HoursView.model_validate(route.active),
        random_start_s=route.random_start.total_seconds(),
        grace_s=route.grace.total_seconds(),
        within_s=route.within.total_seconds() if route.within is not None else None,
        least_between_s=route.least_between.total_seconds(),
        next_starts_at=next_starts_at,
    )


def round_view(round_: Round, names: Names) -> RoundView:
    """A round for the board."""
    route, slot = round_.route_as_it_was, round_.slot
    first = first_visits(round_.visits)
    return RoundView(
        id=round_.id,
        site=round_.site,
        route=round_.route,
        name=TextView.model_validate(route.name),
        kind=route.kind,
        team=route.team,
        ordered=route.ordered,
        day=round_.day,
        state=round_.state,
        opens_at=slot.opens_at,
        starts_at=slot.starts_at,
        begin_by=slot.begin_by,
        end_by=slot.end_by,
        closes_at=slot.closes_at,
        started_at=round_.started_at,
        completed_at=round_.completed_at,
        judged_at=round_.judged_at,
        amended=round_.amended,
        points=[_point(round_, point, first.get(point), names) for point in route.checkpoints],
        missed=list(round_.missed),
        findings=[FindingView.model_validate(finding) for finding in round_.findings],
        guards=sorted({visit.guard for visit in round_.visits}),
    )


def round_detail(round_: Round, names: Names) -> RoundDetail:
    """A round with every visit."""
    visits = [VisitView.model_validate(visit) for visit in round_.visits]
    return RoundDetail(**dict(round_view(round_, names)), visits=visits)


def completions(rounds: Iterable[Round]) -> list[RouteDay]:
    """The figures of these rounds by route and day, newest day first."""
    groups: dict[tuple[date, str, str], list[Round]] = {}
    for one in rounds:
        groups.setdefault((one.day, one.site, one.route), []).append(one)
    newest_first = sorted(groups.items(), key=lambda group: (-group[0][0].toordinal(), *group[0][1:]))
    return [_route_day(day, of_route) for (day, _, _), of_route in newest_first]


def _route_day(day: date, rounds: list[Round]) -> RouteDay:
    figure, newest = completion(rounds), max(rounds, key=lambda one: one.slot.starts_at)
    guards = sorted({visit.guard for one in rounds for visit in one.visits})
    return RouteDay(
        site=newest.site,
        route=newest.route,
        name=TextView.model_validate(newest.route_as_it_was.name),
        day=day,
        due=figure.due,
        completed=figure.completed,
        points_due=figure.points_due,
        points_passed=figure.points_passed,
        guards=[_share(guard, rounds) for guard in guards],
    )


def _share(guard: str, rounds: Iterable[Round]) -> GuardShare:
    his = [one for one in rounds if any(visit.guard == guard for visit in one.visits)]
    passed = [visit for one in his for visit in first_visits(one.visits).values() if visit.guard == guard]
    whole = sum(one.state is RoundState.COMPLETED for one in his)
    return GuardShare(guard=guard, rounds=len(his), completed=whole, points=len(passed))


def _point(round_: Round, point: str, visit: Visit | None, names: Names) -> RoundPoint:
    if visit is None:
        state = PassState.MISSED if round_.state in _OVER else PassState.WAITING
    else:
        state = PassState.LATE if visit.at > round_.slot.end_by else PassState.PASSED
    return RoundPoint(
        id=point,
        name=_name(names, round_.site, point),
        state=state,
        at=visit.at if visit is not None else None,
        guard=visit.guard if visit is not None else None,
    )


def _name(names: Names, site: str, point: str) -> TextView | None:
    name = names.get((site, point))
    return TextView.model_validate(name) if name is not None else None
