"""A flood begins over ten in ten minutes and ends under five, whatever comes when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.flood import BEGINS_OVER, ENDS_UNDER, WITHIN, FloodState, Load, announced, passed

START = datetime(2026, 3, 1, tzinfo=UTC)
CALM = Load(site="main")


def within(instants: list[datetime], at: datetime) -> int:
    return sum(at - one < WITHIN for one in instants)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=80))
def test_it_is_flooded_from_the_eleventh_until_fewer_than_five_are_left(steps: list[tuple[bool, int]]) -> None:
    load, at, instants, flooded = CALM, START, list[datetime](), False
    for comes, seconds in steps:
        at += timedelta(seconds=seconds)
        while load.next_at is not None and load.next_at <= at:  # as the timers do
            ends_at = load.next_at
            turn = passed(load, ends_at)
            assert turn.ended
            assert within(instants, ends_at) < ENDS_UNDER <= within(instants, ends_at - timedelta(microseconds=1))
            load, flooded = turn.load, False
        if comes:
            instants.append(at)
            turn = announced(load, at)
            assert turn.began == (not flooded and within(instants, at) > BEGINS_OVER)
            load, flooded = turn.load, flooded or turn.began
        assert (load.state is FloodState.FLOODED) == flooded
        assert len(load.recent) <= BEGINS_OVER + 1


def test_it_counts_what_it_brought_and_those_that_began_it() -> None:
    load = CALM
    for second in range(15):
        load = announced(load, START + timedelta(seconds=second)).load
    assert (load.began_at, load.alarms) == (START + timedelta(seconds=10), 15)


def test_our_own_clock_put_back_neither_begins_a_flood_nor_keeps_one_for_ever() -> None:
    load = CALM
    for second in range(15):
        load = announced(load, START + timedelta(seconds=second)).load
    earlier = START - timedelta(hours=1)
    load = announced(load, earlier).load
    assert load.next_at == earlier + WITHIN
