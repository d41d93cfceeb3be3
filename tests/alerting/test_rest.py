"""A rule that rests is one of which judging says so: the short way and the long one find the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.judge import RuleInForce
from alerting.memory import Remembered
from domain.readings import Value
from domain.rules import Above, All, Any, Below, Condition, Equals, In, LimitOf, Missing, Not, Pressed, Silent
from tests.alerting.room import rule
from tests.alerting.test_judge import view

METRICS = ("a", "b", "c")
NUMBERS = (0, 1, 2.0, 2.5, 3)
LEVELS = st.sampled_from([1.0, 2.0, LimitOf("rated"), LimitOf("of nobody")])
FILTERS = st.one_of(
    st.builds(Equals, metric=st.sampled_from(METRICS), value=st.sampled_from([*NUMBERS, True, "x"])),
    st.builds(In, metric=st.sampled_from(METRICS), values=st.just((1, False, "x"))),
)
LEAVES = st.one_of(
    FILTERS,
    st.builds(Above, metric=st.sampled_from(METRICS), level=LEVELS, clear=st.none() | LEVELS),
    st.builds(Below, metric=st.sampled_from(METRICS), level=LEVELS, clear=st.none() | LEVELS),
)


def grown(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Conditions with those leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(All, of=st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Any, of=st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(Not, condition=inner),
        ),
        max_leaves=6,
    )


FACTS = st.dictionaries(st.sampled_from(METRICS), st.sampled_from([*NUMBERS, True, False, "x", None]))


@given(
    when=grown(LEAVES),
    unless=st.none() | grown(FILTERS),
    facts=FACTS,
    remembered=st.lists(st.sampled_from([None, 1, 7, ("x",)]), min_size=12, max_size=12),
)
def test_a_rule_rests_where_judging_finds_nothing_and_would_remember_nothing_else(
    when: Condition, unless: Condition | None, facts: dict[str, Value | None], remembered: list[Remembered]
) -> None:
    in_force = RuleInForce(rule("r", when, unless=unless))
    assert in_force.rest is not None
    leaves = tuple(remembered[: len(in_force.leaves)])
    verdict = in_force.judge(leaves, view(facts))
    quiet = verdict.when is False and verdict.review_ms is None and verdict.leaves == leaves
    assert in_force.rest(view(facts), leaves) is quiet


def test_what_another_condition_left_is_judged() -> None:
    in_force = RuleInForce(rule("r", Equals(metric="a", value=1)))
    assert in_force.rest is not None
    assert in_force.rest(view({"a": 2}), (None,))
    assert not in_force.rest(view({"a": 2}), (None, 7))


@pytest.mark.parametrize(
    ("when", "unless"),
    [
        (Pressed(metric="a"), None),
        (Silent(intervals=3.0), None),
        (All(of=(Equals(metric="a", value=1), Missing(metric="b", value=True, after=timedelta(days=1)))), None),
        (Equals(metric="a", value=1), Above(metric="b", level=1.0)),
    ],
)
def test_what_looks_at_time_or_remembers_in_its_filter_is_always_judged(
    when: Condition, unless: Condition | None
) -> None:
    assert RuleInForce(rule("r", when, unless=unless)).rest is None
