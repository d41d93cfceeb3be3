"""What people decide about a duty's cycle: done on paper, done more often, or as often as before.

Promises: each needs the permission to approve, because a cycle is what the law or the contract says; each keeps who
decided it and why. Leaves to others: deciding (`domain.duty_cycles`), what asks for it (`alerting.desk.fault_reviews`).
"""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from alerting.desk.details import check_name, check_note
from alerting.desk.duty_acts import write_done
from alerting.desk.duty_rows import write_cycle, zone_of
from domain.duties import local_day
from domain.duty_cycles import CycleOverride, CycleState, Done, DutyCycle, revised
from domain.errors import Conflict, Invalid
from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction

OLDEST = timedelta(days=3 * 366)
"""What was done on paper longer ago than this is a typing error: no cycle is that long."""


def record(tx: Transaction, cycle_id: str, *, day: date, by: str, note: str, actor: Actor) -> DutyCycle:
    """It was done on a day, without an order of ours: before Watchkeeper came, or while nobody could reach it."""
    cycle = _locked(tx, cycle_id, actor)
    words, who = check_note("note", note), check_name("by", by)
    if cycle.order is not None:
        raise Conflict(f"its order {cycle.order} is open: close that")
    today = local_day(tx.at, zone_of(tx, cycle.site))
    if not today - OLDEST <= day <= today:
        raise Invalid(f"day: it must lie between {today - OLDEST} and today")
    # what lies before we watched was no turn of ours: it is where the count begins
    turn = Done(day=day, due_day=cycle.due_day if day > cycle.since else day, by=who, at=tx.at)
    return write_done(tx, cycle, turn, actor, note=words)


def accept(tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
    """The proposed cycle counts for this unit from now on."""
    cycle = _locked(tx, cycle_id, actor)
    words = check_note("reason", reason)
    if cycle.proposal is None:
        raise Conflict("nobody proposes another cycle")
    override = CycleOverride(cycle=cycle.proposal.cycle, reason=words, by=actor.name, at=tx.at)
    return _revise(tx, cycle, override, actor, reason=words, review=cycle.proposal.order)


def decline(tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
    """The cycle stays as it is."""
    cycle = _locked(tx, cycle_id, actor)
    words = check_note("reason", reason)
    if cycle.proposal is None:
        raise Conflict("nobody proposes another cycle")
    after = replace(cycle, proposal=None)
    data = {"reason": words, "proposed": cycle.proposal.cycle, "review": cycle.proposal.order}
    return write_cycle(tx, EventType.DUTY_REVIEW_DECLINED, cycle, after, actor, **data)


def restore(tx: Transaction, cycle_id: str, *, reason: str, actor: Actor) -> DutyCycle:
    """The duty's own cycle counts for this unit again."""
    cycle = _locked(tx, cycle_id, actor)
    words = check_note("reason", reason)
    if cycle.override is None:
        raise Conflict("this unit has no cycle of its own")
    return _revise(tx, cycle, None, actor, reason=words)


def _revise(
    tx: Transaction, cycle: DutyCycle, override: CycleOverride | None, actor: Actor, **said: object
) -> DutyCycle:
    zone = zone_of(tx, cycle.site)
    after = revised(replace(cycle, proposal=None), cycle.duty_as_it_was, override, zone)
    return write_cycle(tx, EventType.DUTY_REVISED, cycle, after, actor, instead_of=cycle.cycle, **said)


def _locked(tx: Transaction, cycle_id: str, actor: Actor) -> DutyCycle:
    site = tx.duties.get(cycle_id).site  # a unit never changes its site; all else is read after the lock
    tx.take(site)
    actor.require(Permission.APPROVE_ORDERS, site)
    cycle = tx.duties.get(cycle_id)
    if cycle.state is CycleState.RETIRED:
        raise Conflict("this duty is retired")
    return cycle
