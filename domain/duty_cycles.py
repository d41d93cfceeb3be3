"""Where a unit stands in the cycle of a duty: the row of the ledger, its states, and what becomes of it.

Promises: one table of every change with its reason; each change as a pure function of the row, the site's time zone and
the instant. Leaves to others: days and instants (`domain.duties`), keeping and telling (`alerting.desk.duty_acts`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain.duties import Cycle, Duty, Unit, local_day, opens_at, overdue_at
from domain.errors import Conflict

MOST_DONE = 60
"""Turns kept with a cycle, newest first: five years of a monthly one, two and a half of 15 days. The chain has all."""


class CycleState(StrEnum):
    """Where a unit stands."""

    WAITING = "waiting"  # it was done; its next order is not open yet
    OPEN = "open"  # its order is open, ahead of the day
    PERFORMED = "performed"  # the work is done; its order is not closed yet
    OVERDUE = "overdue"
    RESTING = "resting"  # it fell due while its device was out of service
    RETIRED = "retired"  # the unit or the duty is gone


class CycleStep(StrEnum):
    """What can happen to it."""

    OPEN = "open"
    MISS = "miss"
    PERFORM = "perform"
    REWORK = "rework"
    DROP = "drop"
    DO = "do"
    REST = "rest"
    RETURN = "return"
    RESUME = "resume"
    RETIRE = "retire"
    BEGIN = "begin"


class CycleTransition(msgspec.Struct, frozen=True):
    """One row of the table."""

    before: CycleState
    step: CycleStep
    after: CycleState
    because: str


_S, _D = CycleState, CycleStep
_LIVE = (_S.WAITING, _S.OPEN, _S.PERFORMED, _S.OVERDUE, _S.RESTING)

CYCLE_TRANSITIONS: tuple[CycleTransition, ...] = (
    CycleTransition(_S.WAITING, _D.OPEN, _S.OPEN, "its order opens ahead of the day"),
    CycleTransition(_S.OPEN, _D.MISS, _S.OVERDUE, "the day is over and it was not done"),
    CycleTransition(_S.OPEN, _D.PERFORM, _S.PERFORMED, "the work is done: what is left is on paper"),
    CycleTransition(_S.OVERDUE, _D.PERFORM, _S.PERFORMED, "the work is done, late"),
    CycleTransition(_S.RESTING, _D.PERFORM, _S.PERFORMED, "the work is done while the device is out of service"),
    CycleTransition(_S.PERFORMED, _D.REWORK, _S.OPEN, "a check found it not done: it is due as before"),
    CycleTransition(_S.OPEN, _D.DROP, _S.OPEN, "its order was cancelled: it opens anew when it is overdue"),
    CycleTransition(_S.OVERDUE, _D.DROP, _S.OVERDUE, "its order was cancelled: it stays overdue until it is done"),
    CycleTransition(_S.RESTING, _D.DROP, _S.RESTING, "its order was cancelled while the device is out of service"),
    *(CycleTransition(state, _D.DO, _S.WAITING, "it was done: the cycle begins anew") for state in _LIVE),
    CycleTransition(_S.WAITING, _D.REST, _S.RESTING, "its device is out of service: no order opens"),
    CycleTransition(_S.OPEN, _D.REST, _S.RESTING, "its device is out of service: nobody is late"),
    CycleTransition(_S.RESTING, _D.RETURN, _S.WAITING, "its device is in service again: its order opens at once"),
    CycleTransition(_S.RESTING, _D.RESUME, _S.OPEN, "its device is in service again: its order goes on"),
    *(CycleTransition(state, _D.RETIRE, _S.RETIRED, "the unit or the duty is gone") for state in _LIVE),
    CycleTransition(_S.RETIRED, _D.BEGIN, _S.WAITING, "the unit or the duty is back: it counts from today"),
)

_TABLE = {(row.before, row.step): row for row in CYCLE_TRANSITIONS}


def cycle_step(state: CycleState, step: CycleStep) -> CycleTransition:
    """The row of the table for this step. Raises Conflict where it has none."""
    row = _TABLE.get((state, step))
    if row is None:
        raise Conflict(f"a duty that is {state} has no {step}")
    return row


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One turn that was done: on which day of the site's calendar, for which due day, by whom, on which order.

    Without an order somebody recorded it: work that was done on paper.
    """

    day: date
    due_day: date
    by: str
    at: datetime
    order: str | None = None

    @property
    def late(self) -> bool:
        """Whether it was done after its day."""
        return self.day > self.due_day


class CycleOverride(msgspec.Struct, frozen=True, kw_only=True):
    """Another cycle than the duty's own for this unit: who decided it, when and why."""

    cycle: Cycle
    reason: str
    by: str
    at: datetime


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What a frequent fault review asks for. `alarms` are the failures that it counted; `order` is the review's."""

    cycle: Cycle
    alarms: tuple[str, ...]
    order: str
    at: datetime


class DutyCycle(msgspec.Struct, frozen=True, kw_only=True):
    """One unit in the cycle of one duty, as the ledger keeps it.

    `since`: the day it counts from: when it was done last, or when it came under watch. `due_day`: the last day on
    which the next turn is in time. `next_at`: when time alone changes something; None when it does not. `order` is the
    turn's work order while it is open. `reviewed_at`: failures before that instant were looked at already.
    """

    site: str
    duty: str
    unit: str
    duty_as_it_was: Duty
    state: CycleState
    since: date
    due_day: date
    next_at: datetime | None = None
    order: str | None = None
    done: tuple[Done, ...] = ()
    override: CycleOverride | None = None
    proposal: Proposal | None = None
    reviewed_at: datetime | None = None

    @property
    def id(self) -> str:
        """`{site}.{duty}.{unit}`."""
        return Unit(self.site, self.duty, self.unit).id

    @property
    def cycle(self) -> Cycle:
        """The one in force."""
        return self.override.cycle if self.override is not None else self.duty_as_it_was.every


class Turned(msgspec.Struct, frozen=True):
    """A cycle after a step, and the row of the table that allowed it."""

    cycle: DutyCycle
    row: CycleTransition


def begun(unit: Unit, duty: Duty, time_zone: str, at: datetime) -> DutyCycle:
    """A unit that came under watch: counted from today, for nobody told us of an earlier day."""
    today = local_day(at, time_zone)
    blank = DutyCycle(
        site=unit.site,
        duty=unit.duty,
        unit=unit.unit,
        duty_as_it_was=duty,
        state=CycleState.WAITING,
        since=today,
        due_day=today,
    )
    return _counted(blank, time_zone)


def begun_again(cycle: DutyCycle, duty: Duty, time_zone: str, at: datetime) -> Turned:
    """A retired one that is back: what was done stays known."""
    row = cycle_step(cycle.state, CycleStep.BEGIN)
    back = replace(cycle, state=row.after, duty_as_it_was=duty, since=local_day(at, time_zone), order=None)
    return Turned(_counted(back, time_zone), row)


def opened(cycle: DutyCycle, order: str, time_zone: str) -> Turned:
    """Its order is open."""
    row = cycle_step(cycle.state, CycleStep.OPEN)
    next_at = overdue_at(cycle.duty_as_it_was, cycle.due_day, time_zone)
    return Turned(replace(cycle, state=row.after, order=order, next_at=next_at), row)


def missed(cycle: DutyCycle) -> Turned:
    """Its day is over."""
    row = cycle_step(cycle.state, CycleStep.MISS)
    return Turned(replace(cycle, state=row.after, next_at=None), row)


def performed(cycle: DutyCycle) -> Turned:
    """The work is done."""
    row = cycle_step(cycle.state, CycleStep.PERFORM)
    return Turned(replace(cycle, state=row.after, next_at=None), row)


def reworked(cycle: DutyCycle, time_zone: str) -> Turned:
    """The work was not done after all."""
    row = cycle_step(cycle.state, CycleStep.REWORK)
    next_at = overdue_at(cycle.duty_as_it_was, cycle.due_day, time_zone)
    return Turned(replace(cycle, state=row.after, next_at=next_at), row)


def dropped(cycle: DutyCycle) -> Turned:
    """Its order was cancelled."""
    row = cycle_step(cycle.state, CycleStep.DROP)
    return Turned(replace(cycle, state=row.after, order=None), row)


def done(cycle: DutyCycle, turn: Done, time_zone: str) -> Turned:
    """It was done on the turn's day, which the next one counts from. Raises Conflict for a day before the last one."""
    row = cycle_step(cycle.state, CycleStep.DO)
    if cycle.done and turn.day < cycle.done[0].day:
        raise Conflict(f"it was done on {cycle.done[0].day} already, by {cycle.done[0].by}")
    after = replace(cycle, state=row.after, since=turn.day, order=None, done=(turn, *cycle.done)[:MOST_DONE])
    return Turned(_counted(after, time_zone), row)


def rested(cycle: DutyCycle) -> Turned:
    """It fell due while its device is out of service."""
    row = cycle_step(cycle.state, CycleStep.REST)
    return Turned(replace(cycle, state=row.after, next_at=None), row)


def returned(cycle: DutyCycle, time_zone: str, at: datetime) -> Turned:
    """Its device is in service again: due after the span that its order is usually open for, never sooner."""
    row = cycle_step(cycle.state, CycleStep.RETURN if cycle.order is None else CycleStep.RESUME)
    due_day = max(cycle.due_day, local_day(at, time_zone) + cycle.duty_as_it_was.ahead)
    next_at = at if cycle.order is None else overdue_at(cycle.duty_as_it_was, due_day, time_zone)
    return Turned(replace(cycle, state=row.after, due_day=due_day, next_at=next_at), row)


def retired(cycle: DutyCycle) -> Turned:
    """The unit or the duty is gone."""
    row = cycle_step(cycle.state, CycleStep.RETIRE)
    return Turned(replace(cycle, state=row.after, next_at=None, order=None, proposal=None), row)


def revised(cycle: DutyCycle, duty: Duty, override: CycleOverride | None, time_zone: str) -> DutyCycle:
    """The cycle under another form of its duty, or another override. What is overdue or performed stays so."""
    after = replace(cycle, duty_as_it_was=duty, override=override)
    counted = _counted(after, time_zone)
    if cycle.state is CycleState.WAITING:
        return counted
    if cycle.state is CycleState.OPEN:
        return replace(after, due_day=counted.due_day, next_at=overdue_at(duty, counted.due_day, time_zone))
    return after


def _counted(cycle: DutyCycle, time_zone: str) -> DutyCycle:
    """The cycle, waiting for its next order."""
    due_day = cycle.cycle.after(cycle.since)
    return replace(cycle, due_day=due_day, next_at=opens_at(cycle.duty_as_it_was, due_day, time_zone))


class DutyFigure(msgspec.Struct, frozen=True):
    """What became of the turns that were due in a period. What is not due yet counts in none of them."""

    due: int
    in_time: int
    late: int
    overdue: int


def figure_of(cycles: Iterable[DutyCycle], first: date, last: date) -> DutyFigure:
    """The turns of these cycles that were due on a day from `first` to `last`."""
    cycles = list(cycles)
    turns = [turn for cycle in cycles for turn in cycle.done if first <= turn.due_day <= last]
    late = sum(turn.late for turn in turns)
    overdue = sum(one.state is CycleState.OVERDUE and first <= one.due_day <= last for one in cycles)
    return DutyFigure(due=len(turns) + overdue, in_time=len(turns) - late, late=late, overdue=overdue)
