"""Work orders: a job from opening to close, and the clocks that run on it.

Promises: the states, the one table of ways between them, and the clocks' arithmetic (due, warned, met, breached,
held while waiting) as pure functions. Leaves to others: which template a rule opens (`alerting.desk`), what counts as
time (`domain.service_hours`), when a word is due (`domain.progress`), when to look at the clocks (`alerting.timers`),
keeping them (`domain.ports.ledger`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.assets import Subject
from domain.errors import Conflict
from domain.papers import Cost, ResidentsNotice, Signature
from domain.progress import NO_TERMS, ProgressDuty, Terms
from domain.rules import Severity
from domain.service_hours import Calendar, ServiceHours, later, passed
from domain.texts import Text

WARN_AT_SHARE = 0.8
"""A clock warns when this share of its span is used (design, section 6)."""


class OrderState(StrEnum):
    """Where a work order stands."""

    OPEN = "open"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ON_SITE = "on_site"
    WAITING = "waiting"
    FIXED = "fixed"
    CHECKED = "checked"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it."""
        return self in (OrderState.CLOSED, OrderState.CANCELLED)


class Step(StrEnum):
    """What can be done to a work order: commands, as verbs. The API's paths use these words."""

    DISPATCH = "dispatch"
    ACCEPT = "accept"
    REFUSE = "refuse"
    TRANSFER = "transfer"
    ARRIVE = "arrive"
    FIX = "fix"
    PASS_CHECK = "pass_check"
    FAIL_CHECK = "fail_check"
    FOLLOW_UP = "follow_up"
    COMPLAIN = "complain"
    SKIP_FOLLOW_UP = "skip_follow_up"
    CLOSE = "close"
    HOLD = "hold"
    RESUME = "resume"
    CANCEL = "cancel"
    REOPEN = "reopen"


class OrderTransition(msgspec.Struct, frozen=True):
    """One row of the table. `after` None means the state it had before waiting."""

    before: OrderState
    step: Step
    after: OrderState | None
    because: str


_S, _D = OrderState, Step

ORDER_TRANSITIONS: tuple[OrderTransition, ...] = (
    OrderTransition(_S.OPEN, _D.DISPATCH, _S.DISPATCHED, "sent to a person"),
    OrderTransition(_S.OPEN, _D.ACCEPT, _S.ACCEPTED, "somebody takes it before it is sent"),
    OrderTransition(_S.OPEN, _D.ARRIVE, _S.ON_SITE, "somebody is there before anybody wrote it down"),
    OrderTransition(_S.DISPATCHED, _D.DISPATCH, _S.DISPATCHED, "sent to somebody else before it was accepted"),
    OrderTransition(_S.DISPATCHED, _D.ACCEPT, _S.ACCEPTED, "the assignee takes it"),
    OrderTransition(_S.DISPATCHED, _D.ARRIVE, _S.ON_SITE, "who stands at the place has accepted"),
    OrderTransition(_S.DISPATCHED, _D.REFUSE, _S.OPEN, "back to dispatch"),
    OrderTransition(_S.ACCEPTED, _D.TRANSFER, _S.OPEN, "back to dispatch, with who should have it"),
    OrderTransition(_S.ACCEPTED, _D.ARRIVE, _S.ON_SITE, "at the place"),
    OrderTransition(_S.ON_SITE, _D.TRANSFER, _S.OPEN, "another trade is needed"),
    OrderTransition(_S.ON_SITE, _D.FIX, _S.FIXED, "the cause is removed"),
    OrderTransition(_S.ACCEPTED, _D.FIX, _S.FIXED, "fixed from afar, without a visit"),
    OrderTransition(_S.ACCEPTED, _D.HOLD, _S.WAITING, "a part, an approval or the weather is missing"),
    OrderTransition(_S.ON_SITE, _D.HOLD, _S.WAITING, "a part, an approval or the weather is missing"),
    OrderTransition(_S.WAITING, _D.RESUME, None, "the wait is over, by its end or by a person"),
    OrderTransition(_S.FIXED, _D.PASS_CHECK, _S.CHECKED, "somebody else than the fixer found it good"),
    OrderTransition(_S.FIXED, _D.FAIL_CHECK, _S.ACCEPTED, "not good: rework"),
    OrderTransition(_S.CHECKED, _D.FOLLOW_UP, _S.FOLLOWED_UP, "whoever reported it is content"),
    OrderTransition(_S.CHECKED, _D.COMPLAIN, _S.ACCEPTED, "whoever reported it is not content: rework"),
    OrderTransition(_S.CHECKED, _D.SKIP_FOLLOW_UP, _S.FOLLOWED_UP, "nobody to ask"),
    OrderTransition(_S.FOLLOWED_UP, _D.CLOSE, _S.CLOSED, "the owner closes the loop"),
    *(
        OrderTransition(state, _D.CANCEL, _S.CANCELLED, "opened in error or overtaken, with a reason")
        for state in (_S.OPEN, _S.DISPATCHED, _S.ACCEPTED, _S.ON_SITE, _S.WAITING)
    ),
    *(
        OrderTransition(state, _D.REOPEN, _S.OPEN, "its alarm came back after the fix: the same job, not done")
        for state in (_S.FIXED, _S.CHECKED, _S.FOLLOWED_UP)
    ),
)

_TABLE = {(row.before, row.step): row for row in ORDER_TRANSITIONS}


def order_step(state: OrderState, step: Step) -> OrderTransition:
    """The row of the table for this step. Raises Conflict, naming what is possible, where the table has none."""
    row = _TABLE.get((state, step))
    if row is None:
        possible = ", ".join(sorted({other.step for other in ORDER_TRANSITIONS if other.before is state})) or "nothing"
        raise Conflict(f"a work order that is {state} cannot {step}; possible: {possible}")
    return row


class ClockName(StrEnum):
    """The promises that a template can make."""

    RESPOND = "respond"
    ARRIVE = "arrive"
    PLAN = "plan"
    FIX = "fix"
    FOLLOW_UP = "follow_up"
    PROGRESS = "progress"  # by a template's progress duty, again and again


class ClockStart(StrEnum):
    """What starts a clock."""

    OPENED = "opened"
    ARRIVED = "arrived"
    FIXED = "fixed"


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One promise on a work order.

    Running while neither met nor stopped. `held_since` is set while waiting stops it; the wait's length is added to
    `due_at` and `warn_at` when it resumes. A breach is recorded for good, even when the clock is met later or begins
    anew with a reopened order: then `breached_at` is before `started_at`, until it is broken once more.

    A progress clock that is missed gives way to the next one at once: `missed` counts, and `breached_at` is the last
    time. `in_service_hours` counts in those of the order's terms. `contract_due_at` is what the contract says when a
    promised time took its place.
    """

    name: ClockName
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    warned_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    held_since: datetime | None = None
    missed: int = 0
    in_service_hours: bool = False
    contract_due_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether time still counts."""
        return self.met_at is None and self.held_since is None

    @property
    def broken(self) -> bool:
        """Whether it was breached since it began (the last time), and has nothing more to ask for."""
        if self.name is ClockName.PROGRESS:
            return False
        return self.breached_at is not None and self.breached_at >= self.started_at


class ClockPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template's promise: `{ clock = "fix", within = "38h" }`, from opening unless `after` says otherwise.

    `day_and_night` counts all hours, whatever calendar the template has.
    """

    clock: ClockName
    within: timedelta
    after: ClockStart = ClockStart.OPENED
    day_and_night: bool = False


class StampForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instant of the scene that people note on an order; taking `step` notes it by itself."""

    name: str
    title: Text
    step: Step | None = None


class Verdict(StrEnum):
    """What a fire or security order turned out to be."""

    REAL = "real"
    FALSE = "false"
    TEST = "test"
    FAULT = "fault"


class FollowOn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second job that a first one leads to: when its verdict is one of these, or its stamp of that name is set.

    `out_of_service` takes the device out until the second job is checked.
    """

    template: str
    title: Text
    verdicts: frozenset[Verdict] = frozenset()
    stamp: str | None = None
    out_of_service: bool = False


class DraftForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice to residents that is drafted on orders of these rules. Places: {building}, {began} and {expected}."""

    rules: frozenset[str]
    text: Text


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What kind of job to open. `severities` makes it the fallback for rules that name no template.

    `verdict` means it cannot close without one (real, false, test, fault). `team` receives it first. `stamps` are
    the instants of the scene that people note on it. `dispatch_responds` means that sending somebody is the response
    (an entrapment: the firm is called at once), not only somebody's acceptance. `calendar` means that its promises
    count in service hours. `returns_device` means that its passed check returns the device to service.
    """

    name: str
    title: Text
    clocks: tuple[ClockPromise, ...]
    severities: tuple[Severity, ...] = ()
    verdict: bool = False
    team: str | None = None
    stamps: tuple[StampForm, ...] = ()
    dispatch_responds: bool = False
    calendar: Calendar | None = None
    progress: ProgressDuty | None = None
    follow_on: tuple[FollowOn, ...] = ()
    residents_notice: tuple[DraftForm, ...] = ()
    returns_device: bool = False

    def terms(self, time_zone: str | None) -> Terms:
        """What the clocks of an order that opens now count by, at a site in that time zone."""
        hours = ServiceHours(calendar=self.calendar, time_zone=time_zone) if self.calendar is not None else None
        return Terms(hours=hours, progress=self.progress, time_zone=time_zone)


class WorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the ledger keeps it. `number` is `WO-YYYYMMDD-NNNN`, unique in its site; `id` over all sites.

    `owner` received it first and closes the loop; `assignee` does it. `stamps` are named instants of the scene
    (`released`, `fire_brigade_called`). `wait_until` and `before_wait` are set while waiting. `promised_at` was told to
    `promised_to` by `promised_by` at `promise_made_at`. `people_affected` None: nobody has said, which counts as yes.
    `follows` is the order that led to it; `led_to` are those that it led to.
    """

    id: str
    number: str
    site: str
    state: OrderState
    template: str
    title: Text
    severity: Severity
    opened_at: datetime
    clocks: tuple[Clock, ...] = ()
    alarms: tuple[str, ...] = ()
    device: str | None = None
    subject: Subject | None = None
    building: str | None = None
    zone: str | None = None
    owner: str | None = None
    assignee: str | None = None
    fixer: str | None = None
    cause: str | None = None
    verdict: Verdict | None = None
    rework: int = 0
    before_wait: OrderState | None = None
    wait_reason: str | None = None
    wait_approver: str | None = None
    wait_until: datetime | None = None
    promised_at: datetime | None = None
    promised_to: str | None = None
    promised_by: str | None = None
    promise_made_at: datetime | None = None
    follow_up_skipped: bool = False
    stamps: dict[str, datetime] = {}
    arrived_at: datetime | None = None
    fixed_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str | None = None
    terms: Terms = NO_TERMS
    people_affected: bool | None = None
    follows: str | None = None
    led_to: tuple[str, ...] = ()
    cost: Cost | None = None
    signature: Signature | None = None
    residents_notice: ResidentsNotice | None = None


def start_clock(promise: ClockPromise, at: datetime, terms: Terms = NO_TERMS) -> Clock:
    """The promise's clock, begun at `at`."""
    hours = None if promise.day_and_night else terms.hours
    return Clock(
        name=promise.clock,
        started_at=at,
        warn_at=later(at, promise.within * WARN_AT_SHARE, hours),
        due_at=later(at, promise.within, hours),
        in_service_hours=hours is not None,
    )


def restart_clock(clock: Clock, at: datetime, terms: Terms = NO_TERMS) -> Clock:
    """The clock's promise, begun anew at `at` with the same span; a breach stays on it for good."""
    hours = terms.hours if clock.in_service_hours else None
    span = passed(clock.started_at, clock.due_at, hours)
    return Clock(
        name=clock.name,
        started_at=at,
        warn_at=later(at, span * WARN_AT_SHARE, hours),
        due_at=later(at, span, hours),
        breached_at=clock.breached_at,
        in_service_hours=clock.in_service_hours,
    )


def lengthen_clock(clock: Clock, since: datetime, at: datetime, terms: Terms = NO_TERMS) -> Clock:
    """The clock without the time from `since` to `at`: what was left of it at `since` is left at `at`."""
    hours = terms.hours if clock.in_service_hours else None

    def put_off(instant: datetime) -> datetime:
        return at + (instant - since) if hours is None else _after_or_before(hours, since, at, instant)

    return msgspec.structs.replace(clock, warn_at=put_off(clock.warn_at), due_at=put_off(clock.due_at))


def _after_or_before(hours: ServiceHours, since: datetime, at: datetime, instant: datetime) -> datetime:
    # What was past at `since` stays past: it is not put off at all.
    return hours.after(at, hours.between(since, instant)) if instant > since else instant


def meet_clock(clock: Clock, at: datetime) -> Clock:
    """The clock, met at `at` if it was not met before. A breach that nobody noted yet is noted with it."""
    if clock.met_at is not None:
        return clock
    late = clock.held_since is None and at > clock.due_at
    breached_at = clock.due_at if late and not clock.broken else clock.breached_at
    return msgspec.structs.replace(clock, met_at=at, held_since=None, breached_at=breached_at)


def hold_clock(clock: Clock, at: datetime) -> Clock:
    """The clock, stopped at `at` while its order waits."""
    return msgspec.structs.replace(clock, held_since=at) if clock.running else clock


def resume_clock(clock: Clock, at: datetime, terms: Terms = NO_TERMS) -> Clock:
    """The clock, running again, with what the wait took added to its warning and due instants."""
    if clock.held_since is None:
        return clock
    return msgspec.structs.replace(lengthen_clock(clock, clock.held_since, at, terms), held_since=None)


class ClockAct(StrEnum):
    """What a clock asks for at an instant."""

    WARN = "warn"
    BREACH = "breach"


def due_act(clock: Clock, at: datetime) -> ClockAct | None:
    """What must be recorded on the clock at `at`, if anything. A breach outranks a warning that was missed."""
    if not clock.running:
        return None
    if clock.broken:
        return None
    if at >= clock.due_at:
        return ClockAct.BREACH
    if clock.warned_at is None and at >= clock.warn_at:
        return ClockAct.WARN
    return None


def next_act_at(clock: Clock) -> datetime | None:
    """The first instant at which `due_act` asks for something; None when it never will."""
    if not clock.running or clock.broken:
        return None
    return clock.due_at if clock.warned_at is not None else min(clock.warn_at, clock.due_at)
