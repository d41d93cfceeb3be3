"""Rounds: from visits and time to rounds, and from rounds to alarms of their routes.

Promises: a visit is entered in the transaction of its message, once however often it is sent; a round is judged at its
own instants, by a timer that may come late, and never while we cannot tell silence from not listening. An alarm's
signal stands as long as the newest judged round of the route was bad; a visit that arrives late ends it.
Memory changes only by `keep`, after the commit. Leaves to others: how a round stands (`domain.rounds`), when it is due
(`domain.routes`), the alarm itself and its order (`alerting.desk`), when we are caught up (`alerting.timers`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from alerting.apart import Apart
from alerting.desk import Desk
from alerting.round_rules import RoundRule, rule_for
from alerting.signals import Activation, Return
from domain.assets import Subject, SubjectType
from domain.errors import NotFound
from domain.instants import from_ms
from domain.people import Actor, ActorType
from domain.ports.ledger import Rows, Transaction
from domain.readings import Channel, Reading
from domain.rounds import FindingType, Round, RoundState, Visit, judged, planned, round_step, visited
from domain.routes import Route, slot_at, slots_between
from domain.texts import Text

LOOK_BACK = timedelta(days=1)
"""After a start, rounds that nobody began are looked for this far back: as long as the broker keeps visits for us."""

CLOSED_MOST = 200
"""Rounds closed by one look of the timer."""

NEWEST = 20
"""Rounds looked at to find the newest judged one."""

AHEAD = timedelta(days=1)
"""How far ahead is looked for the next round that has to begin: until then looking costs nothing."""

ROUNDS = Actor(ActorType.TIMER, "rounds")

_READERS = ("checkpoint", "patrol_reader")
_ITEMS_MOST = 50
_BAD = (RoundState.MISSED, RoundState.NOT_STARTED)
_JUDGED = (*_BAD, RoundState.COMPLETED)
_LEAST = timedelta(microseconds=1)

Key = tuple[str, str]
"""(site, route)."""


class SiteVisit(msgspec.Struct, frozen=True):
    """A visit, and the site it belongs to."""

    site: str
    visit: Visit


class Looked(msgspec.Struct, frozen=True):
    """What a look of the timer did: rounds it changed; by route how far it came, and when one has to begin next."""

    changed: int
    until: Mapping[Key, datetime]
    coming: Mapping[Key, datetime]


NOTHING_LOOKED_AT = Looked(0, {}, {})


class _Watched(msgspec.Struct, frozen=True):
    route: Route
    time_zone: str


def visit_of(reading: Reading) -> SiteVisit | None:
    """The check-in that a reading tells of; None when it tells of none."""
    if reading.kind not in _READERS or reading.channel is Channel.STATUS:
        return None
    values = reading.values
    fixed = reading.kind == "checkpoint"
    checkpoint = reading.device if fixed and "guard" in values else values.get("checkpoint")
    if not isinstance(checkpoint, str) or not checkpoint:
        return None
    guard, items = values.get("guard"), values.get("items")
    visit = Visit(
        checkpoint=checkpoint,
        at=from_ms(min(reading.at_ms, reading.received_ms)),
        received_at=from_ms(reading.received_ms),
        device=reading.device,
        guard=guard.strip() if isinstance(guard, str) else "",
        items=dict(_items(items)) if isinstance(items, str) else {},
    )
    return SiteVisit(reading.site, visit)


def _items(told: str) -> Iterator[tuple[str, str]]:
    """`"hydrant=ok; door=broken"`, item by item. What is no such pair is left out: it is in history as it came."""
    for one in told.split(";")[:_ITEMS_MOST]:
        item, separator, result = one.partition("=")
        if separator and item.strip():
            yield item.strip(), result.strip()


class Rounds:
    """The routes that are watched, and how far the timer looked on each. One thread at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._routes: dict[Key, _Watched] = {}
        self._passing: dict[Key, list[_Watched]] = {}
        self._until: dict[Key, datetime] = {}
        self._coming: dict[Key, datetime] = {}  # before this no round has to have begun that was not looked for
        self._apart = Apart("route", "route_failed")

    def load(self, rows: Rows) -> None:
        """Take the routes as the registry has them now."""
        zones = {site.id: site.time_zone for site in rows.devices.sites()}
        known = (
            _Watched(route, zones[route.site])
            for route in rows.routes.every()
            if route.site in zones and route.retired_at is None
        )
        self._routes = {(one.route.site, one.route.id): one for one in known}
        self._passing, self._coming = {}, {}
        for one in self._routes.values():
            for point in one.route.checkpoints:
                self._passing.setdefault((one.route.site, point), []).append(one)

    def enter(self, tx: Transaction, passed: SiteVisit, *, watching: bool) -> None:
        """Enter a visit in every round that it belongs to. One that no round expects changes nothing.

        Not `watching`: what else happened is still on its way, and a round is judged as it stood at the visit.
        """
        site, visit = passed.site, passed.visit
        open_ = [
            (watched, slot)
            for watched in self._passing.get((site, visit.checkpoint), ())
            if (slot := slot_at(watched.route, watched.time_zone, visit.at)) is not None
        ]
        # a tag that one of several routes knows is that one's guard, not a stranger on the others
        mine = [one for one in open_ if one[0].route.knows(visit.guard)] or open_
        for watched, slot in mine:
            tx.take(site)
            fresh = planned(watched.route, slot)
            before = tx.rounds.find(fresh.id) or fresh
            more = visited(before, visit)
            if more is None:
                continue
            seen_at = tx.at if watching else max(visit.at, before.judged_at or visit.at)
            self._change(tx, before, judged(more, seen_at), watched.time_zone, visit)

    def due(self, at: datetime) -> bool:
        """Whether a round may have to have begun by `at` that nobody looked for."""
        return any(at >= self._coming.get(key, at) for key in self._routes)

    def look(self, tx: Transaction, at: datetime, *, closing: bool = True) -> Looked:
        """Judge what fell due by `at`: rounds that close, and rounds that nobody began. `keep` its result.

        Not `closing`: the ledger says already that no round closes by then.
        """
        changed = 0
        for due in tx.rounds.due(at, most=CLOSED_MOST) if closing else ():
            changed += self._apart.run(tx, partial(self._close, tx, due, at), site=due.site, route=due.route) or 0
        until: dict[Key, datetime] = {}
        coming: dict[Key, datetime] = {}
        for key, watched in self._routes.items():
            if at < self._coming.get(key, at):
                continue
            since = self._until.get(key, at - LOOK_BACK)
            look = partial(self._look_for_begun, tx, watched, since, at)
            begun = self._apart.run(tx, look, site=key[0], route=key[1])
            if begun is not None:
                until[key], coming[key] = at, _next_begin(watched, at)
                changed += begun
        return Looked(changed, until, coming)

    def keep(self, looked: Looked) -> None:
        """Remember how far a look came, after its commit."""
        self._until.update(looked.until)
        self._coming.update(looked.coming)

    def _close(self, tx: Transaction, closing: Round, at: datetime) -> int:
        tx.take(closing.site)
        before = tx.rounds.get(closing.id)
        after = judged(before, at)
        if after == before:
            return 0
        watched = self._routes.get((before.site, before.route))
        self._change(tx, before, after, watched.time_zone if watched is not None else None, None)
        return 1

    def _look_for_begun(self, tx: Transaction, watched: _Watched, since: datetime, at: datetime) -> int:
        route = watched.route
        if route.registered_at is not None:
            since = max(since, route.registered_at)
        changed = 0
        for slot in slots_between(route, watched.time_zone, since - route.grace, at + _LEAST):
            if not since < slot.begin_by <= at:
                continue
            before = planned(route, slot)
            if tx.rounds.find(before.id) is None:
                tx.take(route.site)
                self._change(tx, before, judged(before, slot.begin_by), watched.time_zone, None)
                changed += 1
        return changed

    def _change(self, tx: Transaction, before: Round, after: Round, time_zone: str | None, visit: Visit | None) -> None:
        """Write the round, tell of it, and let its alarms follow. A retired route (no `time_zone`) raises none."""
        row = round_step(before, after)
        tx.rounds.put(after)
        tx.events.record(row.event, after.site, data=_told(before, after, row.because, visit), actor=ROUNDS)
        if time_zone is not None:
            for rule in _begins(before, after):
                self._activate(tx, rule, after, time_zone)
        for rule in _ends(tx, before, after):
            why = {"round": after.id, "state": after.state.value, "because": row.because}
            at = after.completed_at or after.started_at or tx.at
            self._desk.deactivate(tx, Return(site=after.site, subject=_subject(after), rule=rule.id, at=at, why=why))

    def _activate(self, tx: Transaction, rule: RoundRule, after: Round, time_zone: str) -> None:
        names = _names(tx, after)
        at = after.judged_at if rule in (RoundRule.NOT_STARTED, RoundRule.MISSED_POINTS) else None
        activation = Activation(
            site=after.site,
            subject=_subject(after),
            rule=rule_for(rule, after, time_zone, names),
            at=at or tx.at,
            why=_why(after),
        )
        self._desk.activate(tx, activation)


def _next_begin(watched: _Watched, at: datetime) -> datetime:
    """The first instant after `at` by which a round must have begun, or as far as was looked for one."""
    slots = slots_between(watched.route, watched.time_zone, at - watched.route.grace, at + AHEAD)
    return min((slot.begin_by for slot in slots if slot.begin_by > at), default=at + AHEAD)


def _begins(before: Round, after: Round) -> Iterator[RoundRule]:
    """The rules that begin with this change. One bad round is one alarm: what was called *not started* is not called
    *missed* as well when some of its visits arrive late.
    """
    if after.state is RoundState.NOT_STARTED:
        yield RoundRule.NOT_STARTED
    if after.state is RoundState.MISSED and before.state in (RoundState.PLANNED, RoundState.RUNNING):
        yield RoundRule.MISSED_POINTS
    if after.found(FindingType.UNKNOWN_GUARD) is not None and before.found(FindingType.UNKNOWN_GUARD) is None:
        yield RoundRule.UNKNOWN_GUARD
    over = (RoundState.MISSED, RoundState.COMPLETED)
    was_told = before.state in over and before.found(FindingType.TOO_FAST) is not None
    if after.state in over and after.found(FindingType.TOO_FAST) is not None and not was_told:
        yield RoundRule.TOO_FAST  # when it is over, so that it names all of the points


def _ends(rows: Rows, before: Round, after: Round) -> Iterator[RoundRule]:
    """The rules that end with this change."""
    if before.state is RoundState.NOT_STARTED and after.state is RoundState.RUNNING:
        yield RoundRule.NOT_STARTED
    if after.state is not RoundState.COMPLETED or before.state is RoundState.COMPLETED:
        return
    newest = next(
        (one for one in rows.rounds.newest(after.site, after.route, most=NEWEST) if one.state in _JUDGED), after
    )
    if newest.state in _BAD:
        return  # it is amended, but a later one is bad
    yield from (RoundRule.NOT_STARTED, RoundRule.MISSED_POINTS)
    if after.found(FindingType.UNKNOWN_GUARD) is None:
        yield RoundRule.UNKNOWN_GUARD
    if after.found(FindingType.TOO_FAST) is None:
        yield RoundRule.TOO_FAST


def _subject(round_: Round) -> Subject:
    return Subject(SubjectType.ROUTE, round_.route)


def _names(rows: Rows, round_: Round) -> dict[str, Text]:
    names: dict[str, Text] = {}
    for point in round_.route_as_it_was.checkpoints:
        try:
            name = rows.devices.get(round_.site, point).name
        except NotFound:  # a carried reader's point is no device
            continue
        if name is not None:
            names[point] = name
    return names


def _told(before: Round, after: Round, because: str, visit: Visit | None) -> dict[str, Any]:
    """What the event says."""
    said: dict[str, Any] = {
        "round": after.id,
        "route": after.route,
        "before": before.state,
        "after": after.state,
        "because": because,
        "starts_at": after.slot.starts_at,
        "judged_at": after.judged_at,
        "missed": after.missed or None,
        "findings": after.findings or None,
        "amended": after.amended or None,
        "visit": visit,
    }
    return _plain(said)


def _why(round_: Round) -> dict[str, Any]:
    """What a person asks later about the alarm."""
    slot = round_.slot
    return _plain(
        {
            "round": round_.id,
            "starts_at": slot.starts_at,
            "begin_by": slot.begin_by,
            "closes_at": slot.closes_at,
            "missed": round_.missed or None,
            "findings": round_.findings or None,
            "visits": round_.visits or None,
        }
    )


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins({name: value for name, value in said.items() if value is not None})
    return plain
