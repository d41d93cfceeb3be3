"""Climbing: what an alarm's change does to its escalation, as pure functions.

Promises: one function (`climbed`) for every change of an alarm, one (`arrived`) for an arrival, and why a climb goes
on. Acknowledging stops it, but a life-safety alarm climbs until somebody has come; the end of the alarm stops it, and
so does hiding it; an alarm that comes back, or is shown again, begins anew. Leaves to others: the steps' arithmetic
(`domain.escalation`), acting on them (`alerting.escalate`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from domain.alarms import Alarm, AlarmState
from domain.escalation import Because, Climb, NextStep, Plan, again, begin, instead, next_step, stop
from domain.workorders import OrderState, WorkOrder

ARRIVED_STAMP = "arrived"

_CAME = frozenset({OrderState.ON_SITE, OrderState.FIXED, OrderState.CHECKED, OrderState.FOLLOWED_UP, OrderState.CLOSED})


class ClimbChange(StrEnum):
    """What became of a climb."""

    BEGUN = "begun"
    BEGUN_ANEW = "begun_anew"
    STOPPED = "stopped"
    GOES_ON = "goes_on"


def climbed(
    before: Alarm | None, alarm: Alarm, plan: Plan, at: datetime, *, came: bool, left: bool = False
) -> tuple[Alarm, ClimbChange | None]:
    """The alarm after a change at `at`, with its climb, and what became of that (None: nothing).

    `came` says whether somebody is at the place, or was since the climb began; `left`, of an alarm that happened again,
    that nobody is at it any more.
    """
    if alarm.standing.hidden:  # nobody is called for it; what was under way stops
        if alarm.climb is None or alarm.climb.stopped_at is not None:
            return alarm, None
        return replace(alarm, climb=stop(alarm.climb, at)), ClimbChange.STOPPED
    shown = before is not None and before.standing.hidden and alarm.signal_active
    if before is None or (shown and alarm.climb is None):
        policy = plan.choose(alarm.rule, alarm.severity, life_safety=alarm.life_safety)
        begun = begin(policy, plan, at) if policy is not None else None
        return replace(alarm, climb=begun), ClimbChange.BEGUN if begun is not None else None
    if alarm.climb is None:
        return alarm, None
    fresh = _begun_anew(before, alarm, alarm.climb, plan, at, left=left)
    if fresh is not None:
        return replace(alarm, climb=fresh), ClimbChange.BEGUN_ANEW
    change = _stopping(before, alarm, came=came)
    climb = stop(alarm.climb, at) if change is ClimbChange.STOPPED else alarm.climb
    return replace(alarm, climb=climb), change


def arrived(alarm: Alarm, arrived_at: datetime, at: datetime) -> Alarm | None:
    """The alarm when somebody arrived at its place; None when its climb began later, or is stopped already."""
    climb = alarm.climb
    if climb is None or climb.stopped_at is not None or arrived_at < climb.started_at:
        return None
    return replace(alarm, climb=stop(climb, at))


def somebody_came(order: WorkOrder | None, climb: Climb | None) -> bool:
    """Whether somebody is at the place of an order, is done there, or was stamped there since the climb began."""
    if order is None:
        return False
    stamped = order.stamps.get(ARRIVED_STAMP)
    here = stamped is not None and (climb is None or stamped >= climb.started_at)
    return order.arrived_at is not None or order.state in _CAME or here


def because(alarm: Alarm) -> Because:
    """Why the alarm's climb goes on."""
    return Because.NOBODY_ARRIVED if alarm.life_safety and alarm.state.acknowledged else Because.NOT_ACKNOWLEDGED


def coming(alarm: Alarm) -> NextStep | None:
    """What comes next on the alarm unless somebody takes it; None when nothing will."""
    return next_step(alarm.climb, because(alarm)) if alarm.climb is not None else None


def _stopping(before: Alarm, alarm: Alarm, *, came: bool) -> ClimbChange | None:
    if not alarm.state.open:
        return ClimbChange.STOPPED
    if not alarm.state.acknowledged or before.state.acknowledged:
        return None
    return ClimbChange.GOES_ON if alarm.life_safety and not came else ClimbChange.STOPPED


def _begun_anew(before: Alarm, alarm: Alarm, climb: Climb, plan: Plan, at: datetime, *, left: bool) -> Climb | None:
    graver = (before.severity, before.life_safety) != (alarm.severity, alarm.life_safety)
    if graver:
        policy = plan.choose(alarm.rule, alarm.severity, life_safety=alarm.life_safety)
        if policy is not None and policy.name != climb.policy:
            return instead(climb, policy, plan, at)
    # A second press before anybody looked does not begin anew: the climb is under way, or it stopped for whoever came.
    # Once these have left, the one stopped for them calls nobody any more.
    unseen = before.state is not AlarmState.UNACKNOWLEDGED or before.standing.hidden
    came_back = alarm.state is AlarmState.UNACKNOWLEDGED and (unseen or (left and climb.stopped_at is not None))
    return again(climb, at) if came_back else None
