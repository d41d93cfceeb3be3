"""Whether we can tell silence from not listening, and who falls due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerting.roster import Key
from alerting.watch import BEHIND_BACKLOG, CATCH_UP_MOST_MS, STALLED_MS, DueList, Sight, begin, look


def looks(sight: Sight, start_s: int, end_s: int, *, session_s: int | None, backlog: int = 0) -> Sight:
    """Look once a second."""
    for second in range(start_s, end_s + 1):
        session_ms = None if session_s is None else session_s * 1000
        sight = look(sight, second * 1000, session_ms=session_ms, backlog=backlog)
    return sight


def test_we_watch_a_second_after_the_session_came_up_when_nothing_waits() -> None:
    assert looks(begin(0), 1, 1, session_s=1).watching_ms is None
    watching = looks(begin(0), 1, 2, session_s=1)
    assert (watching.watching_ms, watching.free_ms) == (2000, 2000)


def test_holds_wait_ten_seconds_at_most_for_a_queue_that_does_not_end() -> None:
    sight = looks(begin(0), 0, 30, session_s=0, backlog=BEHIND_BACKLOG)
    assert (sight.watching_ms, sight.free_ms) == (None, CATCH_UP_MOST_MS)


def test_a_burst_does_not_end_the_watch_but_a_long_backlog_does() -> None:
    watching = looks(begin(0), 0, 5, session_s=0)
    burst = looks(looks(watching, 6, 9, session_s=0, backlog=BEHIND_BACKLOG), 10, 11, session_s=0)
    assert burst.watching_ms == watching.watching_ms
    behind = looks(watching, 6, 20, session_s=0, backlog=BEHIND_BACKLOG)
    assert behind.watching_ms is None
    assert looks(behind, 21, 21, session_s=0).watching_ms == 21_000


def test_a_session_that_came_and_went_between_two_looks_starts_the_watch_anew() -> None:
    watching = looks(begin(0), 0, 5, session_s=0)
    again = looks(watching, 8, 8, session_s=7)
    assert (again.watching_ms, again.free_ms) == (None, 8000 + CATCH_UP_MOST_MS)


def test_a_stall_starts_the_watch_anew() -> None:
    watching = looks(begin(0), 0, 5, session_s=0)
    assert look(watching, 5000 + STALLED_MS, session_ms=0, backlog=0).watching_ms == watching.watching_ms
    assert look(watching, 5001 + STALLED_MS, session_ms=0, backlog=0).watching_ms is None


KEYS = st.tuples(st.just("main"), st.sampled_from("abcd"))


@given(puts=st.lists(st.tuples(KEYS, st.integers(0, 50))), at=st.integers(0, 50))
def test_each_falls_due_once_at_the_earliest_instant_it_was_given(puts: list[tuple[Key, int]], at: int) -> None:
    due, earliest = DueList(), dict[Key, int]()
    for key, instant in puts:
        due.put(key, instant)
        earliest[key] = min(instant, earliest.get(key, instant))
    assert due.first_ms == min(earliest.values(), default=None)
    taken = due.take(at, most=100)
    assert taken == sorted((key for key in earliest if earliest[key] <= at), key=lambda key: (earliest[key], key))
    assert due.take(at, most=100) == []
    assert due.first_ms == min((instant for instant in earliest.values() if instant > at), default=None)
