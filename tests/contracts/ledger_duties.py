"""The ledger's contract: cycles of duties, and orders by what they are about."""

# ruff: noqa: PT012 (what must fail is a transaction, and that is a block)

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.assets import Subject, SubjectType
from domain.duties import Cycle, Duty, Per, Unit
from domain.duty_cycles import CycleOverride, CycleState, Done, DutyCycle, Proposal, begun, done, opened
from domain.errors import NotFound
from domain.events import EventType
from domain.ports.ledger import Ledger, OrderFilter, Transaction
from tests.contracts.ledger_values import RULE, START, TITLE, after, order, put_order

DUTY = Duty(
    id="maintenance",
    title=TITLE,
    per=Per.DEVICE,
    every=Cycle(days=15),
    ahead=timedelta(days=3),
    template="maintenance",
    source=TITLE,
    kinds=frozenset({"elevator", "gateway"}),
)
SHANGHAI = "Asia/Shanghai"


def cycle(unit: str = "E-03", site: str = "main", duty: Duty = DUTY) -> DutyCycle:
    """A unit that came under watch at the start."""
    return begun(Unit(site, duty.id, unit), duty, SHANGHAI, START)


def put_cycle(tx: Transaction, value: DutyCycle) -> None:
    """Put a cycle as the desk does: its site taken, the event with it."""
    tx.take(value.site)
    tx.duties.put(value)
    tx.events.record(EventType.DUTY_BEGUN, value.site, data={"duty": value.id})


class DutyContract:
    """Cycles of duties."""

    def test_cycles_come_back_whole_and_the_ledger_stays_sound(self, ledger: Ledger) -> None:
        first = cycle()
        turn = Done(day=first.since, due_day=first.due_day, by="王", at=START, order="main-WO-1")
        whole = replace(
            done(opened(first, "main-WO-1", SHANGHAI).cycle, turn, SHANGHAI).cycle,
            override=CycleOverride(cycle=Cycle(weeks=1), reason="旧", by="zhao", at=START),
            proposal=Proposal(cycle=Cycle(days=5), alarms=("a", "b"), order="o", at=START),
        )
        with ledger.write(at=START, actor=RULE) as tx:
            put_cycle(tx, first)
            put_cycle(tx, whole)
        with ledger.read() as rows:
            assert rows.duties.get(first.id) == whole
            assert rows.duties.find("main.maintenance.E-99") is None
            with pytest.raises(NotFound):
                rows.duties.get("main.maintenance.E-99")
        assert ledger.verify() == []

    def test_cycles_are_found_by_site_and_by_unit_in_the_order_of_their_ids(self, ledger: Ledger) -> None:
        inspection = replace(DUTY, id="inspection")
        every = [cycle("E-01"), cycle("E-02"), cycle("E-01", duty=inspection), cycle("E-01", site="annex")]
        with ledger.write(at=START, actor=RULE) as tx:
            for one in every:
                put_cycle(tx, one)
        with ledger.read() as rows:
            assert [one.id for one in rows.duties.every()] == sorted(one.id for one in every)
            assert rows.duties.every(frozenset({"annex"})) == [every[3]]
            assert rows.duties.of_unit("main", "E-01") == [every[2], every[0]]
            waiting = CycleState.WAITING
            assert rows.duties.counts() == {("annex", waiting): 1, ("main", waiting): 3}
            assert rows.duties.counts(frozenset({"annex"})) == {("annex", waiting): 1}

    def test_a_cycle_is_due_when_time_changes_it_the_longest_waiting_first(self, ledger: Ledger) -> None:
        one, two = cycle("E-01"), replace(cycle("E-02"), next_at=after(days=2))
        resting = replace(cycle("E-03"), state=CycleState.RESTING, next_at=None)
        with ledger.write(at=START, actor=RULE) as tx:
            for each in (one, two, resting):
                put_cycle(tx, each)
            assert tx.duties.due(after(days=2) - timedelta(microseconds=1), most=9) == []
            assert tx.duties.due(after(days=2), most=9) == [two]
            assert tx.duties.due(after(days=99), most=9) == [two, one]
            assert tx.duties.due(after(days=99), most=1) == [two]

    def test_a_cycle_needs_its_event(self, ledger: Ledger) -> None:
        with pytest.raises(RuntimeError, match="state without an event"), ledger.write(at=START, actor=RULE) as tx:
            tx.take("main")
            tx.duties.put(cycle())

    def test_orders_are_found_by_what_they_are_about(self, ledger: Ledger) -> None:
        route = Subject(SubjectType.ROUTE, "R-01")
        about = replace(order(1), subject=route, device=None)
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, about)
            put_order(tx, order(2))
        with ledger.read() as rows:
            assert rows.orders.page(OrderFilter(subject=route), after=None, most=9).items == (about,)
            other = OrderFilter(subject=Subject(SubjectType.DUTY, "R-01"))
            assert rows.orders.page(other, after=None, most=9).items == ()
        assert ledger.verify() == []
