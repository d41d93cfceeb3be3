"""Frequent faults: three failures of a unit in a month open a review, and a manager decides about its cycle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.ledger import SqlLedger
from domain.duties import Cycle, DutyBook, FaultReview
from domain.duty_cycles import CycleState, DutyCycle
from domain.errors import Conflict, NotAllowed
from domain.ports.ledger import Transaction
from domain.rules import Equals
from domain.texts import text
from domain.workorders import Step, Verdict, WorkOrder
from tests.alerting.room import OPERATOR, rule
from tests.alerting.test_duties import MANAGER, Yard, book, duty

STOPPED = rule("stopped", Equals(metric="door", value="open"))
OTHER = rule("other", Equals(metric="mode", value="inspection"))
REVIEW = FaultReview(
    duty="maintenance",
    rules=frozenset({"elevator.stopped"}),
    template="fault_review",
    source=text("habit", "habit", "habit"),
)
ID = "main.maintenance.E-01"


def reviewed(**changes: Any) -> DutyBook:
    """Maintenance every 15 days, and its review."""
    return DutyBook(duties=book(duty()).duties, reviews=(replace(REVIEW, **changes),))


@pytest.fixture
def yard(ledger: SqlLedger) -> Yard:
    """One elevator under watch, and what counts as its failures."""
    return Yard(ledger, reviewed(), rules=[STOPPED, OTHER])


def fail(yard: Yard, *, verdict: Verdict | None = None, leave: bool = False) -> None:
    """The elevator fails, and is repaired by the evening."""
    yard.hear(device="E-01", door="open")
    alarm = next(one for one in reversed(yard.alarms()) if one.rule == "elevator.stopped")
    if leave:
        yard.sleep(60)
        yard.hear(device="E-01", door="closed")
        return
    yard.acknowledge(alarm)
    with yard.ledger.read() as rows:
        order = rows.orders.get(str(alarm.work_order))
    yard.step(order, Step.ACCEPT, Step.ARRIVE)
    yard.step(order, Step.FIX, verdict=verdict)
    yard.step(order, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE, actor=MANAGER)
    yard.sleep(60)
    yard.hear(device="E-01", door="closed")


def reviews(yard: Yard) -> list[WorkOrder]:
    """The orders of reviews, oldest first."""
    return [order for order in yard.orders(ended=None) if order.template == "fault_review"]


def decide(yard: Yard, act: Callable[[Transaction], DutyCycle]) -> DutyCycle:
    """A decision of a manager."""
    with yard.ledger.write(at=yard.at, actor=MANAGER) as tx:
        return act(tx)


def three_failures(yard: Yard) -> None:
    """On three days of March, before the first maintenance is due."""
    for day in ("2026-03-03", "2026-03-06", "2026-03-09"):
        yard.until(day)
        fail(yard)


def test_three_failures_in_a_month_open_one_review_that_proposes_a_shorter_cycle(yard: Yard) -> None:
    three_failures(yard)
    (order,) = reviews(yard)
    assert "3 failures in 30 days" in order.title.en
    assert order.device == "E-01"
    proposal = yard.cycle().proposal
    assert proposal is not None
    assert (proposal.cycle, proposal.order, len(proposal.alarms)) == (Cycle(days=10), order.id, 3)
    assert yard.cycle().cycle == Cycle(days=15), "nobody has accepted it yet"
    yard.until("2026-03-10")
    fail(yard)
    assert len(reviews(yard)) == 1


def test_a_manager_accepts_and_the_unit_has_the_shorter_cycle_with_its_reason(yard: Yard) -> None:
    three_failures(yard)
    with pytest.raises(NotAllowed), yard.ledger.write(at=yard.at, actor=OPERATOR) as tx:
        yard.desk.accept_cycle(tx, ID, reason="door drive", actor=OPERATOR)
    decide(yard, lambda tx: yard.desk.accept_cycle(tx, ID, reason="door drive", actor=MANAGER))
    cycle = yard.cycle()
    assert cycle.override is not None
    assert (cycle.override.cycle, cycle.override.reason, cycle.override.by) == (Cycle(days=10), "door drive", "zhao")
    assert (cycle.due_day, cycle.proposal) == (date(2026, 3, 11), None)
    yard.until("2026-03-09", "09:05")
    assert yard.cycle().state is CycleState.OPEN, "its order opens three days ahead of a day that is two away"
    with pytest.raises(Conflict):
        decide(yard, lambda tx: yard.desk.accept_cycle(tx, ID, reason="again", actor=MANAGER))
    yard.restart(reviewed())
    yard.until("2026-03-09", "09:06")
    assert yard.cycle().override == cycle.override, "the config's own cycle does not undo it"
    decide(yard, lambda tx: yard.desk.restore_cycle(tx, ID, reason="sound for a year", actor=MANAGER))
    assert (yard.cycle().override, yard.cycle().due_day) == (None, date(2026, 3, 16))


def test_a_declined_review_leaves_the_cycle_and_its_failures_are_not_counted_again(yard: Yard) -> None:
    three_failures(yard)
    decide(yard, lambda tx: yard.desk.decline_cycle(tx, ID, reason="one cause, repaired", actor=MANAGER))
    assert (yard.cycle().cycle, yard.cycle().proposal) == (Cycle(days=15), None)
    for day in ("2026-03-11", "2026-03-12"):
        yard.until(day)
        fail(yard)
    assert len(reviews(yard)) == 1
    yard.until("2026-03-13", "07:00")
    fail(yard)
    assert len(reviews(yard)) == 2


def test_a_review_that_is_closed_without_a_word_declines_what_it_proposed(yard: Yard) -> None:
    three_failures(yard)
    yard.step(reviews(yard)[0], Step.CANCEL, actor=MANAGER, reason="nothing to change")
    assert yard.cycle().proposal is None
    assert yard.names()[-1] == "duty.review_declined"


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.TEST])
def test_false_alarms_and_tests_are_no_failures(yard: Yard, verdict: Verdict) -> None:
    for day in ("2026-03-03", "2026-03-06", "2026-03-09"):
        yard.until(day)
        fail(yard, verdict=verdict)
    yard.until("2026-03-10")
    fail(yard)
    assert reviews(yard) == []


def test_alarms_that_share_an_order_are_one_failure_and_older_ones_than_a_month_are_none(yard: Yard) -> None:
    yard.until("2026-03-03")
    for _ in range(4):
        fail(yard, leave=True)  # comes and goes: one order
        yard.sleep(300)
    fail(yard)
    yard.until("2026-03-20", "07:00")
    fail(yard)
    assert reviews(yard) == []
    yard.until("2026-04-03", "07:00")
    fail(yard)
    assert reviews(yard) == [], "the first is more than thirty days ago"
    yard.until("2026-04-04", "07:00")
    fail(yard)
    assert len(reviews(yard)) == 1


def test_a_cycle_that_is_as_short_as_it_gets_is_reviewed_without_a_proposal(ledger: SqlLedger) -> None:
    yard = Yard(ledger, reviewed(least=timedelta(days=15)), rules=[STOPPED])
    three_failures(yard)
    assert len(reviews(yard)) == 1
    assert yard.cycle().proposal is None
