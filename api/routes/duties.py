"""Duties: who owes what by when, what was done, and what people decide about a cycle.

Promises: reading straight from the ledger, changing only through the desk. Leaves to others: opening orders
(`alerting.duties`), the order of a turn (`api.routes.work_orders`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import OrderApprover, PartsHere, Reader, acting, in_reach, reach
from api.credentials import Caller
from api.duty_views import UnitNames, duty_detail, duty_figures, duty_view
from api.parts import Parts
from api.routes.queries import Cursor, Limit, SiteQuery
from api.schemas.basics import EARLIEST, LATEST, Name
from api.schemas.duties import CycleDecision, DoneRequest, DutyCompletion, DutyDetail, DutyId, DutyList
from domain.duties import Per
from domain.duty_cycles import CycleState, DutyCycle
from domain.errors import Invalid, NotFound
from domain.ports.ledger import Rows, Transaction

router = APIRouter(tags=["duties"])

MOST_DAYS = 400
"""Of one question for figures: a year, and the month that a yearly turn may be late."""

DutyPath = Annotated[DutyId, Path(description="`{site}.{duty}.{unit}`.")]
DutyQuery = Annotated[Name | None, Query(description="Only this duty.")]
UnitQuery = Annotated[Name | None, Query(description="Only this device, building or site.")]


@router.get("/duties", summary="Who owes what, and by when")
def list_duties(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    duty: DutyQuery = None,
    unit: UnitQuery = None,
    state: Annotated[CycleState | None, Query(description="Only this state; without it all but retired ones.")] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> DutyList:
    """By the day on which they are due: what is overdue comes first."""
    with parts.ledger.read() as rows:
        found = [
            one
            for one in _cycles(rows, reach(caller, site), duty, unit)
            if (one.state is not CycleState.RETIRED if state is None else one.state is state)
        ]
        keyed = sorted(((f"{one.due_day:%Y%m%d}|{one.id}", one) for one in found), key=lambda pair: pair[0])
        rest = [pair for pair in keyed if cursor is None or pair[0] > cursor]
        shown = [one for _, one in rest[:limit]]
        names, zones = _names(rows, shown), _zones(rows)
    more = rest[limit - 1][0] if len(rest) > limit else None
    return DutyList(items=[duty_view(one, names, zones.get(one.site, "UTC")) for one in shown], next=more)


@router.get("/duties/completion", summary="How complete duties were, by unit")
def duty_completion(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    duty: DutyQuery = None,
    unit: UnitQuery = None,
    first: Annotated[date | None, Query(description="The first day; without it: 30 days before the last.")] = None,
    last: Annotated[date | None, Query(description="The last day; without it: today, on UTC's calendar.")] = None,
) -> DutyCompletion:
    """Turns that were due on a day of the period: done in time, done late, not done. Retired units count as well."""
    end = _checked(last or parts.clock.now().date())
    begin = _checked(first or end - timedelta(days=29))
    if not 0 <= (end - begin).days < MOST_DAYS:
        raise Invalid(f"first: it lies after the last day, or more than {MOST_DAYS} days before it")
    with parts.ledger.read() as rows:
        cycles = _cycles(rows, reach(caller, site), duty, unit)
        return DutyCompletion(items=duty_figures(cycles, _names(rows, cycles), begin, end))


@router.get("/duties/{duty_id}", summary="One duty of one unit, with what was done")
def get_duty(caller: Reader, parts: PartsHere, duty_id: DutyPath) -> DutyDetail:
    """Where it stands in its cycle, and its turns, newest first."""
    in_reach(caller, duty_id.split(".", maxsplit=1)[0], f"duty {duty_id}")
    with parts.ledger.read() as rows:
        return _detail(rows, rows.duties.get(duty_id))


@router.post("/duties/{duty_id}/record", summary="Record that it was done")
def record_duty(caller: OrderApprover, parts: PartsHere, duty_id: DutyPath, body: DoneRequest) -> DutyDetail:
    """On paper, or before Watchkeeper came: the next turn counts from that day. Refused while its order is open."""
    return _decide(
        caller,
        parts,
        duty_id,
        lambda tx: parts.desk.record_duty(
            tx, duty_id, day=_checked(body.day), by=body.by, note=body.note, actor=caller.actor
        ),
    )


@router.post("/duties/{duty_id}/accept-cycle", summary="Accept the shorter cycle that a review proposes")
def accept_cycle(caller: OrderApprover, parts: PartsHere, duty_id: DutyPath, body: CycleDecision) -> DutyDetail:
    """It counts for this unit from now on, until somebody restores the duty's own."""
    return _decide(
        caller,
        parts,
        duty_id,
        lambda tx: parts.desk.accept_cycle(tx, duty_id, reason=body.reason, actor=caller.actor),
    )


@router.post("/duties/{duty_id}/decline-cycle", summary="Decline the shorter cycle that a review proposes")
def decline_cycle(caller: OrderApprover, parts: PartsHere, duty_id: DutyPath, body: CycleDecision) -> DutyDetail:
    """The cycle stays as it is; the failures that were counted are not counted again."""
    return _decide(
        caller,
        parts,
        duty_id,
        lambda tx: parts.desk.decline_cycle(tx, duty_id, reason=body.reason, actor=caller.actor),
    )


@router.post("/duties/{duty_id}/restore-cycle", summary="Return to the duty's own cycle")
def restore_cycle(caller: OrderApprover, parts: PartsHere, duty_id: DutyPath, body: CycleDecision) -> DutyDetail:
    """The unit's own cycle counts no more."""
    return _decide(
        caller,
        parts,
        duty_id,
        lambda tx: parts.desk.restore_cycle(tx, duty_id, reason=body.reason, actor=caller.actor),
    )


def _decide(caller: Caller, parts: Parts, duty_id: str, decision: Callable[[Transaction], DutyCycle]) -> DutyDetail:
    in_reach(caller, duty_id.split(".", maxsplit=1)[0], f"duty {duty_id}")
    with acting(parts, caller) as tx:
        return _detail(tx, decision(tx))


def _detail(rows: Rows, cycle: DutyCycle) -> DutyDetail:
    return duty_detail(cycle, _names(rows, [cycle]), _zones(rows).get(cycle.site, "UTC"))


def _cycles(rows: Rows, sites: frozenset[str] | None, duty: str | None, unit: str | None) -> list[DutyCycle]:
    every = rows.duties.every(sites)
    return [one for one in every if duty in (None, one.duty) and unit in (None, one.unit)]


def _zones(rows: Rows) -> dict[str, str]:
    return {site.id: site.time_zone for site in rows.devices.sites()}


def _names(rows: Rows, cycles: list[DutyCycle]) -> UnitNames:
    names = {(site.id, site.id): site.name for site in rows.devices.sites()}
    names |= {(site.id, one.id): one.name for site in rows.devices.sites() for one in site.buildings}
    for cycle in cycles:
        if cycle.duty_as_it_was.per is not Per.DEVICE:
            continue
        try:
            name = rows.devices.get(cycle.site, cycle.unit).name
        except NotFound:  # retired with its device
            continue
        if name is not None:
            names[cycle.site, cycle.unit] = name
    return names


def _checked(day: date) -> date:
    if not EARLIEST.date() < day < LATEST.date():
        raise Invalid("day: must lie between the years 2000 and 2200")
    return day
