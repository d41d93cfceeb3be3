"""What each condition finds, by table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any as Anything

import pytest

from alerting.facts import Fact
from alerting.judge import HELD, NEVER_HEARD, RuleInForce, Verdict
from alerting.memory import Remembered
from alerting.view import View
from alerting.why import explain
from domain.errors import ConfigError
from domain.readings import Channel, Value
from domain.rules import (
    Above,
    All,
    Any,
    Below,
    Coded,
    Condition,
    Equals,
    In,
    LimitOf,
    Missing,
    Not,
    Pressed,
    Silent,
)
from tests.alerting.room import rule

NOW_MS = 1_000_000


def view(known: dict[str, Value | None], *, age_ms: int = 0, **changes: Anything) -> View:
    """A view at `NOW_MS` of values that came `age_ms` ago; None: it came bad."""
    facts = {name: Fact(value, NOW_MS - age_ms, NOW_MS - age_ms, Channel.TELEMETRY) for name, value in known.items()}
    seen = View(facts, NOW_MS, limits={"rated": 2.0}, interval_ms=60_000, heard_ms=NOW_MS)
    for name, value in changes.items():
        setattr(seen, name, value)
    return seen


def judged(condition: Condition, seen: View, leaves: tuple[Remembered, ...] = (), **changes: Anything) -> Verdict:
    return RuleInForce(rule("r", condition, **changes)).judge(leaves, seen)


YES, NO, OPEN = Equals(metric="yes", value=True), Equals(metric="no", value=True), Equals(metric="open", value=True)
THREE = {"yes": True, "no": False}


@pytest.mark.parametrize(
    ("condition", "known", "holds"),
    [
        (Equals(metric="door", value="open"), {"door": "open"}, True),
        (Equals(metric="door", value="open"), {"door": "closed"}, False),
        (Equals(metric="door", value="open"), {}, None),
        (Equals(metric="door", value="open"), {"door": None}, None),
        (Equals(metric="on", value=True), {"on": 1}, False),
        (Equals(metric="code", value=1), {"code": 1.0}, True),
        (Equals(metric="code", value=1), {"code": True}, False),
        (In(metric="mode", values=("fire", "inspection")), {"mode": "fire"}, True),
        (In(metric="mode", values=("fire", "inspection")), {"mode": "normal"}, False),
        (Above(metric="t", level=80.0), {"t": 80}, False),
        (Above(metric="t", level=80.0), {"t": 80.1}, True),
        (Above(metric="t", level=80.0), {"t": None}, None),
        (Above(metric="t", level=80.0), {"t": "hot"}, None),
        (Above(metric="v", level=LimitOf("rated", 1.15)), {"v": 2.31}, True),
        (Above(metric="v", level=LimitOf("rated", 1.15)), {"v": 2.3}, False),
        (Above(metric="v", level=LimitOf("of nobody")), {"v": 2.3}, None),
        (Below(metric="p", level=0.1), {"p": 0.1}, False),
        (Below(metric="p", level=0.1), {"p": 0.09}, True),
        (All(of=(YES, YES)), THREE, True),
        (All(of=(YES, OPEN)), THREE, None),
        (All(of=(OPEN, NO)), THREE, False),
        (Any(of=(NO, OPEN)), THREE, None),
        (Any(of=(OPEN, YES)), THREE, True),
        (Any(of=(NO, NO)), THREE, False),
        (Not(condition=YES), THREE, False),
        (Not(condition=NO), THREE, True),
        (Not(condition=OPEN), THREE, None),
    ],
)
def test_a_condition_is_true_false_or_unknown(
    condition: Condition, known: dict[str, Value | None], holds: bool | None
) -> None:
    assert judged(condition, view(known)).holds is holds


@pytest.mark.parametrize(
    ("condition", "values", "found"),
    [
        (Above(metric="x", level=80.0, clear=75.0), [79, 81, 76, 75, 79], [False, True, True, False, False]),
        (Below(metric="x", level=0.10, clear=0.12), [0.11, 0.09, 0.11, 0.12, 0.11], [False, True, True, False, False]),
        (Above(metric="x", level=80.0, clear=75.0), [81, None, 76, 74], [True, None, True, False]),
    ],
)
def test_a_level_holds_until_its_clear_level(
    condition: Condition, values: list[float | None], found: list[bool | None]
) -> None:
    leaves: tuple[Remembered, ...] = ()
    outcomes = []
    for value in values:
        verdict = judged(condition, view({"x": value}), leaves)
        outcomes.append(verdict.holds)
        leaves = verdict.leaves
    assert outcomes == found


def test_a_press_by_event_lasts_its_time_and_no_longer() -> None:
    button = Pressed(metric="b", holds=timedelta(seconds=10))
    press = judged(button, view({"b": True}, reported={"b": True}, is_event=True))
    assert (press.holds, press.pressed, press.review_ms) == (True, True, NOW_MS + 10_000)
    assert judged(button, view({"b": True}, now_ms=NOW_MS + 9_999), press.leaves).holds is True
    assert judged(button, view({"b": True}, now_ms=NOW_MS + 10_000), press.leaves).holds is False


def test_a_press_ends_early_when_the_device_says_so() -> None:
    button = Pressed(metric="b")
    press = judged(button, view({"b": True}, reported={"b": True}, is_event=True))
    assert judged(button, view({"b": False}, reported={"b": False}), press.leaves).holds is False


def test_a_press_by_telemetry_lasts_until_false_and_its_repetition_is_no_press() -> None:
    button = Pressed(metric="b")
    first = judged(button, view({"b": True}, reported={"b": True}))
    assert (first.holds, first.still, first.leaves) == (True, False, (HELD,))
    second = judged(button, view({"b": True}, reported={"b": True}), first.leaves)
    assert (second.holds, second.still, second.pressed) == (True, True, False)
    assert judged(button, view({"b": True}, now_ms=NOW_MS + 10**9), first.leaves).holds is True


def test_a_button_that_comes_bad_is_unknown_even_while_it_was_held() -> None:
    assert judged(Pressed(metric="b"), view({"b": None}, reported={"b": None}), (HELD,)).holds is None


SILENT = Silent(after=timedelta(seconds=180))


@pytest.mark.parametrize(
    ("heard_ago_s", "watching_ago_s", "holds"),
    [
        (179, 1000, False),
        (180, 1000, True),
        (1000, 179, False),  # we were not listening for long enough
        (1000, 180, True),
        (1000, None, None),  # we are not listening
    ],
)
def test_silence_counts_from_the_later_of_receipt_and_watching(
    heard_ago_s: int, watching_ago_s: int | None, holds: bool | None
) -> None:
    watching_ms = None if watching_ago_s is None else NOW_MS - watching_ago_s * 1000
    seen = view({}, heard_ms=NOW_MS - heard_ago_s * 1000, watching_ms=watching_ms)
    assert judged(SILENT, seen).holds is holds


def test_silence_that_was_found_lasts_until_something_is_received_whether_we_watch_or_not() -> None:
    seen = view({}, heard_ms=NOW_MS - 500_000, watching_ms=NOW_MS - 400_000)
    found = judged(SILENT, seen)
    assert judged(SILENT, view({}, heard_ms=NOW_MS - 500_000), found.leaves).holds is True
    assert judged(SILENT, view({}, heard_ms=NOW_MS), found.leaves).holds is False


def test_a_device_never_heard_from_is_silent_only_if_somebody_registered_it() -> None:
    told = {"heard_ms": None, "watching_ms": NOW_MS - 180_000}
    expected = judged(SILENT, view({}, **told))
    assert (expected.holds, expected.leaves) == (True, (NEVER_HEARD,))
    assert judged(SILENT, view({}, registered=False, **told)).holds is None


def test_silence_by_intervals_follows_the_devices_own_interval() -> None:
    seen = view({}, heard_ms=NOW_MS - 179_999, watching_ms=0, interval_ms=60_000)
    assert judged(Silent(intervals=3.0), seen).holds is False
    seen.heard_ms = NOW_MS - 180_000
    assert judged(Silent(intervals=3.0), seen).holds is True


def test_a_missing_report_is_counted_from_the_last_one_that_said_so() -> None:
    test_call = Missing(metric="t", value=True, after=timedelta(hours=72))
    begun = judged(test_call, view({}))
    assert (begun.holds, begun.leaves) == (False, (NOW_MS,))
    later_ms = NOW_MS + 72 * 3_600_000
    other = judged(test_call, view({"t": False}, now_ms=later_ms - 1, reported={"t": False}), begun.leaves)
    assert other.holds is False
    assert judged(test_call, view({}, now_ms=later_ms, watching_ms=NOW_MS), other.leaves).holds is True
    assert judged(test_call, view({}, now_ms=later_ms), other.leaves).holds is None  # it may be on its way
    again = judged(test_call, view({"t": True}, now_ms=later_ms, reported={"t": True}), other.leaves)
    assert (again.holds, again.leaves) == (False, (later_ms,))


FILTERED = {"unless": Equals(metric="door", value="open"), "unless_age": timedelta(seconds=60)}


@pytest.mark.parametrize(
    ("known", "age_s", "holds"),
    [
        ({"on": True, "door": "open"}, 0, False),
        ({"on": True, "door": "open"}, 60, False),
        ({"on": True, "door": "open"}, 61, True),  # what it was a minute ago hides nothing
        ({"on": True, "door": "closed"}, 0, True),
        ({"on": True, "door": None}, 0, True),
        ({"on": True}, 0, True),
        ({"on": False, "door": "open"}, 0, False),
    ],
)
def test_a_filter_hides_only_what_it_certainly_and_freshly_excludes(
    known: dict[str, Value | None], age_s: int, holds: bool
) -> None:
    verdict = judged(Equals(metric="on", value=True), view(known, age_ms=age_s * 1000), **FILTERED)
    assert verdict.holds is holds
    assert verdict.filtered is (known["on"] is True and not holds)


def test_a_filter_asks_to_be_looked_at_when_its_value_grows_old() -> None:
    verdict = judged(Equals(metric="on", value=True), view({"on": True, "door": "open"}, age_ms=20_000), **FILTERED)
    assert verdict.review_ms == NOW_MS + 40_001


def test_a_filter_value_of_long_before_the_reading_hides_nothing_though_just_received() -> None:
    seen = view({"on": True, "door": "open"})
    seen.facts = {**seen.facts, "door": Fact("open", NOW_MS - 3_600_000, NOW_MS, Channel.TELEMETRY)}
    seen.instant_ms = NOW_MS
    assert judged(Equals(metric="on", value=True), seen, **FILTERED).holds is True


def test_an_unresolved_code_group_is_refused() -> None:
    with pytest.raises(ConfigError, match="stops"):
        RuleInForce(rule("r", Coded(metric="fault_code", group="stops")))


def test_the_reasons_name_the_leaves_that_decided() -> None:
    hot = Above(metric="t", level=LimitOf("rated", 10.0), clear=15.0)
    in_force = RuleInForce(rule("r", Any(of=(hot, YES, Not(condition=NO))), **FILTERED))
    seen = view({"t": 25, "yes": False, "no": True, "door": "closed"})
    why = explain(in_force, seen, in_force.judge((), seen), reading=None)
    assert [(leaf["metric"], leaf["holds"], leaf["decided"]) for leaf in why["leaves"]] == [
        ("t", True, True),
        ("yes", False, False),
        ("no", True, False),
    ]
    assert (why["leaves"][0]["observed"], why["leaves"][0]["level"], why["leaves"][0]["clear"]) == (25, 20.0, 15.0)
    assert why["filter"]["hidden"] is False
    assert why["known"]["door"] == "closed"
