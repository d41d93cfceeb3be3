"""Alarms at the desk: raised, seen, back again, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.alarms import Alarm, AlarmState
from domain.assets import Subject, SubjectType
from domain.errors import Invalid, NotAllowed, NotFound
from domain.events import EventType
from domain.people import Actor
from domain.rules import Severity
from domain.texts import text
from domain.workorders import ClockName, OrderState, Step
from tests.alerting.desk.scene import (
    CALL,
    COLLEAGUE,
    DOOR,
    FAULT,
    MANAGER,
    OPERATOR,
    STOPPED,
    STRANGER,
    SUSPECTED,
    VIEWER,
    Scene,
    refusal,
    rule,
)

S = AlarmState


def test_an_activation_raises_an_alarm_with_an_order_and_everything_a_person_asks_later(scene: Scene) -> None:
    alarm = scene.activate(late_by_ms=1500)
    assert (alarm.id, alarm.state, alarm.signal_active) == ("main-A1", S.UNACKNOWLEDGED, True)
    assert (alarm.device, alarm.kind, alarm.building) == ("E-03", "elevator", "T1")
    assert alarm.text.en == "Elevator E-03, Tower 1: passenger pressed the alarm button"
    assert alarm.text.zh_hans == "1 号楼 E-03 号电梯：乘客按下报警按钮"
    assert scene.order(alarm.work_order).template == "entrapment"
    raised = scene.timeline(alarm=alarm.id)[0]
    assert raised.type is EventType.ALARM_RAISED
    assert raised.data["why"]["reading"] == {"alarm_button": True}
    assert raised.data["rule"]["when"] == {"is": "equals", "metric": "alarm_button", "value": True}
    assert raised.data["late_by_ms"] == 1500
    assert raised.data["because"] == "a condition that begins must be seen"
    assert scene.types(alarm=alarm.id) == ["alarm.raised", "workorder.opened"]


def test_a_second_press_before_anybody_looked_is_one_more_occurrence_of_the_same_alarm(scene: Scene) -> None:
    first, second = scene.activate(), scene.activate(again=True)
    assert (second.id, second.occurrences, second.state) == (first.id, 2, S.UNACKNOWLEDGED)
    assert len(scene.orders()) == 1


def test_a_second_press_after_the_acknowledgement_makes_it_unacknowledged_again(scene: Scene) -> None:
    alarm = scene.acknowledge(scene.activate())
    assert (alarm.state, alarm.acknowledged_by) == (S.ACKNOWLEDGED, "lin")
    again = scene.activate(again=True)
    assert (again.state, again.acknowledged_by, again.acknowledged_at) == (S.UNACKNOWLEDGED, None, None)
    assert scene.types(alarm=alarm.id)[-1] == "alarm.reactivated"


def test_telemetry_that_still_says_so_calls_again_only_after_an_acknowledgement(scene: Scene) -> None:
    alarm = scene.activate()
    assert scene.activate(again=True, held_on=True).occurrences == 1
    assert scene.types(alarm=alarm.id).count("alarm.reactivated") == 0
    scene.acknowledge(alarm)
    assert scene.activate(again=True, held_on=True).state is S.UNACKNOWLEDGED


def test_an_acknowledged_alarm_that_returns_is_over_and_the_next_one_is_new(scene: Scene) -> None:
    alarm = scene.activate(FAULT)
    scene.acknowledge(alarm)
    over = scene.deactivate(FAULT)
    assert over is not None
    assert (over.state, over.ended_at) == (S.NORMAL, scene.at)
    assert scene.deactivate(FAULT) is None
    assert scene.activate(FAULT).id != alarm.id


def test_an_alarm_that_returned_unseen_ends_with_its_acknowledgement(scene: Scene) -> None:
    alarm = scene.activate(FAULT)
    returned = scene.deactivate(FAULT)
    assert returned is not None
    assert returned.state is S.RETURNED
    assert scene.deactivate(FAULT) == returned, "the signal can be gone only once"
    ended = scene.acknowledge(alarm)
    assert (ended.state, ended.ended_by) == (S.NORMAL, "lin")


def test_a_latched_alarm_holds_until_a_person_ends_it_with_a_note(scene: Scene) -> None:
    alarm = scene.activate()

    def end(note: str = "car opened, nobody hurt") -> object:
        return scene.do(lambda tx: scene.desk.end(tx, alarm.id, actor=OPERATOR, note=note))

    assert "still active" in str(refusal(end))
    scene.deactivate()
    scene.acknowledge(alarm)
    assert scene.alarm(alarm.id).state is S.LATCHED_ACKNOWLEDGED
    with pytest.raises(Invalid, match="note"):
        end("  ")
    end()
    ended = scene.alarm(alarm.id)
    assert (ended.state, ended.ended_by, ended.end_note) == (S.NORMAL, "lin", "car opened, nobody hurt")
    assert refusal(end).winner == "lin"
    assert scene.order(alarm.work_order).state is OrderState.OPEN, "ending an alarm closes no order"


def test_an_alarm_that_is_not_latched_cannot_be_ended_by_hand(scene: Scene) -> None:
    alarm = scene.activate(FAULT)
    conflict = refusal(lambda: scene.do(lambda tx: scene.desk.end(tx, alarm.id, actor=OPERATOR, note="done")))
    assert "not latched" in str(conflict)


def test_of_two_who_acknowledge_the_second_is_told_who_and_when(scene: Scene) -> None:
    alarm = scene.activate()
    scene.acknowledge(alarm)
    scene.pass_(seconds=2)
    conflict = refusal(lambda: scene.acknowledge(alarm, COLLEAGUE))
    assert conflict.winner == "lin"
    assert "lin" in str(conflict)
    assert "15:30:00" in str(conflict)


def test_acknowledging_makes_the_person_the_owner_of_the_order_but_keeps_no_promise(scene: Scene) -> None:
    alarm = scene.acknowledge(scene.activate())
    assert scene.order(alarm.work_order).owner == "lin"
    assert scene.clock(alarm.work_order, ClockName.RESPOND).met_at is None


def test_a_comment_is_on_the_timeline_and_changes_nothing_else(scene: Scene) -> None:
    alarm = scene.activate()
    scene.do(lambda tx: scene.desk.comment(tx, alarm.id, actor=OPERATOR, note="  spoke to them  "))
    assert scene.timeline(alarm=alarm.id)[-1].data["note"] == "spoke to them"
    assert scene.alarm(alarm.id) == alarm


@pytest.mark.parametrize("actor", [VIEWER, STRANGER], ids=["viewer", "other site"])
def test_who_may_not_handle_alarms_changes_none(scene: Scene, actor: Actor) -> None:
    alarm = scene.activate()
    with pytest.raises(NotAllowed):
        scene.acknowledge(alarm, actor)
    assert scene.alarm(alarm.id) == alarm


# --- orders of alarms ---


def test_alarms_of_one_device_and_template_are_one_incident_with_one_order(scene: Scene) -> None:
    first, second = scene.activate(CALL), scene.activate(SUSPECTED)
    assert first.work_order == second.work_order
    assert scene.order(first.work_order).alarms == (first.id, second.id)
    assert scene.types(order=first.work_order)[-1] == "workorder.joined"
    assert scene.activate(DOOR).work_order != first.work_order, "another template is another job"
    assert scene.activate(CALL, device="E-99").work_order != first.work_order, "another device is another incident"


@pytest.mark.parametrize("state", ["waiting", "fixed"])
def test_an_order_that_nobody_works_on_is_not_joined_by_a_new_alarm(scene: Scene, state: str) -> None:
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT, Step.ARRIVE)
    if state == "waiting":
        scene.step(order, Step.HOLD, actor=MANAGER, reason="rope is ordered", until=scene.at + timedelta(days=3))
    else:
        scene.step(order, Step.FIX)
    second = scene.activate(rule("overspeed", Severity.URGENT))
    assert second.work_order != order
    assert scene.order(second.work_order).clocks[0].met_at is None


@pytest.mark.parametrize("done", [(), (Step.PASS_CHECK,), (Step.PASS_CHECK, Step.SKIP_FOLLOW_UP)])
def test_an_alarm_that_comes_back_after_the_fix_reopens_its_order(scene: Scene, done: tuple[Step, ...]) -> None:
    alarm = scene.activate()
    scene.step(alarm.work_order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    scene.step(alarm.work_order, *done, actor=COLLEAGUE)
    scene.pass_(minutes=10)
    again = scene.activate(again=True)
    order = scene.order(alarm.work_order)
    assert again.work_order == alarm.work_order
    assert (order.state, order.assignee, order.fixer) == (OrderState.OPEN, None, None)
    assert scene.types(order=order.id)[-1] == "workorder.reopened"
    assert scene.clock(order.id, ClockName.RESPOND).due_at == scene.at + timedelta(seconds=60)


def test_an_alarm_that_comes_back_after_its_order_ended_gets_a_new_order(scene: Scene) -> None:
    alarm = scene.activate()
    scene.step(alarm.work_order, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    scene.step(alarm.work_order, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE, actor=COLLEAGUE)
    assert scene.alarm(alarm.id).state is S.UNACKNOWLEDGED, "closing an order ends no alarm"
    again = scene.activate(again=True)
    assert again.id == alarm.id
    assert again.work_order != alarm.work_order
    assert scene.order(again.work_order).state is OrderState.OPEN


def test_a_life_safety_alarm_that_comes_back_ends_the_wait_of_its_order(scene: Scene) -> None:
    for which, after in ((CALL, OrderState.ACCEPTED), (FAULT, OrderState.WAITING)):
        order = scene.activate(which).work_order
        scene.step(order, Step.ACCEPT)
        scene.step(order, Step.HOLD, actor=MANAGER, reason="part", until=scene.at + timedelta(days=1))
        scene.activate(which, again=True)
        assert scene.order(order).state is after


def test_order_numbers_count_each_local_day_of_the_site(scene: Scene) -> None:
    numbers = [scene.order(scene.activate(CALL, device=f"X-{n}").work_order).number for n in range(2)]
    scene.pass_(minutes=30)  # midnight in Shanghai
    numbers.append(scene.order(scene.activate(CALL, device="X-9").work_order).number)
    assert numbers == ["WO-20260301-0001", "WO-20260301-0002", "WO-20260302-0001"]
    assert scene.orders()[0].id == "main-WO-20260301-0001"


# --- by hand ---


def by_hand(scene: Scene, subject: Subject, **said: Any) -> Alarm:
    details: dict[str, Any] = {
        "severity": Severity.GENERAL,
        "title": text("Water on the floor", "地面积水", "地面積水"),
        "note": "Ms Chen called",
        "actor": OPERATOR,
    }
    return scene.do(lambda tx: scene.desk.raise_by_hand(tx, site="main", subject=subject, **{**details, **said}))


BUILDING = Subject(SubjectType.BUILDING, "T1")


def test_a_person_raises_an_alarm_with_the_same_states_and_clocks(scene: Scene) -> None:
    alarm = by_hand(scene, BUILDING, zone="lobby")
    row = scene.alarm(alarm.id)
    assert (row.state, row.rule, row.raised_by, row.building) == (S.UNACKNOWLEDGED, "manual", "lin", "T1")
    assert row.text.en == "Tower 1, Lobby: Water on the floor"
    assert scene.order(row.work_order).template == "general"
    assert scene.timeline(alarm=row.id)[0].data["note"] == "Ms Chen called"
    assert scene.acknowledge(row).state is S.ACKNOWLEDGED
    ended = scene.do(lambda tx: scene.desk.end(tx, row.id, actor=OPERATOR, note="mopped"))
    assert (ended.state, ended.signal_active) == (S.NORMAL, False)


def test_a_second_report_joins_the_first_and_can_only_make_it_graver(scene: Scene) -> None:
    first = scene.alarm(by_hand(scene, BUILDING).id)
    scene.acknowledge(first)
    graver = by_hand(scene, BUILDING, severity=Severity.URGENT, life_safety=True, template="fire")
    milder = scene.alarm(by_hand(scene, BUILDING, severity=Severity.ADVISORY).id)
    assert graver.id == first.id == milder.id
    assert (milder.severity, milder.life_safety, milder.occurrences) == (Severity.URGENT, True, 3)
    assert scene.order(milder.work_order).template == "fire", "a graver report needs the graver form"
    assert milder.state is S.UNACKNOWLEDGED


@pytest.mark.parametrize(
    ("subject", "said", "field"),
    [
        (Subject(SubjectType.DEVICE, "E-77"), {}, "subject"),
        (Subject(SubjectType.BUILDING, "T7"), {}, "subject"),
        (BUILDING, {"zone": "roof"}, "zone"),
        (Subject(SubjectType.DEVICE, "E-03"), {"building": "T9"}, "building"),
        (BUILDING, {"note": " "}, "note"),
        (BUILDING, {"note": "x" * 2001}, "note"),
        (BUILDING, {"template": "nonsense"}, "template"),
        (BUILDING, {"title": text("", "", "")}, "title"),
    ],
)
def test_a_report_of_what_does_not_exist_is_refused_by_name(
    scene: Scene, subject: Subject, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid, match=f"^{field}:"):
        by_hand(scene, subject, **said)


def test_a_report_on_an_unknown_site_is_refused(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.do(
            lambda tx: scene.desk.raise_by_hand(
                tx,
                site="elsewhere",
                subject=BUILDING,
                severity=Severity.GENERAL,
                title=text("a", "a", "a"),
                note="b",
                actor=OPERATOR,
            )
        )
