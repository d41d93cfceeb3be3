"""Work orders: a job from opening to close, and the clocks that run on it.

Promises: the states, the one table of ways between them, and the clocks' arithmetic (due, warned, met, breached,
held while waiting) as pure functions. Leaves to others: which template a rule opens (`alerting.desk`), when to look
at the clocks (`alerting.watch`), keeping them (`domain.ports.ledger`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.assets import Subject
from domain.errors import Conflict
from domain.rules import Severity
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
    """

    name: ClockName
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    warned_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    held_since: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether time still counts."""
        return self.met_at is None and self.held_since is None

    @property
    def broken(self) -> bool:
        """Whether it was breached since it began (the last time)."""
        return self.breached_at is not None and self.breached_at >= self.started_at


class ClockPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template's promise: `{ clock = "fix", within = "38h" }`, from opening unless `after` says otherwise."""

    clock: ClockName
    within: timedelta
    after: ClockStart = ClockStart.OPENED


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What kind of job to open. `severities` makes it the fallback for rules that name no template.

    `verdict` means it cannot close without one (real, false, test, fault). `team` receives it first. `stamps` names
    the instants of the scene that people note on it. `dispatch_responds` means that sending somebody is the response
    (an entrapment: the firm is called at once), not only somebody's acceptance.
    """

    name: str
    title: Text
    clocks: tuple[ClockPromise, ...]
    severities: tuple[Severity, ...] = ()
    verdict: bool = False
    team: str | None = None
    stamps: tuple[str, ...] = ()
    dispatch_responds: bool = False


class Verdict(StrEnum):
    """What a fire or security order turned out to be."""

    REAL = "real"
    FALSE = "false"
    TEST = "test"
    FAULT = "fault"


class WorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the ledger keeps it. `number` is `WO-YYYYMMDD-NNNN`, unique in its site; `id` over all sites.

    `owner` received it first and closes the loop; `assignee` does it. `stamps` are named instants of the scene
    (`released`, `fire_brigade_called`). `wait_until` and `before_wait` are set while waiting.
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
    follow_up_skipped: bool = False
    stamps: dict[str, datetime] = {}
    arrived_at: datetime | None = None
    fixed_at: datetime | None = None
    closed_at: datetime | None = None
    cancel_reason: str | None = None


def start_clock(promise: ClockPromise, at: datetime) -> Clock:
    """The promise's clock, begun at `at`."""
    return Clock(
        name=promise.clock,
        started_at=at,
        warn_at=at + promise.within * WARN_AT_SHARE,
        due_at=at + promise.within,
    )


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


def resume_clock(clock: Clock, at: datetime) -> Clock:
    """The clock, running again, with what the wait took added to its warning and due instants."""
    if clock.held_since is None:
        return clock
    waited = at - clock.held_since
    return msgspec.structs.replace(clock, held_since=None, warn_at=clock.warn_at + waited, due_at=clock.due_at + waited)


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
