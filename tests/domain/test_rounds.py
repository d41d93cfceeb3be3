"""How a round stands: a function of its visits and the instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.events import EventType
from domain.rounds import (
    FindingType,
    Round,
    RoundState,
    Visit,
    completion,
    judged,
    planned,
    round_step,
    visited,
)
from domain.routes import Route, slots_between
from domain.texts import text

POINTS = ("CP-1", "CP-2", "CP-3")
ROUTE = Route(
    site="main",
    id="R-01",
    name=text("Night", "夜巡", "夜巡"),
    checkpoints=POINTS,
    every=timedelta(hours=2),
    grace=timedelta(minutes=10),
    least_between=timedelta(seconds=30),
    guards=("G-1", "G-2"),
    ordered=True,
)
DAY = datetime(2026, 5, 1, tzinfo=UTC)
SLOT = slots_between(ROUTE, "Asia/Shanghai", DAY, DAY + timedelta(hours=3))[0]


def visit(point: str, minutes: float, *, guard: str = "G-1", late: float = 0, **said: Any) -> Visit:
    """A check-in so long after the round's start, learned of `late` minutes afterwards."""
    at = SLOT.starts_at + timedelta(minutes=minutes)
    return Visit(checkpoint=point, at=at, received_at=at + timedelta(minutes=late), device=point, guard=guard, **said)


def walked(*visits: Visit, minutes: float = 1000, route: Route = ROUTE) -> Round:
    """The round after these visits, judged so long after its start."""
    round_ = planned(route, SLOT)
    for one in visits:
        round_ = visited(round_, one) or round_
    return judged(round_, SLOT.starts_at + timedelta(minutes=minutes))


WHOLE = (visit("CP-1", 1), visit("CP-2", 4), visit("CP-3", 8))


def types(round_: Round) -> set[FindingType]:
    """What there is to say of it."""
    return {finding.type for finding in round_.findings}


def test_a_round_walked_in_time_and_order_has_nothing_to_say() -> None:
    done = walked(*WHOLE, minutes=8)
    assert (done.state, done.missed, done.findings) == (RoundState.COMPLETED, (), ())
    assert done.started_at == WHOLE[0].at
    assert done.completed_at == done.judged_at == WHOLE[2].at


def test_nobody_is_blamed_before_the_grace_is_over() -> None:
    assert walked(minutes=9.99).state is RoundState.PLANNED
    missed = walked(minutes=10)
    assert (missed.state, missed.judged_at) == (RoundState.NOT_STARTED, SLOT.begin_by)


def test_a_round_ends_with_its_missed_points_by_name_when_it_closes() -> None:
    closes = (SLOT.closes_at - SLOT.starts_at) / timedelta(minutes=1)
    assert walked(WHOLE[1], minutes=closes - 0.01).state is RoundState.RUNNING
    ended = walked(WHOLE[1], minutes=closes)
    assert (ended.state, ended.missed, ended.judged_at) == (RoundState.MISSED, ("CP-1", "CP-3"), SLOT.closes_at)


def test_a_second_tag_within_a_minute_is_the_same_visit_and_after_it_another() -> None:
    once = walked(WHOLE[0], minutes=2)
    assert visited(once, visit("CP-1", 1.99)) is None
    assert visited(once, visit("CP-1", 0.01)) is None
    again = visited(once, visit("CP-1", 2))
    assert again is not None
    assert len(again.visits) == 2


@pytest.mark.parametrize(
    ("visits", "type", "points"),
    [
        ((visit("CP-1", 11), visit("CP-2", 14), visit("CP-3", 18)), FindingType.LATE, ()),
        ((visit("CP-1", 1), visit("CP-2", 4), visit("CP-3", 105)), FindingType.LATE, ("CP-3",)),
        ((visit("CP-1", 1), visit("CP-2", 1.4), visit("CP-3", 8)), FindingType.TOO_FAST, ("CP-2",)),
        ((visit("CP-1", 1), visit("CP-2", 4, guard="X"), visit("CP-3", 8)), FindingType.UNKNOWN_GUARD, ("CP-2",)),
        ((visit("CP-2", 1), visit("CP-1", 4), visit("CP-3", 8)), FindingType.OUT_OF_ORDER, ("CP-1",)),
        ((visit("CP-1", 1, items={"door": "Broken", "lamp": "OK"}), *WHOLE[1:]), FindingType.ITEMS, ("CP-1",)),
    ],
)
def test_what_is_wrong_with_a_whole_round_is_said_with_its_points(
    visits: tuple[Visit, ...], type: FindingType, points: tuple[str, ...]
) -> None:
    done = walked(*visits)
    assert done.state is RoundState.COMPLETED
    assert types(done) == {type}
    found = done.found(type)
    assert found is not None
    assert found.points == points


def test_two_guards_who_share_a_round_are_not_too_fast() -> None:
    assert walked(visit("CP-1", 1), visit("CP-2", 1.2, guard="G-2"), visit("CP-3", 4)).findings == ()


def test_a_free_route_may_be_walked_in_any_order_by_anybody() -> None:
    free = replace(ROUTE, ordered=False, guards=())
    assert walked(visit("CP-3", 1, guard="X"), visit("CP-1", 4), visit("CP-2", 8), route=free).findings == ()


def amended(before: Round, *visits: Visit, minutes: float = 1000) -> tuple[Round, EventType]:
    """The round after late visits, and what the last of them is called."""
    event = EventType.ROUND_VISITED
    for one in visits:
        more = visited(before, one)
        assert more is not None
        after = judged(more, SLOT.starts_at + timedelta(minutes=minutes))
        event = round_step(before, after).event
        before = after
    return before, event


def test_visits_that_arrive_late_amend_a_round_that_was_judged() -> None:
    missed = walked(WHOLE[0], WHOLE[2])
    whole, event = amended(missed, WHOLE[1])
    assert (whole.state, whole.missed, whole.amended, event) == (
        RoundState.COMPLETED,
        (),
        True,
        EventType.ROUND_AMENDED,
    )
    part, event = amended(walked(minutes=200), WHOLE[0])
    assert (part.state, part.missed, part.amended, event) == (
        RoundState.MISSED,
        ("CP-2", "CP-3"),
        True,
        EventType.ROUND_AMENDED,
    )


def test_a_late_begin_is_no_amendment_but_a_begin_in_time_that_we_learned_of_late_is() -> None:
    nobody = walked(minutes=12)
    late, event = amended(nobody, visit("CP-1", 13), minutes=13)
    assert (late.state, late.amended, event) == (RoundState.RUNNING, False, EventType.ROUND_STARTED)
    in_time, event = amended(nobody, visit("CP-1", 5, late=8), minutes=13)
    assert (in_time.state, in_time.amended, event) == (RoundState.RUNNING, True, EventType.ROUND_AMENDED)


def test_completion_counts_judged_rounds_and_their_points() -> None:
    figure = completion([walked(*WHOLE), walked(WHOLE[0]), walked(minutes=50), walked(WHOLE[0], minutes=2)])
    assert (figure.due, figure.completed, figure.points_due, figure.points_passed) == (3, 1, 9, 4)


tags = st.builds(
    visit,
    st.sampled_from([*POINTS, "CP-9"]),
    st.floats(-10, 109, allow_nan=False),
    guard=st.sampled_from(["G-1", "G-2", "X", ""]),
)


@given(st.lists(tags, max_size=8), st.lists(st.floats(-10, 300), min_size=1, max_size=4), st.randoms())
def test_a_round_never_goes_back_and_ends_the_same_however_late_and_in_whatever_order_its_visits_arrive(
    visits: list[Visit], looks: list[float], rng: Any
) -> None:
    apart = [one for n, one in enumerate(visits) if all(abs(one.at - x.at) > timedelta(minutes=1) for x in visits[:n])]
    shuffled = rng.sample(apart, len(apart))
    round_ = planned(ROUTE, SLOT)
    for number, one in enumerate(shuffled):
        look = sorted(looks)[min(number, len(looks) - 1)]
        at = max(one.at, SLOT.starts_at + timedelta(minutes=look), round_.judged_at or one.at)
        after = judged(visited(round_, one) or round_, at)
        if after != round_:
            round_step(round_, after)  # the table has a row
        round_ = after
    end = SLOT.closes_at + timedelta(hours=1)
    last, straight = judged(round_, end), walked(*apart)
    assert (last.state, last.missed, last.findings) == (straight.state, straight.missed, straight.findings)
