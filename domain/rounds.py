"""Rounds: one scheduled pass of a route, its visits, and what must be said of it.

Promises: `judged` is the one answer to *how does this round stand?*, a pure function of its visits and the instant, so
that a visit that arrives late simply gives another answer; one table names the event and the reason of every change.
Leaves to others: when rounds are due (`domain.routes`), alarms and keeping (`alerting.rounds`, `domain.ports.ledger`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from domain.events import EventType
from domain.routes import Route, Slot

SAME_VISIT = timedelta(seconds=60)
"""A second tag at a checkpoint within this long is the same visit (design, section 7)."""

MOST_VISITS = 500
"""Kept of one round; somebody who tags all night is one guard, not a flood of rows."""

GOOD = frozenset({"ok", "good", "normal", "正常", "良好", "完好"})
"""Check results that need no second look."""


class RoundState(StrEnum):
    """Where a round stands. `unwatched` is said only of one whose time passed while nobody judged."""

    PLANNED = "planned"
    RUNNING = "running"
    NOT_STARTED = "not_started"
    COMPLETED = "completed"
    MISSED = "missed"
    UNWATCHED = "unwatched"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One check-in. `at` is when it happened, `received_at` when we learned of it; `device` is what read the tag."""

    checkpoint: str
    at: datetime
    received_at: datetime
    device: str
    guard: str = ""
    items: dict[str, str] = {}


class FindingType(StrEnum):
    """What there is to say of a round beside its points."""

    LATE = "late"  # begun after its grace, or points passed after it should have ended
    TOO_FAST = "too_fast"
    UNKNOWN_GUARD = "unknown_guard"
    OUT_OF_ORDER = "out_of_order"
    ITEMS = "items"  # a check item was not good


class Finding(msgspec.Struct, frozen=True):
    """One thing to say. `points` are the checkpoints it is about; `told` names guards or item results."""

    type: FindingType
    points: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One pass as the ledger keeps it. It is a row from its first visit on, or from when nobody came.

    `route_as_it_was` and `slot` are those that it is judged by. `missed` names the points that were still missing when
    it closed. `judged_at` is the instant that its state became what it is, by its own times. `amended` says that a
    visit which arrived late changed what had been judged.
    """

    id: str
    site: str
    route: str
    route_as_it_was: Route
    slot: Slot
    state: RoundState = RoundState.PLANNED
    visits: tuple[Visit, ...] = ()
    missed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    judged_at: datetime | None = None
    amended: bool = False

    @property
    def day(self) -> date:
        """The local date of its start."""
        return self.slot.day

    @property
    def next_at(self) -> datetime | None:
        """When time alone changes it next; None when only a visit can."""
        return self.slot.closes_at if self.state is RoundState.RUNNING else None

    def found(self, type: FindingType) -> Finding | None:
        """The finding of that type, if there is one."""
        return next((one for one in self.findings if one.type is type), None)


class RoundTransition(msgspec.Struct, frozen=True):
    """One row of the table."""

    before: RoundState
    after: RoundState
    event: EventType
    because: str


_S, _E = RoundState, EventType

ROUND_TRANSITIONS: tuple[RoundTransition, ...] = (
    RoundTransition(_S.PLANNED, _S.RUNNING, _E.ROUND_STARTED, "the first point was passed"),
    RoundTransition(_S.PLANNED, _S.COMPLETED, _E.ROUND_COMPLETED, "every point was passed"),
    RoundTransition(_S.PLANNED, _S.NOT_STARTED, _E.ROUND_MISSED, "nobody had begun when its grace was over"),
    RoundTransition(_S.PLANNED, _S.MISSED, _E.ROUND_MISSED, "it was over when we learned of it, with points missing"),
    RoundTransition(_S.RUNNING, _S.RUNNING, _E.ROUND_VISITED, "another point was passed"),
    RoundTransition(_S.RUNNING, _S.COMPLETED, _E.ROUND_COMPLETED, "every point was passed"),
    RoundTransition(_S.RUNNING, _S.MISSED, _E.ROUND_MISSED, "it ended with points missing"),
    RoundTransition(_S.NOT_STARTED, _S.RUNNING, _E.ROUND_STARTED, "somebody began after all"),
    RoundTransition(_S.NOT_STARTED, _S.MISSED, _E.ROUND_AMENDED, "visits arrived late, not of every point"),
    RoundTransition(_S.NOT_STARTED, _S.COMPLETED, _E.ROUND_AMENDED, "visits of every point arrived late"),
    RoundTransition(_S.MISSED, _S.MISSED, _E.ROUND_AMENDED, "a visit arrived late: fewer points are missing"),
    RoundTransition(_S.MISSED, _S.COMPLETED, _E.ROUND_AMENDED, "the missing visits arrived late"),
    RoundTransition(_S.COMPLETED, _S.COMPLETED, _E.ROUND_VISITED, "a point was passed once more"),
)

_TABLE = {(row.before, row.after): row for row in ROUND_TRANSITIONS}
_BEGUN_IN_TIME = "it had begun in time: the visit arrived late"
_ONCE_MORE = "a point was passed once more"


def round_step(before: Round, after: Round) -> RoundTransition:
    """The row that leads from one to the other. Raises KeyError where there is none: rounds never go back."""
    row = _TABLE[before.state, after.state]
    began, judged_at = after.started_at, before.judged_at
    amends = before.state is RoundState.NOT_STARTED and after.state is RoundState.RUNNING
    if amends and began is not None and judged_at is not None and began <= judged_at:
        return RoundTransition(row.before, row.after, EventType.ROUND_AMENDED, _BEGUN_IN_TIME)
    if after.state is RoundState.MISSED and after.missed == before.missed:
        return RoundTransition(row.before, row.after, EventType.ROUND_VISITED, _ONCE_MORE)
    return row


def planned(route: Route, slot: Slot) -> Round:
    """The round of a slot before anything happened."""
    return Round(
        id=f"{route.site}.{route.id}.{slot.starts_at:%Y%m%dT%H%M%SZ}",
        site=route.site,
        route=route.id,
        route_as_it_was=route,
        slot=slot,
    )


def visited(round_: Round, visit: Visit) -> Round | None:
    """The round with one more visit, not judged yet; None when it is one that is there already."""
    same = (
        one
        for one in round_.visits
        if one.checkpoint == visit.checkpoint and one.guard == visit.guard and abs(one.at - visit.at) < SAME_VISIT
    )
    if next(same, None) is not None or len(round_.visits) >= MOST_VISITS:
        return None
    visits = tuple(sorted((*round_.visits, visit), key=lambda one: (one.at, one.received_at)))
    return replace(round_, visits=visits)


def judged(round_: Round, at: datetime) -> Round:
    """The round as it stands at `at`, by what is known of it."""
    slot, first = round_.slot, first_visits(round_.visits)
    missing = tuple(point for point in round_.route_as_it_was.checkpoints if point not in first)
    started_at = min((visit.at for visit in round_.visits), default=None)
    completed_at = None
    missed: tuple[str, ...] = ()
    if not missing:
        passed = (first[point].at for point in round_.route_as_it_was.checkpoints)
        state = RoundState.COMPLETED
        completed_at = judged_at = max(passed)
    elif started_at is None:
        state = RoundState.NOT_STARTED if at >= slot.begin_by else RoundState.PLANNED
        judged_at = slot.begin_by
    elif at >= slot.closes_at:
        state, missed, judged_at = RoundState.MISSED, missing, slot.closes_at
    else:
        state, judged_at = RoundState.RUNNING, started_at
    was_judged = round_.state in (RoundState.NOT_STARTED, RoundState.MISSED)
    in_time = started_at is not None and round_.judged_at is not None and started_at <= round_.judged_at
    changed = (state, missed) != (round_.state, round_.missed)
    return replace(
        round_,
        state=state,
        missed=missed,
        findings=tuple(_findings(round_, first)),
        started_at=started_at,
        completed_at=completed_at,
        judged_at=None if state is RoundState.PLANNED else judged_at,
        amended=round_.amended or (was_judged and changed and (in_time or at >= slot.closes_at)),
    )


def first_visits(visits: Iterable[Visit]) -> dict[str, Visit]:
    """The first visit of each checkpoint."""
    first: dict[str, Visit] = {}
    for visit in visits:
        first.setdefault(visit.checkpoint, visit)
    return first


def _findings(round_: Round, first: dict[str, Visit]) -> Iterable[Finding]:
    slot, route, visits = round_.slot, round_.route_as_it_was, round_.visits
    if not visits:
        return
    late = tuple(point for point, visit in first.items() if visit.at > slot.end_by)
    if late or visits[0].at > slot.begin_by:
        yield Finding(FindingType.LATE, late)
    fast = _too_fast(visits, route.least_between)
    if fast:
        yield Finding(FindingType.TOO_FAST, fast)
    unknown = [visit for visit in visits if not route.knows(visit.guard)]
    if unknown:
        points = tuple(dict.fromkeys(visit.checkpoint for visit in unknown))
        yield Finding(FindingType.UNKNOWN_GUARD, points, tuple(sorted({visit.guard for visit in unknown})))
    if route.ordered:
        place = {point: number for number, point in enumerate(route.checkpoints)}
        walked = [point for point in first if point in place]
        stray = tuple(later for before, later in pairwise(walked) if place[later] < place[before])
        if stray:
            yield Finding(FindingType.OUT_OF_ORDER, stray)
    results = {(visit.checkpoint, item): said for visit in visits for item, said in visit.items.items()}
    bad = {key: said for key, said in results.items() if said.strip().lower() not in GOOD}
    if bad:
        points = tuple(dict.fromkeys(point for point, _ in bad))
        yield Finding(
            FindingType.ITEMS, points, tuple(f"{point} {item}: {said}" for (point, item), said in bad.items())
        )


def _too_fast(visits: Sequence[Visit], least: timedelta) -> tuple[str, ...]:
    """Points that a guard reached sooner after the one before than anybody walks. Two guards can share a round."""
    before: dict[str, Visit] = {}
    points: dict[str, None] = {}
    for visit in visits:
        last = before.get(visit.guard)
        if last is not None and last.checkpoint != visit.checkpoint and visit.at - last.at < least:
            points[visit.checkpoint] = None
        before[visit.guard] = visit
    return tuple(points)


class Completion(msgspec.Struct, frozen=True):
    """How many rounds were due, and how many were walked whole. Running and unwatched ones count in neither."""

    due: int
    completed: int
    points_due: int
    points_passed: int


def completion(rounds: Iterable[Round]) -> Completion:
    """The figure of these rounds: only those that are judged."""
    due = completed = points_due = points_passed = 0
    for one in rounds:
        if one.state not in (RoundState.COMPLETED, RoundState.MISSED, RoundState.NOT_STARTED):
            continue
        points = one.route_as_it_was.checkpoints
        due += 1
        completed += one.state is RoundState.COMPLETED
        points_due += len(points)
        points_passed += sum(point in first_visits(one.visits) for point in points)
    return Completion(due, completed, points_due, points_passed)
