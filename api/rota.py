"""The rota of a day: rounds that are rows, and those of which there is nothing to write down yet.

Promises: a round that the local clock promises is always there: planned while its time has not come, unwatched when it
passed while nobody judged. Leaves to others: judging (`alerting.rounds`), showing (`api.round_views`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.assets import Site
from domain.errors import NotFound
from domain.ports.ledger import RoundFilter, Rows
from domain.rounds import Round, RoundState, planned
from domain.routes import Route, slots_between, slots_of_day

MOST_ROUNDS = 10_000
"""Rows read for a day, or for a span of days."""

JUDGED_AFTER = timedelta(minutes=2)
"""A timer needs seconds. A round without a row this long after it should have begun was judged by nobody."""

NEXT_WITHIN = timedelta(days=8)


def local_day(site: Site, at: datetime) -> date:
    """The date on the site's clock."""
    return at.astimezone(ZoneInfo(site.time_zone)).date()


def sites_in(rows: Rows, sites: frozenset[str] | None) -> list[Site]:
    """The registered sites among these; None is all."""
    return [site for site in rows.devices.sites() if sites is None or site.id in sites]


def rota_of(rows: Rows, site: Site, day: date, now: datetime, *, route: str | None = None) -> list[Round]:
    """Every round of a site on one local day, in the order of their start."""
    known = {one.id: one for one in rounds_of_days(rows, site, day, day, route=route)}
    for one in rows.routes.every(frozenset({site.id})):
        if route is None or one.id == route:
            known |= {blank.id: blank for blank in _blanks(one, site, day, now) if blank.id not in known}
    return sorted(known.values(), key=lambda one: (one.slot.starts_at, one.id))


def rounds_of_days(rows: Rows, site: Site, first: date, last: date, *, route: str | None = None) -> list[Round]:
    """The rounds of some local days that are rows."""
    zone = ZoneInfo(site.time_zone)
    which = RoundFilter(
        start=datetime.combine(first, time(), tzinfo=zone) - timedelta(hours=1),
        end=datetime.combine(last + timedelta(days=1), time(), tzinfo=zone) + timedelta(hours=1),
        sites=frozenset({site.id}),
        route=route,
    )
    return [one for one in rows.rounds.between(which, most=MOST_ROUNDS) if first <= one.day <= last]


def round_of(rows: Rows, round_id: str, now: datetime) -> Round:
    """A round by id, also one that nothing happened in yet. Raises NotFound."""
    found = rows.rounds.find(round_id)
    if found is not None:
        return found
    site_id, route_id, _ = round_id.split(".")
    for site in sites_in(rows, frozenset({site_id})):
        route = rows.routes.get(site_id, route_id)
        starts_at = _start_in(round_id)
        if starts_at is None:
            break
        for blank in _blanks(route, site, local_day(site, starts_at), now):
            if blank.id == round_id:
                return blank
    raise NotFound(f"there is no round {round_id}")


def next_start(route: Route, time_zone: str, now: datetime) -> datetime | None:
    """When the route's next round starts."""
    coming = slots_between(route, time_zone, now, now + NEXT_WITHIN)
    return coming[0].starts_at if coming else None


def _blanks(route: Route, site: Site, day: date, now: datetime) -> Iterable[Round]:
    for slot in slots_of_day(route, site.time_zone, day):
        if not route.judges(slot):
            continue
        blank = planned(route, slot)
        passed = now >= slot.begin_by + JUDGED_AFTER
        yield replace(blank, state=RoundState.UNWATCHED) if passed else blank


def _start_in(round_id: str) -> datetime | None:
    try:
        return datetime.strptime(round_id.rpartition(".")[2], "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None
