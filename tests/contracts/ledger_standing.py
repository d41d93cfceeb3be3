"""The ledger's contract: how alarms stand, and the measures behind it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from domain.alarms import AlarmState
from domain.errors import Conflict, NotFound
from domain.ports.ledger import AlarmFilter, Ledger
from domain.standing import Measure, Standing
from tests.contracts.ledger_values import RULE, START, after, alarm, put_alarm


class StandingContract:
    """How alarms stand, and the measures behind it."""

    def test_alarms_are_found_by_how_they_stand(self, ledger: Ledger) -> None:
        shown, shelved, marked = (
            alarm(1),
            alarm(2, standing=Standing.SHELVED, standing_by="main-M1", standing_until=after(hours=8)),
            alarm(3, site="annex", standing=Standing.TEST),
        )
        over = alarm(4, standing=Standing.SUPPRESSED, state=AlarmState.NORMAL)
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (shown, shelved, marked, over):
                put_alarm(tx, one)
        with ledger.read() as rows:
            for standing, expected in (
                (None, [marked, shelved, shown]),
                (frozenset({Standing.ANNOUNCED}), [shown]),
                (frozenset({Standing.SHELVED, Standing.TEST}), [marked, shelved]),
            ):
                assert list(rows.alarms.page(AlarmFilter(standing=standing), after=None, most=9).items) == expected
            first = rows.alarms.aside(after=None, most=1)
            assert first.items == (marked,)
            assert rows.alarms.aside(after=first.next, most=1).items == (shelved,)
            assert rows.alarms.counts_aside() == {Standing.SHELVED: 1, Standing.TEST: 1}
            assert rows.alarms.counts_aside(frozenset({"main"})) == {Standing.SHELVED: 1}

    def test_measures_run_until_somebody_ends_them(self, ledger: Ledger) -> None:
        shelf = Measure(
            id="main-M1",
            site="main",
            type=Standing.SHELVED,
            reason="part ordered",
            by="wang",
            began_at=after(seconds=2),
            until=after(hours=1),
            subject=alarm(1).subject,
            rule="elevator.fault",
        )
        test = replace(
            shelf,
            id="annex-M1",
            site="annex",
            type=Standing.TEST,
            began_at=after(seconds=1),
            subject=None,
            rule=None,
            devices=frozenset({"S-1", "S-2"}),
            second="li",
        )
        with ledger.write(at=START, actor=RULE) as tx:
            tx.measures.put(shelf)
            tx.measures.put(test)
            assert tx.measures.running() == [test, shelf]
            assert tx.measures.running(frozenset({"main"})) == [shelf]
            ended = replace(test, ended_at=after(minutes=1), ended_by="li")
            tx.measures.put(ended)
            with pytest.raises(Conflict, match="another site"), tx.savepoint():
                tx.measures.put(replace(shelf, site="annex"))
        with ledger.read() as rows:
            assert rows.measures.running() == [shelf]
            assert rows.measures.get("annex-M1") == ended
            with pytest.raises(NotFound):
                rows.measures.get("main-M2")
