"""Routes, registered as a file has them.

Promises: registering the same file again writes nothing; a route that changed is judged by its new form from then on,
and rounds that had to begin before are not; a route that a file has no more is retired, its rounds kept.
Leaves to others: reading files (`watchkeeper.config_property`), judging.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec.structs import replace

from alerting.desk.alarm_acts import deactivate
from alerting.desk.places import site_of
from alerting.round_rules import RoundRule
from alerting.signals import Return
from domain.assets import Subject, SubjectType
from domain.errors import Invalid, NotFound
from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction
from domain.routes import Route


def register_routes(tx: Transaction, routes: Iterable[Route], actor: Actor) -> tuple[int, int]:
    """How many are new, changed or back, and how many were as they should be. Nothing is removed."""
    changed = unchanged = 0
    for route in sorted(routes, key=lambda one: (one.site, one.id)):
        tx.take(route.site)
        actor.require(Permission.ADOPT_DEVICES, route.site)
        before = _known(tx, route)
        if before is not None and replace(before, registered_at=None) == replace(route, registered_at=None):
            unchanged += 1
            continue
        _check(tx, route)
        after = replace(route, registered_at=tx.at)
        tx.routes.put(after)
        data = msgspec.to_builtins({"route": route.id, "before": before, "after": after})
        tx.events.record(EventType.ROUTE_REGISTERED, route.site, data=data, actor=actor)
        changed += 1
    return changed, unchanged


def retire_routes(tx: Transaction, routes: Iterable[Route], actor: Actor) -> int:
    """Retire what the sites of these routes have beside them; how many. What was said of them ends with them."""
    kept = {(route.site, route.id) for route in routes}
    retired = 0
    for site in sorted({site for site, _ in kept}):
        tx.take(site)
        actor.require(Permission.ADOPT_DEVICES, site)
        for before in tx.routes.every(frozenset({site})):
            if (site, before.id) in kept or before.retired_at is not None:
                continue
            after = replace(before, retired_at=tx.at)
            tx.routes.put(after)
            data = msgspec.to_builtins({"route": before.id, "before": before, "after": after})
            tx.events.record(EventType.ROUTE_RETIRED, site, data=data, actor=actor)
            for rule in RoundRule:
                subject = Subject(SubjectType.ROUTE, before.id)
                why = {"because": "the route is retired"}
                deactivate(tx, Return(site=site, subject=subject, rule=rule.id, at=tx.at, why=why))
            retired += 1
    return retired


def _known(tx: Transaction, route: Route) -> Route | None:
    try:
        return tx.routes.get(route.site, route.id)
    except NotFound:
        return None


def _check(tx: Transaction, route: Route) -> None:
    site = site_of(tx, route.site)
    if site is None:
        raise Invalid(f"site: there is no site {route.site}")
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Invalid(f"time_zone: {site.id} has the unknown time zone {site.time_zone}") from error
    if not route.checkpoints:
        raise Invalid(f"checkpoints: route {route.id} passes nothing")
