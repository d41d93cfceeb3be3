"""Clocks of work orders: met, warned, breached, held, and begun anew; whoever looks, and however late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.desk.clocks import clocks_after, opening_clocks, overdue
from alerting.desk.orders import OrderDraft, opened, settled
from domain.rules import Severity
from domain.texts import text
from domain.workorders import ClockAct, ClockName, ClockStart, OrderState, Step, WorkOrder, next_act_at
from tests.alerting.desk.scene import CALL, COLLEAGUE, DOOR, FAULT, MANAGER, START, STOPPED, TEMPLATES, Scene

C = ClockName
SPANS_OF_THE_CONTRACT = {
    # design figures: minutes from opening, or from what `after` names
    "fire": {C.RESPOND: 1, C.ARRIVE: 3, C.FOLLOW_UP: 48 * 60},
    "entrapment": {C.RESPOND: 1, C.ARRIVE: 30, C.FOLLOW_UP: 48 * 60},
    "urgent": {C.RESPOND: 15, C.ARRIVE: 120, C.FIX: 38 * 60, C.FOLLOW_UP: 48 * 60},
    "important": {C.RESPOND: 120, C.ARRIVE: 120, C.PLAN: 24 * 60, C.FIX: 72 * 60, C.FOLLOW_UP: 48 * 60},
    "general": {C.RESPOND: 240, C.PLAN: 240, C.ARRIVE: 24 * 60, C.FIX: 24 * 60, C.FOLLOW_UP: 48 * 60},
    "exit": {C.RESPOND: 5, C.ARRIVE: 10, C.FIX: 30, C.FOLLOW_UP: 48 * 60},
    "makeup_round": {C.RESPOND: 10, C.ARRIVE: 30, C.FOLLOW_UP: 48 * 60},
}


@pytest.mark.parametrize("name", SPANS_OF_THE_CONTRACT)
def test_the_shipped_templates_promise_what_the_service_contract_says(name: str) -> None:
    spans = {promise.clock: promise.within / timedelta(minutes=1) for promise in TEMPLATES[name].clocks}
    assert spans == SPANS_OF_THE_CONTRACT[name]


@pytest.mark.parametrize(
    ("template", "step", "met"),
    [
        ("urgent", Step.DISPATCH, set()),
        ("entrapment", Step.DISPATCH, {C.RESPOND}),
        ("urgent", Step.ACCEPT, {C.RESPOND}),
        ("urgent", Step.ARRIVE, {C.RESPOND, C.ARRIVE}),
        ("important", Step.FIX, {C.ARRIVE, C.PLAN, C.FIX}),
        ("urgent", Step.REFUSE, set()),
        ("urgent", Step.TRANSFER, set()),
    ],
)
def test_each_step_keeps_the_promises_of_the_table(template: str, step: Step, met: set[ClockName]) -> None:
    after = clocks_after(step, opening_clocks(TEMPLATES[template], START), TEMPLATES[template], START)
    assert {clock.name for clock in after if clock.met_at is not None} == met


def test_the_fix_of_a_general_repair_is_counted_from_the_first_arrival(scene: Scene) -> None:
    order = scene.activate(DOOR).work_order
    assert C.FIX not in {clock.name for clock in scene.order(order).clocks}
    scene.pass_(hours=3)
    scene.step(order, Step.ARRIVE)
    due = datetime(2026, 3, 3, 12, tzinfo=UTC)  # arrived at night: two days of twelve service hours, until 20:00
    assert scene.clock(order, C.FIX).due_at == due
    scene.step(order, Step.TRANSFER, reason="another trade")
    scene.pass_(hours=5)
    scene.step(order, Step.ARRIVE)
    assert scene.clock(order, C.FIX).due_at == due, "coming back does not lengthen it"


def test_a_clock_warns_at_80_percent_and_breaches_at_100_once(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    assert scene.run_clocks() == 0
    scene.pass_(minutes=12)
    assert (scene.run_clocks(), scene.run_clocks()) == (1, 0)
    scene.pass_(minutes=3)
    assert (scene.run_clocks(), scene.run_clocks()) == (1, 0)
    respond = scene.clock(order, C.RESPOND)
    assert (respond.warned_at, respond.breached_at) == (START + timedelta(minutes=12), START + timedelta(minutes=15))
    told = scene.timeline(order=order)[1:]
    assert [(event.type.value, event.data["clock"], event.actor.name) for event in told] == [
        ("workorder.warned", "respond", "clocks"),
        ("workorder.breached", "respond", "clocks"),
    ]


def test_a_breach_is_recorded_for_good_even_when_met_late_and_never_looked_at(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.pass_(minutes=40)
    scene.step(order, Step.ACCEPT)
    respond = scene.clock(order, C.RESPOND)
    assert (respond.met_at, respond.breached_at) == (scene.at, START + timedelta(minutes=15))
    assert scene.types(order=order)[1:] == ["workorder.breached", "workorder.accepted"]


def test_waiting_stops_only_the_fix_and_ends_by_itself_at_its_own_end(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.pass_(minutes=1)
    scene.step(order, Step.ACCEPT)
    until = scene.at + timedelta(days=2)
    held = scene.step(order, Step.HOLD, actor=MANAGER, reason="rope is ordered", until=until)
    assert (held.wait_reason, held.wait_approver, held.before_wait) == ("rope is ordered", "zhao", OrderState.ACCEPTED)
    assert {clock.name for clock in held.clocks if clock.held_since is not None} == {C.FIX}
    scene.pass_(hours=3)
    scene.run_clocks()
    assert scene.clock(order, C.ARRIVE).breached_at is not None, "nobody went: the wait is no excuse"
    scene.pass_(days=3)  # the timer comes a day late
    scene.run_clocks()
    resumed = scene.order(order)
    assert (resumed.state, resumed.wait_until, resumed.wait_reason) == (OrderState.ACCEPTED, None, None)
    assert scene.clock(order, C.FIX).due_at == START + timedelta(hours=38, days=2)
    assert "workorder.resumed" in scene.types(order=order)


def test_a_step_on_an_order_whose_wait_is_over_finds_it_resumed(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT)
    scene.step(order, Step.HOLD, actor=MANAGER, reason="part", until=scene.at + timedelta(hours=1))
    scene.pass_(hours=2)
    assert scene.step(order, Step.ARRIVE).state is OrderState.ON_SITE


def test_a_person_can_resume_earlier(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT)
    scene.step(order, Step.HOLD, actor=MANAGER, reason="part", until=scene.at + timedelta(hours=10))
    scene.pass_(hours=1)
    scene.step(order, Step.RESUME)
    assert scene.clock(order, C.FIX).due_at == START + timedelta(hours=39)


def test_a_reopened_order_calls_anew_and_can_breach_anew(scene: Scene) -> None:
    order = scene.activate(CALL).work_order
    scene.pass_(minutes=2)
    scene.run_clocks()
    first_breach = scene.clock(order, C.RESPOND).breached_at
    scene.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    scene.pass_(minutes=10)
    scene.activate(CALL, again=True)
    respond = scene.clock(order, C.RESPOND)
    assert (respond.started_at, respond.met_at, respond.breached_at) == (scene.at, None, first_breach)
    scene.pass_(minutes=2)
    assert scene.run_clocks() == 1
    assert scene.clock(order, C.RESPOND).breached_at == respond.due_at
    assert scene.types(order=order).count("workorder.breached") == 2


def test_the_time_that_a_repair_lasted_is_not_counted_when_its_alarm_comes_back(scene: Scene) -> None:
    order = scene.activate(FAULT).work_order
    scene.step(order, Step.ACCEPT, Step.FIX)
    scene.deactivate(FAULT)
    scene.pass_(days=10)
    scene.activate(FAULT)
    assert scene.clock(order, C.FIX).due_at == START + timedelta(days=10, hours=72)


def test_a_breached_follow_up_stays_on_the_order_through_rework(scene: Scene) -> None:
    order = scene.activate(FAULT).work_order
    scene.step(order, Step.ACCEPT, Step.FIX)
    scene.step(order, Step.PASS_CHECK, actor=COLLEAGUE)
    scene.pass_(days=3)
    scene.step(order, Step.COMPLAIN, reason="nobody asked, and it squeaks")
    assert scene.clock(order, C.FOLLOW_UP).breached_at == START + timedelta(hours=48)
    scene.step(order, Step.FIX)
    again = scene.clock(order, C.FOLLOW_UP)
    assert (again.started_at, again.breached_at) == (scene.at, START + timedelta(hours=48))


def test_the_clocks_of_a_cancelled_order_stand_still(scene: Scene) -> None:
    order = scene.activate(FAULT).work_order
    scene.step(order, Step.CANCEL, actor=MANAGER, reason="wrong device")
    scene.pass_(days=30)
    assert scene.run_clocks() == 0


def test_more_orders_than_one_turn_takes_are_done_in_the_next(scene: Scene) -> None:
    for number in range(5):
        scene.activate(CALL, device=f"X-{number}")
    scene.pass_(days=1)
    turns = [scene.do(lambda tx: scene.desk.run_clocks(tx, scene.at, most=2)) for _ in range(4)]
    assert turns == [4, 4, 2, 0]


# --- whatever happens, and whenever somebody looks ---

_STEPS = st.lists(st.tuples(st.sampled_from(Step), st.integers(1, 60 * 60)), max_size=12)


TERMS = {name: template.terms("Asia/Shanghai") for name, template in TEMPLATES.items()}


def _order(template: str) -> WorkOrder:
    draft = OrderDraft(site="main", title=text("t", "t", "t"), severity=Severity.URGENT)
    return opened(draft, TEMPLATES[template], "WO-20260301-0001", START, "Asia/Shanghai")


@settings(max_examples=150, deadline=None)
@given(template=st.sampled_from(sorted(TEMPLATES)), steps=_STEPS, looks=st.lists(st.integers(1, 12 * 3600), max_size=6))
def test_looking_more_often_never_changes_a_breach(
    template: str, steps: list[tuple[Step, int]], looks: list[int]
) -> None:
    terms = TERMS[template]

    def run(extra: list[datetime]) -> dict[ClockName, tuple[datetime | None, int]]:
        clocks, at = opening_clocks(TEMPLATES[template], START, terms), START
        for step, minutes in steps:
            end = at + timedelta(minutes=minutes)
            for look in sorted(instant for instant in extra if at < instant < end):
                clocks = overdue(clocks, look, terms)[0]
            clocks, at = clocks_after(step, overdue(clocks, end, terms)[0], TEMPLATES[template], end, terms), end
        return {clock.name: (clock.breached_at, clock.missed) for clock in clocks}

    assert run([START + timedelta(minutes=look) for look in looks]) == run([])


@settings(max_examples=150, deadline=None)
@given(template=st.sampled_from(sorted(TEMPLATES)), steps=_STEPS)
def test_a_breach_is_never_taken_back_and_nothing_is_announced_twice(
    template: str, steps: list[tuple[Step, int]]
) -> None:
    terms = TERMS[template]
    clocks, at = opening_clocks(TEMPLATES[template], START, terms), START
    breached: set[ClockName] = set()
    for step, minutes in steps:
        at += timedelta(minutes=minutes)
        clocks, news = overdue(clocks, at, terms)
        breached |= {one.clock.name for one in news if one.act is ClockAct.BREACH}
        assert overdue(clocks, at, terms)[1] == ()
        assert all(asked is None or asked > at for asked in map(next_act_at, clocks))
        clocks = clocks_after(step, clocks, TEMPLATES[template], at, terms)
        assert breached <= {clock.name for clock in clocks if clock.breached_at is not None}
        assert len({clock.name for clock in clocks}) == len(clocks)


def test_settling_an_order_is_idempotent() -> None:
    at = START + timedelta(days=5)
    once = settled(_order("important"), at)
    assert {news.clock.name for news in once.news} == {C.RESPOND, C.ARRIVE, C.PLAN, C.FIX}
    assert settled(once.order, at).news == ()


def test_promises_that_start_later_are_those_of_the_table() -> None:
    later = {(name, promise.clock, promise.after) for name, t in TEMPLATES.items() for promise in t.clocks}
    assert ("general", C.FIX, ClockStart.ARRIVED) in later
    assert all(after is ClockStart.FIXED for _, clock, after in later if clock is C.FOLLOW_UP)
