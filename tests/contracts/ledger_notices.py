"""The ledger's contract: climbing alarms by their next instant, and notices in lanes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.errors import NotFound
from domain.escalation import Climb, ClimbStep, PolicyStep
from domain.notices import LEASE, Notice, NoticeState, Status, claimed, failed, released, sent
from domain.ports.ledger import Ledger, NoticeFilter
from domain.rules import Severity
from tests.contracts.ledger_values import RULE, START, TITLE, after, alarm, put_alarm


def notice(number: int, lane: str = "main/hook", **changes: Any) -> Notice:
    """A notice that waits, made that many seconds after `START`."""
    values: dict[str, Any] = {
        "key": f"main-N{number}",
        "number": number,
        "site": lane.split("/", maxsplit=1)[0],
        "lane": lane,
        "channel": "hook",
        "receivers": ("王",),
        "what": TITLE,
        "because": TITLE,
        "severity": Severity.URGENT,
        "life_safety": True,
        "status": Status.FIRING,
        "made_at": after(seconds=number),
        "next_at": after(seconds=number),
        "began_at": START,
        "alarm": f"main-A{number % 2}",
    }
    return Notice(**(values | changes))


def climb(due_at: datetime | None) -> Climb:
    """A climb whose one step is due then."""
    step = PolicyStep(after=timedelta(minutes=2), whom="zhao", repeat=timedelta(minutes=5), always=True)
    steps = (ClimbStep(step=step, title=TITLE, channel_title=TITLE, due_at=due_at, times=3),)
    return Climb(policy="p", round=2, started_at=START, steps=steps)


class NoticeContract:
    """Deadlines as rows, a key once, and order within a lane."""

    def test_alarms_are_found_by_their_next_step_and_the_longest_due_comes_first(self, ledger: Ledger) -> None:
        later, sooner = alarm(1, climb=climb(after(minutes=9))), alarm(2, climb=climb(after(minutes=3)))
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (later, sooner, alarm(3, climb=climb(None)), alarm(4)):
                put_alarm(tx, one)
        with ledger.read() as rows:
            assert rows.alarms.climbing(after(minutes=3) - timedelta(microseconds=1), most=9) == []
            assert rows.alarms.climbing(after(minutes=9), most=9) == [sooner, later]
            assert rows.alarms.climbing(after(minutes=9), most=1) == [sooner]
        assert ledger.verify() == []

    def test_a_key_is_there_once_and_a_notice_comes_back_as_it_was_put(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            assert tx.notices.add(notice(1))
            assert not tx.notices.add(notice(1, channel="another"))
        with ledger.read() as rows:
            assert rows.notices.get("main-N1") == notice(1)
            with pytest.raises(NotFound):
                rows.notices.get("main-N2")

    def test_of_each_lane_only_the_first_that_waits_is_due(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (notice(1), notice(2), notice(3, "main/mail/lin"), notice(4), notice(9, "annex/hook")):
                tx.notices.add(one)
            assert [one.number for one in tx.notices.due(after(seconds=5), most=9)] == [1, 3]
            assert [one.number for one in tx.notices.due(after(seconds=9), most=9)] == [1, 3, 9]
            assert [one.number for one in tx.notices.behind(notice(1), most=9)] == [2, 4]
            tx.notices.put(sent(notice(1), START))
            assert [one.number for one in tx.notices.due(after(seconds=5), most=9)] == [2, 3]

    def test_a_claimed_notice_holds_its_lane_until_the_lease_ends_or_it_is_let_go(self, ledger: Ledger) -> None:
        at = after(minutes=1)
        with ledger.write(at=START, actor=RULE) as tx:
            tx.notices.add(notice(1))
            tx.notices.add(notice(2))
            ours = claimed(notice(1), at)
            tx.notices.put(ours)
            assert tx.notices.due(at, most=9) == []
            assert tx.notices.due(at + LEASE, most=9) == [ours]
            tx.notices.put(released(ours))
            assert tx.notices.due(at, most=9) == [notice(1)]

    def test_lists_show_the_newest_first_and_only_what_is_asked_for(self, ledger: Ledger) -> None:
        given_up = failed(notice(2), after(minutes=5), "gone " * 200)
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (notice(1), given_up, notice(3), notice(4, "annex/mail", channel="mail")):
                tx.notices.add(one)
        with ledger.read() as rows:
            page = rows.notices.page(NoticeFilter(sites=frozenset({"main"})), after=None, most=2)
            assert [one.number for one in page.items] == [3, 2]
            rest = rows.notices.page(NoticeFilter(sites=frozenset({"main"})), after=page.next, most=2)
            assert ([one.number for one in rest.items], rest.next) == ([1], None)
            by_mail = rows.notices.page(NoticeFilter(channel="mail"), after=None, most=9)
            assert [one.number for one in by_mail.items] == [4]
            assert rows.notices.counts() == {
                ("hook", NoticeState.WAITING): 2,
                ("hook", NoticeState.FAILED): 1,
                ("mail", NoticeState.WAITING): 1,
            }
            assert rows.notices.counts(frozenset({"annex"})) == {("mail", NoticeState.WAITING): 1}
            assert rows.notices.counts(frozenset()) == {}
            of_state = rows.notices.page(NoticeFilter(state=NoticeState.FAILED), after=None, most=9)
            assert [len(one.last_error or "") for one in of_state.items] == [500]
            assert [one.number for one in rows.notices.of_alarm("main-A1")] == [1, 3]
