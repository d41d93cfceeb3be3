"""Strolls: how guards walk the rounds of a chance day, from a seed: mostly whole, sometimes not.

Promises: the same seed gives the same visits; what each round should come to is known beforehand, so that the watch can
be held to it. Leaves to others: judging rounds (`alerting`), holding it to them (`watchkeeper.rehearsal`).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import msgspec

from domain.assets import Device, Site
from domain.instants import to_ms
from domain.readings import Channel
from domain.routes import Band, Route, Slot, slots_between
from domain.texts import text
from simulators.chance import Parcel
from simulators.wire import topic_of

POINTS = ("CP-A", "CP-B", "CP-C", "CP-D", "CP-E")
EVERY = timedelta(hours=2)
"""How often the security round is walked, on the clock of the site."""

LATEST_REPORT = timedelta(hours=2)
"""A reader without a network reports a whole round this much later at most."""

_WALKED, _IN_PART, _NOT_AT_ALL = 0.7, 0.85, 0.95
"""Up to which share of the rounds: whole, in part, not at all; the rest is walked whole and reported late."""


class Stroll(msgspec.Struct, frozen=True):
    """One round as it was walked. `passed` are the points; `told_at` is when the last of it arrived."""

    route: Route
    slot: Slot
    passed: frozenset[str]
    told_at: datetime


def patrolled(site: Site) -> tuple[tuple[Route, ...], tuple[Device, ...]]:
    """The routes of a chance day, and the checkpoints on them."""
    routes = (
        Route(
            site=site.id,
            id="security",
            name=text("Security round", "安保巡更", "安保巡更"),
            checkpoints=POINTS[:3],
            every=EVERY,
        ),
        Route(
            site=site.id,
            id="night",
            name=text("Night round", "夜间巡查", "夜間巡查"),
            checkpoints=POINTS[3:],
            bands=(Band(begins="22:00", ends="06:00", times=4),),
        ),
    )
    return routes, tuple(Device(site=site.id, id=point, kind="checkpoint") for point in POINTS)


class Strolls:
    """All rounds of a stretch of time, and their visits on the way."""

    def __init__(self, site: Site, routes: Sequence[Route], *, seed: str, start: datetime, end: datetime) -> None:
        self._rng = Random(f"{seed}/strolls")
        self._site = site.id
        self._parcels: list[tuple[datetime, int, Parcel]] = []
        self.strolls: tuple[Stroll, ...] = tuple(
            self._walk(route, slot) for route in routes for slot in slots_between(route, site.time_zone, start, end)
        )

    def until(self, at: datetime) -> list[Parcel]:
        """What arrives up to `at`, in the order of arrival."""
        arrived = []
        while self._parcels and self._parcels[0][0] <= at:
            arrived.append(heapq.heappop(self._parcels)[2])
        return arrived

    def _walk(self, route: Route, slot: Slot) -> Stroll:
        die, points = self._rng.random(), list(route.checkpoints)
        if die >= _IN_PART:
            points = points if die >= _NOT_AT_ALL else []
        elif die >= _WALKED:
            points.remove(self._rng.choice(points))
        late = LATEST_REPORT * self._rng.random() if die >= _NOT_AT_ALL else None
        at = slot.starts_at + (slot.begin_by - slot.starts_at) * self._rng.random() * 0.8
        leg = (slot.end_by - at) / (len(points) + 1)
        told_at = slot.closes_at
        for point in points:
            arrives = at + (timedelta(seconds=2) * self._rng.random() if late is None else late)
            told_at = max(told_at, arrives)
            self._post(point, at, arrives)
            at += leg * (0.5 + self._rng.random() / 2)
        return Stroll(route, slot, frozenset(points), told_at)

    def _post(self, point: str, at: datetime, arrives: datetime) -> None:
        topic = topic_of(self._site, "checkpoint", point, Channel.EVENT)
        payload = msgspec.json.encode({"ts": to_ms(at), "values": {"guard": "guard-1"}})
        parcel = Parcel(arrives, point, topic, payload, at, repeatable=True)
        heapq.heappush(self._parcels, (arrives, len(self._parcels), parcel))
