"""What every ledger promises (`domain.ports.ledger`).

A subclass in the tests of an adapter provides the fixtures `ledger` and `other`: the same empty store, opened twice as
two processes would.
"""

# ruff: noqa: PT012 (what must fail is a transaction, and that is a block)

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from domain.errors import Conflict, LedgerUnavailable
from domain.events import Cursor, EventType
from domain.people import ActorType
from domain.ports.ledger import EventFilter, Heartbeat, Ledger
from tests.contracts.ledger_agenda import AgendaContract
from tests.contracts.ledger_alarms import AlarmContract, OrderContract
from tests.contracts.ledger_attachments import AttachmentContract
from tests.contracts.ledger_duties import DutyContract
from tests.contracts.ledger_floods import FloodContract
from tests.contracts.ledger_keeping import KeepingContract, OverrideContract, RegistryContract
from tests.contracts.ledger_leases import LeaseContract
from tests.contracts.ledger_notices import NoticeContract
from tests.contracts.ledger_rounds import RoundContract
from tests.contracts.ledger_standing import StandingContract
from tests.contracts.ledger_values import OPERATOR, RULE, START, Broken, after, alarm, order, put_alarm, put_order


class TransactionContract:
    """Whole or not at all, one winner, no state without an event."""

    def test_what_a_transaction_did_is_seen_by_others_after_its_commit_and_not_before(
        self, ledger: Ledger, other: Ledger
    ) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            assert tx.alarms.get("main-A1") == alarm(1)
            with other.read() as rows:
                assert rows.alarms.open_on("main") == []
                assert rows.events.head() == Cursor({})
        with other.read() as rows:
            assert rows.alarms.open_on("main") == [alarm(1)]
            assert rows.events.head() == Cursor({"main": 1})

    def test_an_exception_takes_everything_back_numbers_included(self, ledger: Ledger) -> None:
        with pytest.raises(Broken), ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            assert tx.next_number("main", "order") == 1
            tx.marks.put("rules", "7")
            raise Broken
        with ledger.write(at=START, actor=RULE) as tx:
            assert tx.alarms.open_on("main") == []
            assert tx.marks.get("rules") is None
            assert put_alarm(tx, alarm(2)).number == 1
            assert tx.next_number("main", "order") == 1
        assert ledger.verify() == []

    def test_a_look_sees_one_instant_while_others_commit(self, ledger: Ledger, other: Ledger) -> None:
        with other.read() as rows:
            assert rows.marks.get("rules") is None
            with ledger.write(at=START, actor=RULE) as tx:
                tx.marks.put("rules", "1")
            assert rows.marks.get("rules") is None
        with other.read() as rows:
            assert rows.marks.get("rules") == "1"

    def test_a_failed_savepoint_takes_back_its_rows_numbers_and_chain_and_the_rest_goes_on(
        self, ledger: Ledger
    ) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            with tx.savepoint():
                put_alarm(tx, alarm(1))
            with pytest.raises(Broken), tx.savepoint():
                put_alarm(tx, alarm(2))
                tx.next_number("main", "order")
                tx.alarms.put(alarm(3))  # no event names it yet: the debt must go back too
                with tx.savepoint():
                    put_order(tx, order(1))
                raise Broken
            with pytest.raises(Broken), tx.savepoint():
                put_alarm(tx, alarm(1, site="annex"))  # taken in here for the first time
                raise Broken
            assert tx.events.head() == Cursor({"main": 1})
            assert put_alarm(tx, alarm(4)).number == 2
            assert tx.next_number("main", "order") == 1
            assert put_alarm(tx, alarm(5, site="annex")).number == 1
        with ledger.read() as rows:
            assert {open_.id for open_ in rows.alarms.open_on("main")} == {"main-A1", "main-A4"}
            assert [event.alarm for event in rows.events.after(Cursor({}), sites=frozenset({"main"}), most=9)] == [
                "main-A1",
                "main-A4",
            ]
        assert ledger.verify() == []

    def test_a_database_error_inside_a_savepoint_leaves_the_transaction_usable(self, ledger: Ledger) -> None:
        twin = replace(alarm(1), id="main-A2")
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            with pytest.raises(Conflict, match="open alarm already"), tx.savepoint():
                put_alarm(tx, twin)
            put_alarm(tx, alarm(3))
        with ledger.read() as rows:
            assert {open_.id for open_ in rows.alarms.open_on("main")} == {"main-A1", "main-A3"}
        assert ledger.verify() == []

    def test_a_database_error_outside_a_savepoint_ends_the_transaction_even_if_it_is_swallowed(
        self, ledger: Ledger
    ) -> None:
        with pytest.raises(RuntimeError, match="cannot go on"), ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            with pytest.raises(Conflict):
                tx.alarms.put(replace(alarm(1), id="main-A2"))
        with ledger.read() as rows:
            assert rows.alarms.open_on("main") == []

    def test_a_database_error_that_a_savepoint_swallowed_takes_the_savepoint_back_alone(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            with pytest.raises(RuntimeError, match="cannot go on"), tx.savepoint():
                put_alarm(tx, alarm(2))
                with pytest.raises(Conflict):
                    tx.alarms.put(replace(alarm(1), id="main-A3"))
            assert put_alarm(tx, alarm(4)).number == 2
        with ledger.read() as rows:
            assert {open_.id for open_ in rows.alarms.open_on("main")} == {"main-A1", "main-A4"}
        assert ledger.verify() == []

    def test_state_without_an_event_is_refused_at_the_commit(self, ledger: Ledger) -> None:
        untold = "no state without an event: nothing was recorded for workorder:main-WO-1"
        with pytest.raises(RuntimeError, match=untold), ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            tx.orders.put(order(1))
        with ledger.read() as rows:
            assert rows.alarms.open_on("main") == []

    def test_an_event_of_another_site_does_not_pay_for_a_row(self, ledger: Ledger) -> None:
        with pytest.raises(RuntimeError, match="alarm:main-A1"), ledger.write(at=START, actor=RULE) as tx:
            tx.take("main")
            tx.alarms.put(alarm(1))
            put_alarm(tx, alarm(1, site="annex"))

    def test_a_site_must_be_taken_before_it_is_changed(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            tx.take("annex")
            with pytest.raises(RuntimeError, match="take"):
                tx.alarms.put(alarm(1))
            with pytest.raises(RuntimeError, match="take"):
                tx.orders.put(order(1))
            with pytest.raises(RuntimeError, match="take"):
                tx.events.record(EventType.PROCESS_STARTED, "main")
            with pytest.raises(RuntimeError, match="take"):
                tx.next_number("main", "order")

    def test_a_look_cannot_change_anything(self, ledger: Ledger) -> None:
        with ledger.read() as rows, pytest.raises(RuntimeError, match="write"):
            rows.marks.put("rules", "1")

    def test_a_transaction_within_a_transaction_is_refused_at_once(self, ledger: Ledger) -> None:
        inner = ledger.write(at=START, actor=RULE)
        with ledger.write(at=START, actor=RULE), pytest.raises(RuntimeError, match="savepoint"), inner:
            pass

    def test_a_closed_ledger_says_so(self, ledger: Ledger) -> None:
        ledger.close()
        ledger.close()
        with pytest.raises(LedgerUnavailable, match="closed"), ledger.read():
            pass
        with pytest.raises(LedgerUnavailable, match="closed"), ledger.write(at=START, actor=RULE):
            pass

    def test_of_two_that_take_a_site_the_second_waits_and_sees_what_the_first_did(
        self, ledger: Ledger, other: Ledger
    ) -> None:
        def second() -> tuple[bool, int]:
            with other.write(at=after(seconds=1), actor=OPERATOR) as tx:
                tx.take("main")
                seen = tx.alarms.open_for("main", alarm(1).subject, alarm(1).rule) is not None
                return seen, put_alarm(tx, replace(alarm(1), occurrences=2)).number

        with ThreadPoolExecutor(1) as pool:
            with ledger.write(at=START, actor=RULE) as tx:
                tx.take("main")
                waiting = pool.submit(second)
                put_alarm(tx, alarm(1))
            assert waiting.result(timeout=30) == (True, 2)

    def test_many_writers_number_without_gaps(self, ledger: Ledger, other: Ledger) -> None:
        def act(number: int) -> None:
            with (ledger, other)[number % 2].write(at=START, actor=RULE) as tx:
                tx.take("main")
                tx.next_number("main", "order")
                put_alarm(tx, alarm(number))
                put_alarm(tx, alarm(number, site="annex"))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(act, range(40)))
        with ledger.write(at=START, actor=RULE) as tx:
            tx.take("main")
            assert tx.events.head() == Cursor({"main": 40, "annex": 40})
            assert tx.next_number("main", "order") == 41
        assert ledger.verify() == []

    def test_changed_differs_after_anybodys_commit(self, ledger: Ledger, other: Ledger) -> None:
        before = ledger.changed(0)
        with ledger.write(at=START, actor=RULE) as tx:
            tx.marks.put("a", "1")
        own = ledger.changed(before)
        with other.write(at=START, actor=RULE) as tx:
            tx.heartbeats.beat(Heartbeat("main", START))
        assert len({before, own, ledger.changed(own)}) == 3

    def test_a_ledger_that_can_be_written_passes_the_check(self, ledger: Ledger) -> None:
        ledger.check()
        with ledger.write(at=START, actor=RULE) as tx:
            tx.marks.put("a", "1")

    def test_a_naive_instant_is_refused(self, ledger: Ledger) -> None:
        naive = START.replace(tzinfo=None)
        with pytest.raises(ValueError, match="time zone"), ledger.write(at=naive, actor=RULE):
            pass


class EventContract:
    """One chain a site."""

    def test_what_was_recorded_is_what_everybody_reads(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            tx.take("main")
            tx.alarms.put(alarm(1))
            tx.orders.put(order(1))
            recorded = tx.events.record(
                EventType.WORKORDER_OPENED,
                "main",
                alarm="main-A1",
                work_order="main-WO-1",
                device="E-1",
                data={"reading": {"speed_mps": 2.5, "at": START}, "rules": ("a", "b"), "说明": "超速\0"},
                actor=OPERATOR,
            )
            later = tx.events.record(EventType.ALARM_COMMENTED, "main", alarm="main-A1")
        assert (recorded.number, recorded.at, recorded.actor) == (1, START, OPERATOR)
        assert recorded.data["说明"] == "超速\0"
        assert set(recorded.digests) == {"alarm:main-A1", "workorder:main-WO-1"}
        assert (later.number, later.actor, later.digests) == (2, RULE, {})
        assert recorded.seal
        assert recorded.seal != later.seal
        with ledger.read() as rows:
            assert rows.events.after(Cursor({}), sites=None, most=9) == [recorded, later]
            of_type = rows.events.after(Cursor({}), sites=None, most=9, types=frozenset({later.type}))
            assert of_type == [one for one in (recorded, later) if one.type is later.type]
            assert rows.events.of_alarm("main-A1") == [recorded, later]
            assert rows.events.of_order("main-WO-1") == [recorded]
            assert rows.events.of_order("main-A1") == []

    def test_a_cursor_leads_through_all_sites_each_in_its_order(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for number in range(7):
                put_alarm(tx, alarm(number, site="main"))
                put_alarm(tx, alarm(number, site="annex"))
        with ledger.read() as rows:
            seen: list[tuple[str, int]] = []
            cursor = Cursor({"annex": 4})
            while found := rows.events.after(cursor, sites=None, most=3):
                seen += [(event.site, event.number) for event in found]
                cursor = Cursor(cursor.seen | {event.site: event.number for event in found})
            assert [number for site, number in seen if site == "main"] == [1, 2, 3, 4, 5, 6, 7]
            assert [number for site, number in seen if site == "annex"] == [5, 6, 7]
            assert cursor == rows.events.head()

    def test_only_the_sites_asked_for_are_told(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1, site="main"))
            put_alarm(tx, alarm(1, site="annex"))
        with ledger.read() as rows:
            annex = frozenset({"annex"})
            assert [event.site for event in rows.events.after(Cursor({}), sites=annex, most=9)] == ["annex"]
            assert rows.events.head(annex) == Cursor({"annex": 1})
            assert rows.events.after(Cursor({}), sites=frozenset(), most=9) == []

    def test_a_journal_shows_one_site_newest_first_and_only_what_is_asked_for(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            raised = [put_alarm(tx, alarm(number)) for number in (1, 2)]
            opened = put_order(tx, order(1))
            put_alarm(tx, alarm(1, site="annex"))
        with ledger.write(at=after(hours=1), actor=OPERATOR) as tx:
            seen = put_alarm(tx, alarm(1), EventType.ALARM_ACKNOWLEDGED)
        for which, expected in (
            (EventFilter(site="main"), [seen, opened, raised[1], raised[0]]),
            (EventFilter(site="main", noun="alarm"), [seen, raised[1], raised[0]]),
            (EventFilter(site="main", noun="alar_"), []),
            (EventFilter(site="main", actor="wang"), [seen]),
            (EventFilter(site="main", actor_type=ActorType.RULE, noun="workorder"), [opened]),
            (EventFilter(site="main", actor="wang", actor_type=ActorType.RULE), []),
            (EventFilter(site="main", before=after(hours=1)), [opened, raised[1], raised[0]]),
            (EventFilter(site="elsewhere"), []),
        ):
            for most in (1, 9):
                with ledger.read() as rows:
                    page = rows.events.page(which, after=None, most=most)
                    items = list(page.items)
                    while page.next is not None:
                        page = rows.events.page(which, after=page.next, most=most)
                        items += page.items
                assert items == expected, which


class LedgerContract(
    TransactionContract,
    EventContract,
    AlarmContract,
    StandingContract,
    OrderContract,
    AttachmentContract,
    RegistryContract,
    OverrideContract,
    KeepingContract,
    RoundContract,
    DutyContract,
    NoticeContract,
    LeaseContract,
    AgendaContract,
    FloodContract,
):
    """All of it."""
