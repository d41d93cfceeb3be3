"""Work orders: what becomes of one, as pure functions.

Promises: a new order's row from an alarm and its template; the order after a step, after a promise, after a stamp;
which order an alarm belongs to. Leaves to others: locking, keeping and telling (`alerting.desk.order_acts`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from alerting.desk.clocks import (
    ClockNews,
    clocks_after,
    meet,
    opening_clocks,
    overdue,
    owing_word,
    promised,
    word_said,
)
from alerting.desk.details import StepDetails
from domain.alarms import Alarm
from domain.assets import Subject, SubjectType
from domain.errors import Conflict, Invalid
from domain.rules import Severity
from domain.texts import Text
from domain.workorders import ClockName, OrderState, OrderTransition, Step, Template, WorkOrder, order_step

MAX_ALARMS_LISTED = 200
"""The newest that an order lists, beside its first; all of them are on its timeline."""

STAMP_BEFORE_OPENING = timedelta(days=1)
"""How long before its opening a stamp can lie: the call that came before the sensor did."""


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a new order is about, before it has a number."""

    site: str
    title: Text
    severity: Severity
    device: str | None = None
    subject: Subject | None = None
    building: str | None = None
    zone: str | None = None
    alarms: tuple[str, ...] = ()
    follows: str | None = None


_KEPT = (SubjectType.ROUTE, SubjectType.DUTY)
"""What an order is about beside a device: its next alarm finds it by that."""


def draft_for(alarm: Alarm) -> OrderDraft:
    """The job that an alarm asks for."""
    return OrderDraft(
        site=alarm.site,
        title=alarm.text,
        severity=alarm.severity,
        device=alarm.device,
        subject=alarm.subject if alarm.subject.type in _KEPT else None,
        building=alarm.building,
        zone=alarm.zone,
        alarms=(alarm.id,),
    )


def opened(draft: OrderDraft, template: Template, number: str, at: datetime, time_zone: str | None = None) -> WorkOrder:
    """A new order, its clocks begun at `at`. Its owner is whoever touches it first. `time_zone` is its site's."""
    terms = template.terms(time_zone)
    return WorkOrder(
        id=f"{draft.site}-{number}",
        number=number,
        site=draft.site,
        state=OrderState.OPEN,
        template=template.name,
        title=draft.title,
        severity=draft.severity,
        opened_at=at,
        clocks=opening_clocks(template, at, terms),
        alarms=draft.alarms,
        device=draft.device,
        subject=draft.subject,
        building=draft.building,
        zone=draft.zone,
        follows=draft.follows,
        terms=terms,
    )


JOINABLE = frozenset({OrderState.OPEN, OrderState.DISPATCHED, OrderState.ACCEPTED, OrderState.ON_SITE})
"""While somebody is to come, comes, or is there. While an order waits nobody comes, and after the fix the job is done:
a new alarm then is a new job, with clocks of its own."""


def order_to_join(candidates: Iterable[WorkOrder]) -> WorkOrder | None:
    """Of a device's orders of one template, newest first, the one that a new alarm belongs to."""
    return next((order for order in candidates if order.state in JOINABLE), None)


def joined(order: WorkOrder, alarm: Alarm) -> WorkOrder:
    """The order, with one more alarm. It becomes as severe as its most severe one."""
    severity = min(order.severity, alarm.severity, key=lambda one: one.rank)
    alarms = (*order.alarms, alarm.id)
    if len(alarms) > MAX_ALARMS_LISTED:
        alarms = (alarms[0], *alarms[-MAX_ALARMS_LISTED + 1 :])
    return replace(order, alarms=alarms, severity=severity)


_DONE = frozenset({OrderState.FIXED, OrderState.CHECKED, OrderState.FOLLOWED_UP})
_CHECKED = frozenset({OrderState.CHECKED, OrderState.FOLLOWED_UP, OrderState.CLOSED, OrderState.CANCELLED})


def waits_for(order: WorkOrder) -> bool:
    """Whether somebody has yet to do and check it."""
    return order.state not in _CHECKED


class Attention(StrEnum):
    """What an alarm that came back needs of its order."""

    NOTHING = "nothing"
    RESUME = "resume"
    REOPEN = "reopen"
    NEW = "new"


def attention(order: WorkOrder | None, *, life_safety: bool) -> tuple[Attention, str]:
    """What an alarm's order needs when the alarm comes back, and why."""
    if order is None or order.state.ended:
        return Attention.NEW, "its order is over: the job is a new one"
    if order.state in _DONE:
        return Attention.REOPEN, "its alarm came back after the fix"
    if order.state is OrderState.WAITING and life_safety:
        return Attention.RESUME, "a life-safety alarm came back: nobody waits now"
    return Attention.NOTHING, "somebody is at it"


class Stepped(msgspec.Struct, frozen=True):
    """An order after a step, and the row of the table that allowed it."""

    order: WorkOrder
    row: OrderTransition


def stepped(
    order: WorkOrder, template: Template | None, step: Step, details: StepDetails, *, by: str, at: datetime
) -> Stepped:
    """The order after `step` by `by`. Raises Conflict where the table has no way or somebody checks his own work."""
    row = order_step(order.state, step)
    if step is Step.PASS_CHECK and by in (order.fixer, order.assignee):
        raise Conflict("whoever fixed it cannot check it: the checker is somebody else", winner=order.fixer)
    if step is Step.CLOSE and template is not None and template.verdict and not (details.verdict or order.verdict):
        raise Invalid("verdict: this order cannot be closed without one: real, false, test or fault")
    after = row.after or order.before_wait or OrderState.ACCEPTED
    clocks = clocks_after(step, order.clocks, template, at, order.terms)
    if details.note is not None or details.reason is not None:
        clocks = word_said(clocks, at, order.terms)
    act = _Act(order, details, by, at)
    effects = {"stamps": {**order.stamps, **_noted_by(step, template, at)}, **_EFFECTS[step](act)}
    return Stepped(replace(order, state=after, clocks=clocks, **effects), row)


def _noted_by(step: Step, template: Template | None, at: datetime) -> dict[str, datetime]:
    forms = template.stamps if template is not None else ()
    return {form.name: at for form in forms if form.step is step}


class _Act(msgspec.Struct, frozen=True):
    """A step as it was taken, for the table of what it writes."""

    order: WorkOrder
    details: StepDetails
    by: str
    at: datetime

    @property
    def doer(self) -> str:
        """Who does the job from now on: as told, else as before, else whoever takes the step."""
        return self.details.assignee or self.order.assignee or self.by

    @property
    def findings(self) -> dict[str, Any]:
        """What it was, when that was said now."""
        said = {"cause": self.details.cause, "verdict": self.details.verdict}
        return {name: value for name, value in said.items() if value is not None}


_NO_WAIT: dict[str, Any] = {"before_wait": None, "wait_reason": None, "wait_approver": None, "wait_until": None}


def _reworked(act: _Act) -> dict[str, Any]:
    return {"fixer": None, "fixed_at": None, "rework": act.order.rework + 1}


def _held(act: _Act) -> dict[str, Any]:
    return {
        "before_wait": act.order.state,
        "wait_reason": act.details.reason,
        "wait_approver": act.details.approver or act.by,
        "wait_until": act.details.until,
    }


def _reopened(act: _Act) -> dict[str, Any]:
    # What came back is judged anew: who goes, what it was, whom to ask. The timeline keeps the first answers.
    gone = ("assignee", "fixer", "arrived_at", "fixed_at", "verdict")
    return {**dict.fromkeys(gone), "follow_up_skipped": False, "people_affected": None, "stamps": {}}


_EFFECTS: dict[Step, Callable[[_Act], dict[str, Any]]] = {
    Step.DISPATCH: lambda act: {"assignee": act.details.assignee},
    Step.ACCEPT: lambda act: {"assignee": act.doer},
    Step.REFUSE: lambda _: {"assignee": None},
    Step.TRANSFER: lambda _: {"assignee": None},
    Step.ARRIVE: lambda act: {"assignee": act.doer, "arrived_at": act.at},
    Step.FIX: lambda act: {"fixer": act.by, "fixed_at": act.at, **act.findings},
    Step.PASS_CHECK: lambda _: {},
    Step.FAIL_CHECK: _reworked,
    Step.FOLLOW_UP: lambda _: {},
    Step.COMPLAIN: _reworked,
    Step.SKIP_FOLLOW_UP: lambda _: {"follow_up_skipped": True},
    Step.CLOSE: lambda act: {"closed_at": act.at, **act.findings},
    Step.HOLD: _held,
    Step.RESUME: lambda _: _NO_WAIT,
    Step.CANCEL: lambda act: {**_NO_WAIT, "cancel_reason": act.details.reason, "closed_at": act.at},
    Step.REOPEN: _reopened,
}
"""What each step writes on the order, beside its state and its clocks."""


class Settled(msgspec.Struct, frozen=True):
    """An order with everything written on it that time alone asks for. `resumed_at` is when its wait ended."""

    order: WorkOrder
    resumed_at: datetime | None
    news: tuple[ClockNews, ...]


def settled(order: WorkOrder, at: datetime) -> Settled:
    """The order at `at`: a wait that is over has ended at its own end, then the clocks speak."""
    resumed_at = None
    if order.state is OrderState.WAITING and order.wait_until is not None and at >= order.wait_until:
        resumed_at = order.wait_until
        order = stepped(order, None, Step.RESUME, StepDetails(), by="", at=resumed_at).order
    if order.state.ended:
        return Settled(order, resumed_at, ())
    clocks, news = overdue(order.clocks, at, order.terms)
    return Settled(replace(order, clocks=clocks) if news else order, resumed_at, news)


def with_promise(
    order: WorkOrder, until: datetime, *, told_whom: str, by: str, at: datetime, approved: bool
) -> WorkOrder:
    """The order with a promised time. *Fix* follows it only when whoever promises may approve: nobody lengthens
    his own deadline. While the order waits the clock stands still anyway.
    """
    if order.state.ended:
        raise Conflict(f"a work order that is {order.state} promises nothing more")
    return replace(
        order,
        promised_at=until,
        promised_to=told_whom,
        promised_by=by,
        promise_made_at=at,
        clocks=promised(order.clocks, until, order.terms) if approved else order.clocks,
    )


def with_word(order: WorkOrder, at: datetime, *, plan: bool) -> WorkOrder:
    """The order after a word on how it stands; a plan keeps the promise to have one. Conflict for one that is late."""
    if order.state.ended:
        if plan:
            raise Conflict(f"a work order that is {order.state} needs no plan")
        return order
    kept = frozenset({ClockName.PLAN}) if plan else frozenset()
    return replace(order, clocks=word_said(meet(order.clocks, kept, at), at, order.terms))


def with_affected(order: WorkOrder, at: datetime, *, affected: bool) -> WorkOrder:
    """The order, with whether people are affected: a duty to tell of progress that hangs on it begins or ends."""
    if order.state.ended:
        raise Conflict(f"a work order that is {order.state} affects nobody")
    said = replace(order, people_affected=affected)
    duty = order.terms.progress
    if duty is None or not duty.while_affected or order.state in _DONE:
        return said
    running = any(clock.name is ClockName.PROGRESS and clock.running for clock in order.clocks)
    if not affected:
        return replace(said, clocks=meet(order.clocks, frozenset({ClockName.PROGRESS}), at))
    return said if running else replace(said, clocks=owing_word(order.clocks, at, order.terms))


def with_stamp(order: WorkOrder, template: Template | None, name: str, stamp_at: datetime, at: datetime) -> WorkOrder:
    """The order with an instant of the scene. A second stamp of a name corrects the first. Raises Invalid."""
    known = [form.name for form in template.stamps] if template is not None else []
    if name not in known:
        raise Invalid(f"name: {order.template} orders have the stamps {', '.join(known) or '(none)'}")
    if stamp_at.tzinfo is None:
        raise Invalid("at: an instant needs a time zone")
    if not order.opened_at - STAMP_BEFORE_OPENING <= stamp_at <= at:
        raise Invalid("at: it must lie between a day before the order was opened and now")
    return replace(order, stamps={**order.stamps, name: stamp_at})
