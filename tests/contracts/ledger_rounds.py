"""The ledger's contract: routes, rounds and their visits."""

# ruff: noqa: PT012 (what must fail is a transaction, and that is a block)

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain.errors import Conflict, NotFound
from domain.events import EventType
from domain.ports.ledger import Ledger, RoundFilter, Transaction
from domain.rounds import Round, RoundState, Visit, judged, planned, visited
from domain.routes import Band, CheckItem, Hours, Route, RouteKind, slots_between
from tests.contracts.ledger_values import RULE, START, TITLE, after

ROUTE = Route(
    site="main",
    id="R-01",
    name=TITLE,
    checkpoints=("CP-1", "CP-2"),
    kind=RouteKind.INSPECTION,
    ordered=True,
    every=timedelta(hours=2),
    bands=(Band(begins="22:00", ends="06:00", times=4),),
    active=Hours("06:00", "20:00"),
    random_start=timedelta(minutes=5),
    guards=("王", "G-2"),
    items=(CheckItem(checkpoint="CP-1", id="door", label=TITLE),),
    registered_at=START,
)


def rounds_of(route: Route) -> list[Round]:
    """Three planned rounds in a row."""
    return [planned(route, slot) for slot in slots_between(route, "Asia/Shanghai", START, after(hours=12))[:3]]


def begun(round_: Round, *, guard: str = "王") -> Round:
    """The round after its first point."""
    at = round_.slot.starts_at
    visit = Visit(checkpoint="CP-1", at=at, received_at=at, device="CP-1", guard=guard, items={"door": "坏"})
    more = visited(round_, visit)
    assert more is not None
    return judged(more, at)


def put_round(tx: Transaction, value: Round) -> None:
    """Put a round as judging does: its site taken, the event with it."""
    tx.take(value.site)
    tx.rounds.put(value)
    tx.events.record(EventType.ROUND_STARTED, value.site, data={"round": value.id})


class RoundContract:
    """Routes, rounds and visits."""

    def test_routes_come_back_whole_and_every_real_change_moves_the_revision(self, ledger: Ledger) -> None:
        elsewhere = replace(ROUTE, site="annex")
        with ledger.write(at=START, actor=RULE) as tx:
            before = tx.devices.revision()
            tx.routes.put(ROUTE)
            tx.routes.put(elsewhere)
            moved = tx.devices.revision()
            assert moved > before
            tx.routes.put(ROUTE)
            assert tx.devices.revision() == moved
        with ledger.read() as rows:
            assert rows.routes.every() == [elsewhere, ROUTE]
            assert rows.routes.every(frozenset({"main"})) == [ROUTE]
            assert rows.routes.get("main", "R-01") == ROUTE
            with pytest.raises(NotFound):
                rows.routes.get("main", "R-02")

    def test_rounds_come_back_whole_with_their_visits_and_the_ledger_stays_sound(self, ledger: Ledger) -> None:
        first, second, third = rounds_of(ROUTE)
        walked = begun(first)
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (walked, judged(second, second.slot.begin_by), begun(third)):
                put_round(tx, one)
            put_round(tx, judged(walked, first.slot.closes_at))
        with ledger.read() as rows:
            assert rows.rounds.get(first.id) == judged(walked, first.slot.closes_at)
            assert [one.id for one in rows.rounds.newest("main", "R-01", most=2)] == [third.id, second.id]
            assert rows.rounds.find("main.R-01.x") is None
            with pytest.raises(NotFound):
                rows.rounds.get("main.R-01.x")
        assert ledger.verify() == []

    def test_rounds_are_filtered_in_the_order_of_their_start(self, ledger: Ledger) -> None:
        rounds = [begun(one) for one in rounds_of(ROUTE)]
        other = begun(rounds_of(replace(ROUTE, site="annex"))[0])
        with ledger.write(at=START, actor=RULE) as tx:
            for one in reversed([*rounds, other]):
                put_round(tx, one)
        with ledger.read() as rows:
            whole = RoundFilter(start=START, end=after(days=1), sites=frozenset({"main"}))
            assert rows.rounds.between(whole, most=9) == rounds
            assert rows.rounds.between(whole, most=1) == rounds[:1]
            assert rows.rounds.between(replace(whole, end=rounds[2].slot.starts_at), most=9) == rounds[:2]
            assert rows.rounds.between(replace(whole, route="R-02"), most=9) == []
            assert rows.rounds.between(replace(whole, state=RoundState.MISSED), most=9) == []
            assert rows.rounds.between(replace(whole, sites=None, route="R-01"), most=9) != rounds

    def test_only_a_running_round_is_due_and_only_when_it_closes(self, ledger: Ledger) -> None:
        first, second, third = rounds_of(ROUTE)
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (begun(third), begun(first), judged(second, second.slot.begin_by)):
                put_round(tx, one)
            assert tx.rounds.due(first.slot.closes_at - timedelta(microseconds=1), most=9) == []
            assert tx.rounds.due(first.slot.closes_at, most=9) == [begun(first)]
            assert [one.id for one in tx.rounds.due(third.slot.closes_at, most=9)] == [first.id, third.id]
            assert len(tx.rounds.due(third.slot.closes_at, most=1)) == 1

    def test_a_round_needs_its_event_and_cannot_move_to_another_site(self, ledger: Ledger) -> None:
        first = begun(rounds_of(ROUTE)[0])
        with pytest.raises(RuntimeError, match="state without an event"), ledger.write(at=START, actor=RULE) as tx:
            tx.take("main")
            tx.rounds.put(first)
        with ledger.write(at=START, actor=RULE) as tx:
            put_round(tx, first)
            with pytest.raises(Conflict, match="another site"), tx.savepoint():
                put_round(tx, replace(first, site="annex"))
