"""What a step does to an order's clocks, and what the clocks themselves ask for.

Promises: one table of which step keeps which promise, each row with its reason; pure functions, so that a timer and a
person's step at the same instant come to the same clocks. A breach is never taken back.
Leaves to others: the arithmetic of one clock (`domain.workorders`), when to look (`alerting.desk.order_acts`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.workorders import (
    WARN_AT_SHARE,
    Clock,
    ClockAct,
    ClockName,
    ClockStart,
    Step,
    Template,
    due_act,
    hold_clock,
    meet_clock,
    resume_clock,
    start_clock,
)


class Keeps(msgspec.Struct, frozen=True):
    """One row of the table: this step keeps this promise."""

    step: Step
    clock: ClockName
    because: str


_S, _C = Step, ClockName

KEEPS: tuple[Keeps, ...] = (
    Keeps(_S.ACCEPT, _C.RESPOND, "somebody said: mine"),
    Keeps(_S.ARRIVE, _C.RESPOND, "who stands there has responded, whether or not it was written down"),
    Keeps(_S.ARRIVE, _C.ARRIVE, "at the place"),
    Keeps(_S.FIX, _C.ARRIVE, "fixed from afar: nobody had to go"),
    Keeps(_S.FIX, _C.PLAN, "what is fixed needs no plan"),
    Keeps(_S.FIX, _C.FIX, "the cause is removed, until a check or the alarm says otherwise"),
    Keeps(_S.FOLLOW_UP, _C.FOLLOW_UP, "whoever reported it was asked"),
    Keeps(_S.SKIP_FOLLOW_UP, _C.FOLLOW_UP, "nobody to ask: the order is outside that figure"),
)
"""Beside it: a plan note keeps *plan*; a dispatch keeps *respond* where the template says so (an entrapment: the firm
is called at once). Acknowledging an alarm keeps nothing: seeing is not going."""

STARTS: dict[Step, ClockStart] = {Step.ARRIVE: ClockStart.ARRIVED, Step.FIX: ClockStart.FIXED}
"""Which step starts the clocks that do not start with the order."""

REWORK = frozenset({Step.FAIL_CHECK, Step.COMPLAIN})
ANSWER_AGAIN = frozenset({ClockName.RESPOND, ClockName.ARRIVE})


def opening_clocks(template: Template, at: datetime) -> tuple[Clock, ...]:
    """The clocks of a new order."""
    return tuple(start_clock(promise, at) for promise in template.clocks if promise.after is ClockStart.OPENED)


def clocks_after(step: Step, clocks: tuple[Clock, ...], template: Template | None, at: datetime) -> tuple[Clock, ...]:
    """The clocks after a step at `at`. `template` None is one that config no longer has: its later clocks never start.

    Rework (failed check, complaint): *fix* goes on as if it had never been met, because it was not fixed. Reopening
    (its alarm came back): *fix* goes on without the time that it worked, and *respond* and *arrive* begin anew. Both
    begin *follow up* anew with the next fix. Cancelling lets every clock stand still for good.
    """
    if step in REWORK:
        return tuple(_unmet(clock) if clock.name is ClockName.FIX else clock for clock in _before_fix(clocks))
    if step is Step.REOPEN:
        return tuple(_reopened(clock, at) for clock in _before_fix(clocks))
    if step is Step.CANCEL:
        return tuple(hold_clock(clock, at) for clock in clocks)
    if step is Step.HOLD:
        return tuple(hold_clock(clock, at) if clock.name is ClockName.FIX else clock for clock in clocks)
    if step is Step.RESUME:
        return tuple(resume_clock(clock, at) for clock in clocks)
    return _started(step, meet(clocks, _kept(step, template), at), template, at)


def meet(clocks: Iterable[Clock], names: frozenset[ClockName], at: datetime) -> tuple[Clock, ...]:
    """The clocks, with these met at `at`."""
    return tuple(meet_clock(clock, at) if clock.name in names else clock for clock in clocks)


def promised(clocks: Iterable[Clock], until: datetime) -> tuple[Clock, ...]:
    """The clocks, with a running and unbroken *fix* due at `until`: the time agreed with whoever waits for it."""

    def moved(clock: Clock) -> Clock:
        if clock.name is not ClockName.FIX or not clock.running or clock.broken:
            return clock
        warn_at = clock.started_at + (until - clock.started_at) * WARN_AT_SHARE
        return replace(clock, due_at=until, warn_at=warn_at, warned_at=None)

    return tuple(moved(clock) for clock in clocks)


class ClockNews(msgspec.Struct, frozen=True):
    """A clock that asked for something, as it is after that."""

    act: ClockAct
    clock: Clock


def overdue(clocks: tuple[Clock, ...], at: datetime) -> tuple[tuple[Clock, ...], tuple[ClockNews, ...]]:
    """The clocks with every warning and breach that is due at `at` written on them, and those as news.

    A breach bears the instant it fell due, a warning the instant it was given: looking late changes no figure.
    """
    after: list[Clock] = []
    news: list[ClockNews] = []
    for clock in clocks:
        act = due_act(clock, at)
        written = clock
        if act is ClockAct.BREACH:
            written = replace(clock, breached_at=clock.due_at)
        elif act is ClockAct.WARN:
            written = replace(clock, warned_at=at)
        if act is not None:
            news.append(ClockNews(act, written))
        after.append(written)
    return tuple(after), tuple(news)


def _kept(step: Step, template: Template | None) -> frozenset[ClockName]:
    kept = {row.clock for row in KEEPS if row.step is step}
    if step is Step.DISPATCH and template is not None and template.dispatch_responds:
        kept.add(ClockName.RESPOND)
    return frozenset(kept)


def _started(step: Step, clocks: tuple[Clock, ...], template: Template | None, at: datetime) -> tuple[Clock, ...]:
    start = STARTS.get(step)
    if start is None or template is None:
        return clocks
    here = {clock.name: clock for clock in clocks}
    for promise in template.clocks:
        old = here.get(promise.clock)
        if promise.after is not start or (old is not None and start is ClockStart.ARRIVED):
            continue  # coming back a second time does not lengthen what began with the first arrival
        here[promise.clock] = replace(start_clock(promise, at), breached_at=old.breached_at if old else None)
    return tuple(here.values())


def _before_fix(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    # What began with a fix that was none is dropped; only its breach, if it has one, stays for good.
    return tuple(clock for clock in clocks if clock.name is not ClockName.FOLLOW_UP or clock.breached_at is not None)


def _unmet(clock: Clock) -> Clock:
    return replace(clock, met_at=None)


def _reopened(clock: Clock, at: datetime) -> Clock:
    if clock.name in ANSWER_AGAIN:
        span = clock.due_at - clock.started_at
        warn_at = at + span * WARN_AT_SHARE
        return Clock(name=clock.name, started_at=at, warn_at=warn_at, due_at=at + span, breached_at=clock.breached_at)
    if clock.name is ClockName.FIX and clock.met_at is not None:
        worked = at - clock.met_at
        return replace(clock, met_at=None, due_at=clock.due_at + worked, warn_at=clock.warn_at + worked)
    return clock
