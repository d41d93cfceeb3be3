"""The ledger's contract: alarms and work orders, lists a page at a time, and what is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.alarms import AlarmState
from domain.assets import Subject, SubjectType
from domain.errors import Conflict, Invalid, NotFound
from domain.events import EventType
from domain.ports.ledger import AlarmFilter, Ledger, OrderFilter
from domain.rules import Severity
from domain.workorders import ClockName, OrderState
from tests.contracts.ledger_values import RULE, START, after, alarm, clock, order, put_alarm, put_order


class AlarmContract:
    """Alarms, and lists a page at a time."""

    def test_an_alarm_comes_back_as_it_was_put(self, ledger: Ledger) -> None:
        whole = alarm(1, late_by_ms=5, building="B1", acknowledged_at=after(microseconds=1), acknowledged_by="王")
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, whole)
        with ledger.read() as rows:
            found = rows.alarms.get("main-A1")
            assert found == whole
            assert found.raised_at.utcoffset() == timedelta(0)
            with pytest.raises(NotFound):
                rows.alarms.get("main-A2")

    def test_one_alarm_is_open_for_a_subject_and_rule_and_another_after_it_ended(self, ledger: Ledger) -> None:
        first, second = alarm(1), replace(alarm(1), id="main-A2")
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, first)
            assert tx.alarms.open_for("main", first.subject, first.rule) == first
            assert tx.alarms.open_for("annex", first.subject, first.rule) is None
            put_alarm(tx, replace(first, state=AlarmState.NORMAL), EventType.ALARM_ENDED)
            assert tx.alarms.open_for("main", first.subject, first.rule) is None
            put_alarm(tx, second)
            assert tx.alarms.open_for("main", first.subject, first.rule) == second

    def test_an_alarm_cannot_move_to_another_site(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            with pytest.raises(Conflict, match="another site"), tx.savepoint():
                put_alarm(tx, replace(alarm(1), site="annex"))

    def test_pages_are_newest_first_and_stable_while_alarms_are_raised(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for number in (1, 2, 3, 4, 5):
                put_alarm(tx, alarm(number))
            put_alarm(tx, replace(alarm(6), raised_at=alarm(3).raised_at))  # the same instant as another
        with ledger.read() as rows:
            page = rows.alarms.page(AlarmFilter(), after=None, most=3)
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(9))
        shown = [one.id for one in page.items]
        assert shown == ["main-A5", "main-A4", "main-A6"]
        with ledger.read() as rows:
            rest = rows.alarms.page(AlarmFilter(), after=page.next, most=3)
            assert [one.id for one in rest.items] == ["main-A3", "main-A2", "main-A1"]
            assert rest.next is None

    def test_alarms_are_filtered(self, ledger: Ledger) -> None:
        ended = alarm(1, state=AlarmState.NORMAL)
        general = alarm(2, severity=Severity.GENERAL)
        elsewhere = alarm(3, site="annex", subject=Subject(SubjectType.BUILDING, "E-2"), rule="elevator.no_service")
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (ended, general, elsewhere):
                put_alarm(tx, one)
        for which, expected in (
            (AlarmFilter(), [elsewhere, general]),
            (AlarmFilter(open=False), [ended]),
            (AlarmFilter(open=None), [elsewhere, general, ended]),
            (AlarmFilter(open=None, sites=frozenset({"main"})), [general, ended]),
            (AlarmFilter(open=None, sites=frozenset()), []),
            (AlarmFilter(severity=Severity.GENERAL), [general]),
            (AlarmFilter(open=None, device="E-1"), [ended]),
            (AlarmFilter(open=None, subject=general.subject), [general]),
            (AlarmFilter(open=None, rule=general.rule), [general, ended]),
            (AlarmFilter(open=None, raised_from=after(seconds=2)), [elsewhere, general]),
            (AlarmFilter(open=None, raised_from=START, raised_before=after(seconds=2)), [ended]),
        ):
            with ledger.read() as rows:
                assert list(rows.alarms.page(which, after=None, most=9).items) == expected, which

    @pytest.mark.parametrize("cursor", ["", "x", "%%%", "W10=", "WyJhbGFybXMiLDEsMl0=", "A" * 5000, "é", "bnVsbA=="])
    def test_a_malformed_cursor_is_invalid(self, ledger: Ledger, cursor: str) -> None:
        with ledger.read() as rows, pytest.raises(Invalid):
            rows.alarms.page(AlarmFilter(), after=cursor, most=9)

    def test_a_cursor_of_another_list_is_invalid(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for number in (1, 2):
                put_alarm(tx, alarm(number))
            cursor = tx.alarms.page(AlarmFilter(), after=None, most=1).next
            with pytest.raises(Invalid):
                tx.orders.page(OrderFilter(), after=cursor, most=1)
            with pytest.raises(Invalid):
                tx.alarms.page(AlarmFilter(), after=None, most=0)


class OrderContract:
    """Work orders and what is due."""

    def test_an_order_comes_back_by_its_id_and_by_a_number_that_one_site_has(self, ledger: Ledger) -> None:
        whole = order(
            1,
            clocks=(
                clock(ClockName.RESPOND, warn_at=after(minutes=1), due_at=after(minutes=2), met_at=after(seconds=9)),
                clock(ClockName.FIX, warn_at=after(hours=1), due_at=after(hours=2), held_since=after(minutes=7)),
            ),
            state=OrderState.WAITING,
            wait_until=after(days=1),
        )
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, whole)
            assert tx.orders.get(whole.id) == whole
            assert tx.orders.get(whole.number) == whole
            put_order(tx, order(1, site="annex"))
            with pytest.raises(NotFound, match="several sites"):
                tx.orders.get(whole.number)
            with pytest.raises(NotFound):
                tx.orders.get("WO-20260314-0002")

    def test_a_number_is_unique_on_its_site(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, order(1))
            with pytest.raises(Conflict, match="another work order"), tx.savepoint():
                put_order(tx, replace(order(2), number=order(1).number))

    def test_orders_are_filtered_and_paged(self, ledger: Ledger) -> None:
        closed = order(1, state=OrderState.CLOSED, assignee="li")
        sent = order(2, state=OrderState.DISPATCHED, assignee="li")
        fire = order(3, template="fire", site="annex", device="S-1")
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (closed, sent, fire):
                put_order(tx, one)
        for which, expected in (
            (OrderFilter(), [fire, sent]),
            (OrderFilter(ended=True), [closed]),
            (OrderFilter(ended=None), [fire, sent, closed]),
            (OrderFilter(state=OrderState.DISPATCHED), [sent]),
            (OrderFilter(sites=frozenset({"annex"})), [fire]),
            (OrderFilter(template="fire"), [fire]),
            (OrderFilter(device="S-1"), [fire]),
            (OrderFilter(ended=None, assignee="li"), [sent, closed]),
            (OrderFilter(ended=None, opened_from=after(seconds=2)), [fire, sent]),
            (OrderFilter(ended=None, opened_from=START, opened_before=after(seconds=2)), [closed]),
        ):
            with ledger.read() as rows:
                page = rows.orders.page(which, after=None, most=1)
                items = list(page.items)
                while page.next is not None:
                    page = rows.orders.page(which, after=page.next, most=1)
                    items += page.items
                assert items == expected, which

    def test_due_orders_are_those_whose_clock_or_wait_asks_for_something_the_longest_waiting_first(
        self, ledger: Ledger
    ) -> None:
        far = {"warn_at": after(hours=5), "due_at": after(hours=6)}
        warns = order(1, clocks=(clock(ClockName.FIX, warn_at=after(minutes=8), due_at=after(minutes=10)),))
        due = order(
            2,
            clocks=(
                clock(ClockName.RESPOND, warn_at=after(minutes=3), due_at=after(minutes=4), warned_at=after(minutes=3)),
                clock(ClockName.FIX, **far),
            ),
        )
        waited = order(3, state=OrderState.WAITING, wait_until=after(minutes=6))
        quiet = [
            order(4),
            order(5, clocks=(clock(ClockName.FIX, **far),)),
            order(6, clocks=(clock(ClockName.FIX, warn_at=START, due_at=START, met_at=START),)),
            order(7, clocks=(clock(ClockName.FIX, warn_at=START, due_at=START, held_since=START),)),
            order(8, clocks=(clock(ClockName.FIX, warn_at=START, due_at=START, breached_at=START),)),
            order(9, clocks=(clock(ClockName.FIX, warn_at=START, due_at=START),), state=OrderState.CANCELLED),
            order(10, wait_until=START),  # not waiting any more
        ]
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (warns, due, waited, *quiet):
                put_order(tx, one)
        with ledger.read() as rows:
            assert rows.orders.due(after(minutes=10), most=9) == [due, waited, warns]
            assert rows.orders.due(after(minutes=10), most=2) == [due, waited]
            assert rows.orders.due(after(minutes=4), most=9) == [due]
            assert rows.orders.due(after(minutes=4) - timedelta(microseconds=1), most=9) == []

    def test_a_clock_that_was_acted_upon_is_due_no_more(self, ledger: Ledger) -> None:
        running = clock(ClockName.FIX, warn_at=after(minutes=8), due_at=after(minutes=10))
        with ledger.write(at=START, actor=RULE) as tx:
            put_order(tx, order(1, clocks=(running,)))
            warned = order(1, clocks=(replace(running, warned_at=after(minutes=8)),))
            put_order(tx, warned, EventType.WORKORDER_WARNED)
            assert tx.orders.due(after(minutes=9), most=9) == []
            assert tx.orders.due(after(minutes=10), most=9) == [warned]
            put_order(tx, order(1), EventType.WORKORDER_NOTED)
            assert tx.orders.due(after(days=9), most=9) == []
