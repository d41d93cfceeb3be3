"""Rounds: exactly those that the local clock promises, each as it was walked.

Promises: what the clock on the wall promises is counted here minute by minute, not by the rota's own arithmetic; no
visit is lost and none is made up; a route whose newest round was bad has an alarm that stands. Leaves to others: alarms
as such (`alarms`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.alarms import Alarm
from domain.assets import SubjectType
from domain.ports.ledger import RoundFilter, Rows
from domain.rounds import RoundState
from domain.routes import Route
from simulators.strolls import Stroll
from watchkeeper.rehearsal.audit.broken import LATEST, few, must

_BAD = (RoundState.MISSED, RoundState.NOT_STARTED)
_RULES = ("route.not_started", "route.missed_points")
_MINUTE = timedelta(minutes=1)
_MOST = 100_000
_NEWEST = 3


class RoundAudit:
    """The rounds that somebody was to walk."""

    def __init__(self, strolls: Sequence[Stroll]) -> None:
        self._strolls = strolls
        self._routes = list({(one.route.site, one.route.id): one.route for one in strolls}.values())

    def inspect(self, rows: Rows, alarms: Sequence[Alarm]) -> None:
        """Whether a bad round is told as long as it is the newest."""
        for route in self._routes:
            newest = rows.rounds.newest(route.site, route.id, most=_NEWEST)
            if not newest or newest[0].state not in _BAD:
                continue
            told = [
                one
                for one in alarms
                if one.subject.type is SubjectType.ROUTE and one.subject.id == route.id and one.rule in _RULES
            ]
            must(any(one.signal_active for one in told), f"{newest[0].id} is {newest[0].state}, and no alarm says so")

    def close(self, rows: Rows, at: datetime) -> None:
        """Whether the rounds are those that were promised, and as they were walked."""
        zones = {site.id: site.time_zone for site in rows.devices.sites()}
        begins = min((stroll.slot.starts_at for stroll in self._strolls), default=at)
        for route in self._routes:
            which = RoundFilter(start=begins, end=at, sites=frozenset({route.site}), route=route.id)
            found = {one.slot.starts_at for one in rows.rounds.between(which, most=_MOST)}
            if route.every is not None:
                promised = set(_promised(route, ZoneInfo(zones[route.site]), begins, at))
                must(found <= promised, f"rounds of {route.id} that no clock promised: {few(found - promised)}")
                over = {start for start in promised if start + route.every + route.grace <= at}
                must(over <= found, f"rounds of {route.id} that were promised and never came: {few(over - found)}")
        for stroll in self._strolls:
            if max(stroll.told_at, stroll.slot.closes_at) <= at - LATEST:
                self._as_walked(rows, stroll)

    def _as_walked(self, rows: Rows, stroll: Stroll) -> None:
        which = RoundFilter(
            start=stroll.slot.starts_at,
            end=stroll.slot.starts_at + _MINUTE,
            sites=frozenset({stroll.route.site}),
            route=stroll.route.id,
        )
        found = rows.rounds.between(which, most=2)
        must(len(found) == 1, f"{len(found)} rounds of {stroll.route.id} at {stroll.slot.starts_at}")
        missed = tuple(point for point in stroll.route.checkpoints if point not in stroll.passed)
        state = RoundState.MISSED if missed else RoundState.COMPLETED
        expected = (RoundState.NOT_STARTED, ()) if not stroll.passed else (state, missed)
        must((found[0].state, found[0].missed) == expected, f"{found[0].id} is {found[0].state}, expected {expected}")


def _promised(route: Route, zone: ZoneInfo, begins: datetime, last: datetime) -> Iterator[datetime]:
    """Every instant at which the wall shows a time of the route for the first time, from midnight on."""
    assert route.every is not None
    at = begins
    while at <= last:
        local = at.astimezone(zone)
        since_midnight = timedelta(hours=local.hour, minutes=local.minute)
        if local.fold == 0 and not since_midnight % route.every:
            yield at
        at += _MINUTE
