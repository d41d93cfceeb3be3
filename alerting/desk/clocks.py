"""What a step does to an order's clocks, and what the clocks themselves ask for.

Promises: one table of which step keeps which promise, each row with its reason; pure functions, so that a timer and a
person's step at the same instant come to the same clocks. A breach is never taken back.
Leaves to others: the arithmetic of one clock (`domain.workorders`), when a word is due (`domain.progress`), when to
look (`alerting.desk.order_steps`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from domain.progress import NO_TERMS, Terms
from domain.service_hours import later, passed
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
    lengthen_clock,
    meet_clock,
    restart_clock,
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
    Keeps(_S.FIX, _C.PROGRESS, "what is fixed progresses no more"),
    Keeps(_S.FOLLOW_UP, _C.FOLLOW_UP, "whoever reported it was asked"),
    Keeps(_S.SKIP_FOLLOW_UP, _C.FOLLOW_UP, "nobody to ask: the order is outside that figure"),
)
"""Beside it: a plan note keeps *plan*; any word begins *progress* anew; a dispatch keeps *respond* where the template
says so (an entrapment: the firm is called at once). Acknowledging an alarm keeps nothing: seeing is not going."""

STARTS: dict[Step, ClockStart] = {Step.ARRIVE: ClockStart.ARRIVED, Step.FIX: ClockStart.FIXED}
"""Which step starts the clocks that do not start with the order."""

_OPENED = ClockStart.OPENED
REWORK = frozenset({Step.FAIL_CHECK, Step.COMPLAIN})
ANSWER_AGAIN = frozenset({ClockName.RESPOND, ClockName.ARRIVE})


def opening_clocks(template: Template, at: datetime, terms: Terms = NO_TERMS) -> tuple[Clock, ...]:
    """The clocks of a new order."""
    clocks = tuple(start_clock(promise, at, terms) for promise in template.clocks if promise.after is _OPENED)
    return owing_word(clocks, at, terms, first=True)


def clocks_after(
    step: Step, clocks: tuple[Clock, ...], template: Template | None, at: datetime, terms: Terms = NO_TERMS
) -> tuple[Clock, ...]:
    """The clocks after a step at `at`. `template` None is one that config no longer has: its later clocks never start.

    Rework (failed check, complaint): *fix* goes on as if it had never been met, because it was not fixed. Reopening
    (its alarm came back): *fix* goes on without the time that it worked, and *respond* and *arrive* begin anew. Both
    begin *follow up* anew with the next fix, and *progress* now. Cancelling lets every clock stand still for good.
    """
    if step in REWORK:
        unmet = tuple(_unmet(clock) if clock.name is ClockName.FIX else clock for clock in _before_fix(clocks))
        return owing_word(unmet, at, terms)
    if step is Step.REOPEN:
        return owing_word(tuple(_reopened(clock, at, terms) for clock in _before_fix(clocks)), at, terms)
    if step is Step.CANCEL:
        return tuple(hold_clock(clock, at) for clock in clocks)
    if step is Step.HOLD:
        return tuple(hold_clock(clock, at) if clock.name is ClockName.FIX else clock for clock in clocks)
    if step is Step.RESUME:
        return tuple(resume_clock(clock, at, terms) for clock in clocks)
    return _started(step, meet(clocks, _kept(step, template), at), template, at, terms)


def meet(clocks: Iterable[Clock], names: frozenset[ClockName], at: datetime) -> tuple[Clock, ...]:
    """The clocks, with these met at `at`."""
    return tuple(meet_clock(clock, at) if clock.name in names else clock for clock in clocks)


def promised(clocks: Iterable[Clock], until: datetime, terms: Terms = NO_TERMS) -> tuple[Clock, ...]:
    """The clocks, with a running and unbroken *fix* due at `until`: the time agreed with whoever waits for it."""

    def moved(clock: Clock) -> Clock:
        if clock.name is not ClockName.FIX or not clock.running or clock.broken:
            return clock
        contract = clock.contract_due_at or clock.due_at
        return replace(_until(clock, until, terms), contract_due_at=contract)

    return tuple(moved(clock) for clock in clocks)


def owing_word(clocks: tuple[Clock, ...], since: datetime, terms: Terms, *, first: bool = False) -> tuple[Clock, ...]:
    """The clocks, with *progress* begun (anew) where the order's terms have such a duty.

    `first`: at the opening. What is owed by a time of day is owed from when somebody must have looked: *respond*.
    """
    if terms.progress is None:
        return clocks
    asked = [clock.due_at for clock in clocks if clock.name is ClockName.RESPOND]
    looked_at = asked[0] if first and asked and terms.progress.daily_by is not None else since
    return _with_progress(clocks, since, terms.first_word_due(looked_at), terms)


def word_said(clocks: tuple[Clock, ...], at: datetime, terms: Terms) -> tuple[Clock, ...]:
    """The clocks after a word on how the job stands: a running *progress* begins anew."""
    running = any(clock.name is ClockName.PROGRESS and clock.running for clock in clocks)
    return _with_progress(clocks, at, terms.next_word_due(at), terms) if running else clocks


class ClockNews(msgspec.Struct, frozen=True):
    """A clock that asked for something, as it is after that."""

    act: ClockAct
    clock: Clock


def overdue(
    clocks: tuple[Clock, ...], at: datetime, terms: Terms = NO_TERMS
) -> tuple[tuple[Clock, ...], tuple[ClockNews, ...]]:
    """The clocks with every warning and breach that is due at `at` written on them, and those as news.

    A breach bears the instant it fell due, a warning the instant it was given: looking late changes no figure. Words
    that were not said are counted each, and told of once a look.
    """
    after: list[Clock] = []
    news: list[ClockNews] = []
    for clock in clocks:
        act = due_act(clock, at)
        written = clock
        told = written
        if act is ClockAct.BREACH and clock.name is ClockName.PROGRESS:
            written = _next_word(clock, at, terms)
            told = replace(clock, missed=written.missed, breached_at=written.breached_at)
        elif act is ClockAct.BREACH:
            told = written = replace(clock, breached_at=clock.due_at)
        elif act is ClockAct.WARN:
            told = written = replace(clock, warned_at=at)
        if act is not None:
            news.append(ClockNews(act, told))
        after.append(written)
    return tuple(after), tuple(news)


def _next_word(clock: Clock, at: datetime, terms: Terms) -> Clock:
    """A missed *progress*, running to the first instant after `at` at which a word is due."""
    missed, last, due = clock.missed, clock.due_at, clock.due_at
    while due <= at:
        missed, last, due = missed + 1, due, terms.first_word_due(due)
    following = _until(replace(clock, started_at=last, breached_at=last, missed=missed), due, terms)
    return replace(following, warned_at=at) if at >= following.warn_at else following


def _with_progress(clocks: tuple[Clock, ...], since: datetime, due: datetime, terms: Terms) -> tuple[Clock, ...]:
    old = next((clock for clock in clocks if clock.name is ClockName.PROGRESS), None)
    begun = Clock(
        name=ClockName.PROGRESS,
        started_at=since,
        warn_at=due,
        due_at=due,
        breached_at=old.breached_at if old is not None else None,
        missed=old.missed if old is not None else 0,
        in_service_hours=terms.hours is not None,
    )
    others = tuple(clock for clock in clocks if clock.name is not ClockName.PROGRESS)
    return (*others, _until(begun, due, terms))


def _until(clock: Clock, due: datetime, terms: Terms) -> Clock:
    """The clock, due at `due`, its warning at the same share of what it has now; none anew where that is no change."""
    hours = terms.hours if clock.in_service_hours else None
    span = passed(clock.started_at, due, hours)
    warn_at = later(clock.started_at, span * WARN_AT_SHARE, hours)
    return replace(clock, due_at=due, warn_at=warn_at, warned_at=clock.warned_at if due == clock.due_at else None)


def _kept(step: Step, template: Template | None) -> frozenset[ClockName]:
    kept = {row.clock for row in KEEPS if row.step is step}
    if step is Step.DISPATCH and template is not None and template.dispatch_responds:
        kept.add(ClockName.RESPOND)
    return frozenset(kept)


def _started(
    step: Step, clocks: tuple[Clock, ...], template: Template | None, at: datetime, terms: Terms
) -> tuple[Clock, ...]:
    start = STARTS.get(step)
    if start is None or template is None:
        return clocks
    here = {clock.name: clock for clock in clocks}
    for promise in template.clocks:
        old = here.get(promise.clock)
        if promise.after is not start or (old is not None and start is ClockStart.ARRIVED):
            continue  # coming back a second time does not lengthen what began with the first arrival
        here[promise.clock] = replace(start_clock(promise, at, terms), breached_at=old.breached_at if old else None)
    return tuple(here.values())


def _before_fix(clocks: Iterable[Clock]) -> tuple[Clock, ...]:
    # What began with a fix that was none is dropped; only its breach, if it has one, stays for good.
    return tuple(clock for clock in clocks if clock.name is not ClockName.FOLLOW_UP or clock.breached_at is not None)


def _unmet(clock: Clock) -> Clock:
    return replace(clock, met_at=None)


def _reopened(clock: Clock, at: datetime, terms: Terms) -> Clock:
    if clock.name in ANSWER_AGAIN:
        return restart_clock(clock, at, terms)
    if clock.name is ClockName.FIX and clock.met_at is not None:
        return replace(lengthen_clock(clock, clock.met_at, at, terms), met_at=None)
    return clock
