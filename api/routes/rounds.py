"""Routes to walk, rounds by day, and how complete they are.

Promises: reading only; rounds are judged from visits, and nobody writes one by hand. Leaves to others: judging
(`alerting.rounds`), which rounds a day has (`api.rota`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import PartsHere, Reader, in_reach, reach
from api.rota import local_day, next_start, rota_of, round_of, rounds_of_days, sites_in
from api.round_views import Names, completions, round_detail, round_view, route_view
from api.routes.queries import Cursor, Limit, SiteQuery
from api.schemas.basics import EARLIEST, LATEST, Name
from api.schemas.rounds import RoundCompletion, RoundDetail, RoundId, RoundList, RouteList
from domain.errors import Invalid
from domain.ports.ledger import DeviceFilter, Rows
from domain.rounds import RoundState

router = APIRouter(tags=["rounds"])

MOST_DAYS = 31

RouteQuery = Annotated[Name | None, Query(description="Only this route.")]
Day = Annotated[date | None, Query(description="A date on the site's clock; without it: today.")]


def _names(rows: Rows, sites: frozenset[str] | None) -> Names:
    points = rows.devices.page(DeviceFilter(sites=sites, kind="checkpoint"), after=None, most=10_000).items
    return {(point.site, point.id): point.name for point in points if point.name is not None}


def _checked(day: date) -> date:
    if not EARLIEST.date() < day < LATEST.date():
        raise Invalid("day: must lie between the years 2000 and 2200")
    return day


@router.get("/routes", summary="Routes: their points and their rota")
def list_routes(caller: Reader, parts: PartsHere, site: SiteQuery = None) -> RouteList:
    """The routes in reach, each with the start of its next round."""
    now, sites = parts.clock.now(), reach(caller, site)
    with parts.ledger.read() as rows:
        zones = {one.id: one.time_zone for one in sites_in(rows, sites)}
        names = _names(rows, sites)
        routes = [route for route in rows.routes.every(sites) if route.site in zones and route.retired_at is None]
    return RouteList(items=[route_view(one, names, next_start(one, zones[one.site], now)) for one in routes])


@router.get("/rounds", summary="The rounds of a day")
def list_rounds(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    route: RouteQuery = None,
    state: Annotated[RoundState | None, Query(description="Only this state.")] = None,
    day: Day = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> RoundList:
    """Every round that the rota has for the day, in the order of their start: walked, missed, and still to come."""
    now, sites = parts.clock.now(), reach(caller, site)
    with parts.ledger.read() as rows:
        found = [
            one
            for each in sites_in(rows, sites)
            for one in rota_of(rows, each, _checked(day) if day else local_day(each, now), now, route=route)
            if state is None or one.state is state
        ]
        names = _names(rows, sites)
    keyed = sorted(((f"{one.slot.starts_at:%Y%m%dT%H%M%S}|{one.id}", one) for one in found), key=lambda pair: pair[0])
    rest = [pair for pair in keyed if cursor is None or pair[0] > cursor]
    more = rest[limit - 1][0] if len(rest) > limit else None
    return RoundList(items=[round_view(one, names) for _, one in rest[:limit]], next=more)


@router.get("/rounds/completion", summary="How complete rounds were, by route, guard and day")
def round_completion(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    route: RouteQuery = None,
    first: Annotated[date | None, Query(description="The first day; without it: a week before the last.")] = None,
    last: Annotated[date | None, Query(description="The last day; without it: today.")] = None,
) -> RoundCompletion:
    """Judged rounds only: those that run, are planned or were not watched count neither for nor against anybody."""
    now, sites = parts.clock.now(), reach(caller, site)
    rounds = []
    with parts.ledger.read() as rows:
        for each in sites_in(rows, sites):
            end = _checked(last) if last else local_day(each, now)
            begin = _checked(first) if first else end - timedelta(days=6)
            if not 0 <= (end - begin).days < MOST_DAYS:
                raise Invalid(f"first: it lies after the last day, or more than {MOST_DAYS} days before it")
            rounds += rounds_of_days(rows, each, begin, end, route=route)
    return RoundCompletion(items=completions(rounds))


@router.get("/rounds/{round_id}", summary="One round with its visits")
def get_round(
    caller: Reader, parts: PartsHere, round_id: Annotated[RoundId, Path(description="The round's id.")]
) -> RoundDetail:
    """The round as it stands: its points, what there is to say of it, and every check-in."""
    site = round_id.split(".")[0]
    in_reach(caller, site, f"round {round_id}")
    with parts.ledger.read() as rows:
        return round_detail(round_of(rows, round_id, parts.clock.now()), _names(rows, frozenset({site})))
