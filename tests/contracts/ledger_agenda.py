"""The ledger's contract: what waits for its time, as one question."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from domain.escalation import Climb, ClimbStep, PolicyStep
from domain.events import EventType
from domain.ports.ledger import CLOCK_CALLS, CURRENT_RULES, Agenda, Ledger
from domain.standing import Standing
from domain.workorders import ClockName, OrderState
from tests.contracts.ledger_rounds import ROUTE, begun, put_round, rounds_of
from tests.contracts.ledger_values import RULE, START, TITLE, after, alarm, clock, device, order, put_alarm, put_order


class AgendaContract:
    """Each part by its first instant."""

    def test_nothing_waits_in_an_empty_ledger(self, ledger: Ledger) -> None:
        with ledger.read() as rows:
            assert rows.agenda() == Agenda()
            assert rows.agenda().next_at is None

    def test_each_part_waits_for_its_first_instant_and_no_longer_than_it_runs(self, ledger: Ledger) -> None:
        running = clock(ClockName.FIX, warn_at=after(minutes=30), due_at=after(minutes=40))
        step = ClimbStep(
            step=PolicyStep(after=timedelta(minutes=5), whom="shift_leader"),
            title=TITLE,
            channel_title=TITLE,
            due_at=after(minutes=5),
        )
        waiting = order(2, state=OrderState.WAITING, wait_until=after(minutes=20))
        climbing = alarm(1, climb=Climb(policy="urgent", round=1, started_at=START, steps=(step,)))

        round_ = begun(rounds_of(ROUTE)[0])
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, order(1, clocks=(running,)))
            assert tx.agenda().orders_at == after(minutes=30)
            put_order(tx, waiting)
            assert tx.agenda().orders_at == after(minutes=20)
            put_alarm(tx, climbing)
            put_round(tx, round_)
        with ledger.read() as rows:
            agenda = rows.agenda()
        assert agenda == Agenda(orders_at=after(minutes=20), steps_at=after(minutes=5), rounds_at=round_.next_at)
        assert agenda.next_at == min(after(minutes=5), round_.next_at or START)
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, replace(waiting, state=OrderState.CANCELLED), EventType.WORKORDER_CANCELLED)
            put_alarm(tx, replace(climbing, climb=None), EventType.ALARM_ACKNOWLEDGED)
        with ledger.read() as rows:
            assert rows.agenda().orders_at == after(minutes=30)
            assert rows.agenda().steps_at is None

    def test_a_hidden_alarm_is_to_be_reviewed(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1, standing=Standing.SUPPRESSED))
        with ledger.read() as rows:
            assert rows.agenda().reviews is True

    def test_revisions_and_calls_of_clocks_are_told_as_they_move(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for site in ("main", "annex"):
                tx.take(site)
                tx.next_number(site, CLOCK_CALLS)
            tx.next_number("main", "order")
            tx.marks.put(CURRENT_RULES, "7")
        with ledger.read() as rows:
            before = rows.agenda()
        assert (before.clock_calls, before.rules) == (2, "7")
        with ledger.write(at=START, actor=RULE) as tx:
            tx.devices.put(device("E-01"))
            assert tx.agenda().registry == before.registry + 1 == tx.devices.revision()
