"""Work orders at the desk: every step, who may take it, what it must say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerting.desk import STEP_FIELDS, OrderDraft, StepDetails
from alerting.desk.details import check_details
from domain.errors import Invalid, NotAllowed
from domain.events import EventType
from domain.people import Actor, Person, Role
from domain.rules import Severity
from domain.texts import text
from domain.workorders import ORDER_TRANSITIONS, ClockName, OrderState, Step, Verdict
from tests.alerting.desk.scene import (
    CALL,
    COLLEAGUE,
    DOOR,
    FAULT,
    IMPORT,
    MANAGER,
    OPERATOR,
    START,
    STRANGER,
    VIEWER,
    Scene,
    refusal,
    rule,
)

FIRE = rule("fire", Severity.URGENT, life_safety=True, latched=True, template="fire")


def new_order(scene: Scene, which: Any = FAULT) -> str:
    return str(scene.activate(which).work_order)


def fixed_order(scene: Scene, which: Any = FAULT) -> str:
    order = new_order(scene, which)
    scene.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    return order


def test_an_order_goes_from_opening_to_close_and_remembers_who_did_what(scene: Scene) -> None:
    order = new_order(scene)
    scene.step(order, Step.DISPATCH, assignee="firm")
    assert scene.order(order).assignee == "firm"
    scene.step(order, Step.ACCEPT, Step.ARRIVE)
    scene.step(order, Step.FIX, cause="worn contact")
    scene.step(order, Step.PASS_CHECK, Step.FOLLOW_UP, Step.CLOSE, actor=COLLEAGUE)
    closed = scene.order(order)
    assert (closed.state, closed.owner, closed.assignee, closed.fixer) == (OrderState.CLOSED, "lin", "firm", "lin")
    assert (closed.cause, closed.closed_at, closed.rework) == ("worn contact", scene.at, 0)
    assert all(clock.met_at is not None for clock in closed.clocks)
    assert scene.types(order=order) == [
        "workorder.opened",
        "workorder.dispatched",
        "workorder.accepted",
        "workorder.arrived",
        "workorder.fixed",
        "workorder.checked",
        "workorder.followed_up",
        "workorder.closed",
    ]
    accepted = scene.timeline(order=order)[2]
    assert (accepted.data["before"], accepted.data["after"]) == ("dispatched", "accepted")
    assert accepted.data["because"] == "the assignee takes it"
    assert [clock["after"]["name"] for clock in accepted.data["clocks"]] == ["respond"]


def test_every_step_of_the_table_says_what_it_needs() -> None:
    assert set(STEP_FIELDS) == set(Step) == {row.step for row in ORDER_TRANSITIONS}


@pytest.mark.parametrize("step", Step)
def test_a_step_names_the_field_that_is_missing(step: Step) -> None:
    for field in STEP_FIELDS[step].must:
        given = {name: _example(name) for name in STEP_FIELDS[step].must - {field}}
        with pytest.raises(Invalid, match=f"^{field}: "):
            check_details(step, StepDetails(**given), START)


@pytest.mark.parametrize("step", Step)
def test_a_step_refuses_what_it_does_not_take(step: Step) -> None:
    takes = STEP_FIELDS[step].must | STEP_FIELDS[step].may
    whole = {name: _example(name) for name in takes | {"note"}}
    check_details(step, StepDetails(**whole), START)
    for field in set(StepDetails.__struct_fields__) - takes - {"note"}:
        with pytest.raises(Invalid, match=f"^{field}: "):
            check_details(step, StepDetails(**whole, **{field: _example(field)}), START)


def _example(field: str) -> Any:
    return {"until": START + timedelta(hours=1), "verdict": Verdict.REAL}.get(field, "words")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("reason", ""),
        ("reason", "x" * 2001),
        ("note", "   "),
        ("until", START),
        ("until", START + timedelta(days=91)),
        ("until", START.replace(tzinfo=None) + timedelta(days=1)),
        ("approver", "a\nb"),
        ("approver", "x" * 101),
    ],
)
def test_what_is_said_must_make_sense(field: str, wrong: Any) -> None:
    given = {"reason": "part", "until": START + timedelta(days=1), field: wrong}
    with pytest.raises(Invalid, match=f"^{field}: "):
        check_details(Step.HOLD, StepDetails(**given), START)


def test_a_step_that_the_state_does_not_allow_names_who_was_faster(scene: Scene) -> None:
    order = new_order(scene)
    scene.step(order, Step.ACCEPT)
    conflict = refusal(lambda: scene.step(order, Step.ACCEPT, actor=COLLEAGUE))
    assert conflict.winner == "lin"
    assert "possible" in str(conflict)
    assert scene.order(order).assignee == "lin"


def test_refused_and_transferred_orders_go_back_to_dispatch(scene: Scene) -> None:
    order = new_order(scene)
    scene.step(order, Step.DISPATCH, assignee="firm")
    refused = scene.step(order, Step.REFUSE, reason="not ours")
    assert (refused.state, refused.assignee) == (OrderState.OPEN, None)
    scene.step(order, Step.ACCEPT)
    transferred = scene.step(order, Step.TRANSFER, reason="electrician needed", assignee="spark")
    assert (transferred.state, transferred.assignee) == (OrderState.OPEN, None)
    assert scene.timeline(order=order)[-1].data["proposed"] == "spark"


def test_the_fixer_does_not_check_his_own_work(scene: Scene) -> None:
    order = new_order(scene)
    scene.step(order, Step.DISPATCH, assignee="wu")
    scene.step(order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    assert refusal(lambda: scene.step(order, Step.PASS_CHECK)).winner == "lin", "who reported it fixed"
    refusal(lambda: scene.step(order, Step.PASS_CHECK, actor=COLLEAGUE))  # who was sent to do it
    assert scene.step(order, Step.PASS_CHECK, actor=MANAGER).state is OrderState.CHECKED


@pytest.mark.parametrize("step", [Step.FAIL_CHECK, Step.COMPLAIN])
def test_a_failed_check_and_a_complaint_are_rework_on_the_same_clock(scene: Scene, step: Step) -> None:
    order = fixed_order(scene)
    due = scene.clock(order, ClockName.FIX).due_at
    if step is Step.COMPLAIN:
        scene.step(order, Step.PASS_CHECK, actor=COLLEAGUE)
    scene.pass_(hours=1)
    again = scene.step(order, step, actor=COLLEAGUE, reason="still noisy")
    fix = scene.clock(order, ClockName.FIX)
    assert (again.state, again.rework, again.fixer) == (OrderState.ACCEPTED, 1, None)
    assert (fix.met_at, fix.due_at) == (None, due), "it was not fixed, so nothing was kept"
    assert ClockName.FOLLOW_UP not in {clock.name for clock in again.clocks}


def test_a_fire_order_cannot_be_closed_without_a_verdict(scene: Scene) -> None:
    order = fixed_order(scene, FIRE)
    scene.step(order, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, actor=COLLEAGUE)
    with pytest.raises(Invalid, match=r"^verdict:"):
        scene.step(order, Step.CLOSE)
    closed = scene.step(order, Step.CLOSE, verdict=Verdict.FALSE)
    assert (closed.verdict, closed.follow_up_skipped) == (Verdict.FALSE, True)


def test_a_verdict_given_with_the_fix_is_enough(scene: Scene) -> None:
    order = new_order(scene, FIRE)
    scene.step(order, Step.ACCEPT, Step.ARRIVE)
    scene.step(order, Step.FIX, verdict=Verdict.TEST)
    scene.step(order, Step.PASS_CHECK, Step.FOLLOW_UP, Step.CLOSE, actor=COLLEAGUE)
    assert scene.order(order).verdict is Verdict.TEST


# --- who may ---


@pytest.mark.parametrize("actor", [VIEWER, STRANGER], ids=["viewer", "other site"])
def test_who_may_not_handle_orders_changes_none(scene: Scene, actor: Actor) -> None:
    order = new_order(scene)
    with pytest.raises(NotAllowed):
        scene.step(order, Step.ACCEPT, actor=actor)
    assert scene.order(order).state is OrderState.OPEN


@pytest.mark.parametrize("step", [Step.HOLD, Step.CANCEL])
def test_waiting_and_cancelling_need_somebody_who_may_approve(scene: Scene, step: Step) -> None:
    order = new_order(scene)
    scene.step(order, Step.ACCEPT)
    said = {"reason": "part", "until": scene.at + timedelta(hours=1)} if step is Step.HOLD else {"reason": "error"}
    with pytest.raises(NotAllowed):
        scene.step(order, step, **said)
    done = scene.step(order, step, actor=MANAGER, **said)
    assert done.state in (OrderState.WAITING, OrderState.CANCELLED)


def test_another_approver_must_be_somebody_who_may_approve(scene: Scene) -> None:
    order = new_order(scene)
    scene.step(order, Step.ACCEPT)
    for person in (
        Person(name="boss", role=Role.MANAGER, password_hash="x"),
        Person(name="lin", role=Role.OPERATOR, password_hash="x"),
    ):
        scene.do(lambda tx, person=person: tx.accounts.put_person(person))  # type: ignore[misc]
    said = {"reason": "part", "until": scene.at + timedelta(hours=1)}
    for nobody in ("lin", "ghost"):
        with pytest.raises(Invalid, match=r"^approver:"):
            scene.step(order, Step.HOLD, actor=MANAGER, approver=nobody, **said)
    assert scene.step(order, Step.HOLD, actor=MANAGER, approver="boss", **said).wait_approver == "boss"


def test_an_order_is_not_cancelled_while_its_life_safety_alarm_is_active(scene: Scene) -> None:
    order = new_order(scene, CALL)
    refusal(lambda: scene.step(order, Step.CANCEL, actor=MANAGER, reason="a mistake"))
    scene.deactivate(CALL)
    assert scene.step(order, Step.CANCEL, actor=MANAGER, reason="a mistake").cancel_reason == "a mistake"


# --- notes, promises, stamps, by hand ---


def test_a_plan_note_keeps_the_promise_to_have_a_plan(scene: Scene) -> None:
    order = new_order(scene)
    scene.do(lambda tx: scene.desk.note_order(tx, order, note="looked at it", actor=OPERATOR))
    assert scene.clock(order, ClockName.PLAN).met_at is None
    scene.do(lambda tx: scene.desk.note_order(tx, order, note="new rope on Friday", plan=True, actor=OPERATOR))
    assert scene.clock(order, ClockName.PLAN).met_at == scene.at
    assert [event.data.get("plan") for event in scene.timeline(order=order)[1:]] == [None, True]


def test_a_promise_moves_the_fix_only_when_somebody_approves_it(scene: Scene) -> None:
    order = new_order(scene)
    due, later = scene.clock(order, ClockName.FIX).due_at, scene.at + timedelta(days=5)

    def promise(actor: Actor) -> None:
        scene.do(lambda tx: scene.desk.promise(tx, order, until=later, told_whom="Ms Chen", actor=actor), actor)

    promise(OPERATOR)
    assert (scene.order(order).promised_at, scene.clock(order, ClockName.FIX).due_at) == (later, due)
    promise(MANAGER)
    assert scene.clock(order, ClockName.FIX).due_at == later
    data = scene.timeline(order=order)[-1].data
    assert (data["told_whom"], data["fix_moved"]) == ("Ms Chen", True)
    assert data["clocks"][0]["before"]["due_at"] == due.isoformat().replace("+00:00", "Z"), "both are kept"


def test_a_promise_of_the_time_at_which_it_is_due_anyway_warns_nobody_again(scene: Scene) -> None:
    order = new_order(scene)
    scene.pass_(hours=60)
    due = scene.clock(order, ClockName.FIX).due_at
    for _ in range(2):
        scene.do(lambda tx: scene.desk.promise(tx, order, until=due, told_whom="all", actor=MANAGER), MANAGER)
        scene.pass_(minutes=5)
    warned = [event.data["clock"] for event in scene.timeline(order=order) if event.type is EventType.WORKORDER_WARNED]
    assert warned.count(ClockName.FIX) == 1


def test_a_promise_does_not_undo_a_breach(scene: Scene) -> None:
    order = new_order(scene)
    scene.pass_(hours=73)
    until = scene.at + timedelta(days=1)
    scene.do(lambda tx: scene.desk.promise(tx, order, until=until, told_whom="all", actor=MANAGER), MANAGER)
    fix = scene.clock(order, ClockName.FIX)
    assert fix.breached_at == fix.due_at == START + timedelta(hours=72)


def test_stamps_are_those_of_the_template_and_can_be_corrected(scene: Scene) -> None:
    order = new_order(scene, CALL)

    def stamp(name: str, **said: Any) -> None:
        scene.do(lambda tx: scene.desk.stamp(tx, order, name=name, actor=OPERATOR, **said))

    scene.pass_(minutes=20)
    stamp("released")
    stamp("released", at=scene.at - timedelta(minutes=5))
    assert scene.order(order).stamps == {"released": scene.at - timedelta(minutes=5)}
    assert "corrected" in scene.timeline(order=order)[-1].data
    with pytest.raises(Invalid, match="released"):
        stamp("tea_served")
    for wrong in (scene.at + timedelta(seconds=1), scene.at - timedelta(days=2), scene.at.replace(tzinfo=None)):
        with pytest.raises(Invalid, match=r"^at:"):
            stamp("call", at=wrong)


def test_a_person_opens_a_job_without_an_alarm(scene: Scene) -> None:
    draft = OrderDraft(site="main", title=text("Repair", "维修", "維修"), severity=Severity.GENERAL, device="E-03")

    def open_one(**said: Any) -> Any:
        details = {"template": "general", "note": "after the fire", "actor": OPERATOR, **said}
        return scene.do(lambda tx: scene.desk.open_order_by_hand(tx, draft, **details))

    order = open_one()
    assert (order.state, order.owner, order.building, order.alarms) == (OrderState.OPEN, "lin", "T1", ())
    assert scene.timeline(order=order.id)[0].data["note"] == "after the fire"
    with pytest.raises(Invalid, match=r"^template:"):
        open_one(template="nonsense")
    with pytest.raises(NotAllowed):
        open_one(actor=VIEWER)
    assert scene.activate(DOOR).work_order == order.id, "its device's next alarm of that template joins it"


def test_programs_can_take_steps_too(scene: Scene) -> None:
    order = new_order(scene)
    assert scene.step(order, Step.ACCEPT, actor=IMPORT).owner == "import"
