"""Escalation at the desk: who is called, when, and what stops it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting.climbing import coming
from domain.alarms import Alarm, AlarmState
from domain.assets import Subject, SubjectType
from domain.callout import Directory
from domain.escalation import NO_PLAN, Because, Call, ClockCalls
from domain.notices import NoticeState, Status
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.rules import Rule, Severity
from domain.workorders import ClockName, Step
from tests.alerting.desk.calling_scene import MINUTE, PLAN, CallingScene
from tests.alerting.desk.scene import CALL, COLLEAGUE, FAULT, MANAGER, OPERATOR, STOPPED, Scene, open_in


@pytest.fixture
def calls(scene: Scene) -> CallingScene:
    """The scene with people to call: 23:30 at the site, wu is on shift."""
    return CallingScene(scene)


class Broken(Exception):
    """A failure of the tests' own."""


def test_an_alarm_says_who_is_called_next_and_why(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(STOPPED)
    step = coming(alarm)
    assert step is not None
    assert (step.at, step.whom, step.title.zh_hans) == (scene.at + 2 * MINUTE, "shift_leader", "班长")
    assert (step.channel, step.because) == ("console", Because.NOT_ACKNOWLEDGED)
    calls.pass_and_climb(minutes=2)
    following = coming(scene.alarm(alarm.id))
    assert following is not None
    assert (following.at, following.channel) == (scene.at + 8 * MINUTE, "hook")


def test_steps_are_taken_at_their_instants_and_once(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(STOPPED)
    assert [calls.pass_and_climb(minutes=1) for _ in range(25)] == [0, 1, *[0] * 7, 1, *[0] * 9, 1, *[0] * 5]
    assert [(event.data["whom"], event.data["people"]) for event in calls.steps(alarm.id)] == [
        ("shift_leader", ["wu"]),
        ("shift_leader", ["wu"]),
        ("manager", ["zhao"]),
    ]
    assert calls.called() == [("wu", "hook"), ("zhao", "mail")], "the console needs no notice"
    assert coming(scene.alarm(alarm.id)) is None


def test_a_missed_repeat_is_one_call_and_the_beat_goes_on(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(CALL)
    began = scene.at
    assert calls.pass_and_climb(minutes=63) == 3, "one for each step, however long nobody looked"
    step = coming(scene.alarm(alarm.id))
    assert step is not None
    assert step.at == began + 65 * MINUTE


def test_the_policy_is_a_copy_and_config_changes_no_climb_under_way(calls: CallingScene) -> None:
    alarm = calls.scene.activate(STOPPED)
    calls.use(replace(PLAN, policies=()))
    assert calls.pass_and_climb(minutes=10) == 2
    calls.use(NO_PLAN)  # nobody is known any more: the step is on the timeline all the same
    assert calls.pass_and_climb(minutes=10) == 1
    assert calls.steps(alarm.id)[-1].data["people"] == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acknowledged_ms=st.integers(0, 25 * 60_000),
    looks_ms=st.lists(st.integers(0, 25 * 60_000), max_size=6),
    look_first=st.booleans(),
)
@pytest.mark.usefixtures("furnished")
def test_acknowledging_at_any_moment_a_step_was_taken_before_or_never_is_unless_always(
    tmp_path_factory: pytest.TempPathFactory,
    furnished: Path,
    acknowledged_ms: int,
    looks_ms: list[int],
    look_first: bool,
) -> None:
    folder = tmp_path_factory.mktemp("race")
    scene = Scene(open_in(Path(shutil.copytree(furnished, folder / "data"))))
    calls = CallingScene(scene)
    alarm = scene.activate(STOPPED)
    began = scene.at
    instants = sorted({*looks_ms, acknowledged_ms, 2 * 60_000, 10 * 60_000})
    for at_ms in instants:
        scene.at = began + timedelta(milliseconds=at_ms)
        if at_ms in (2 * 60_000, 10 * 60_000, *looks_ms) and (look_first or at_ms != acknowledged_ms):
            calls.climb()
        if at_ms == acknowledged_ms:
            scene.acknowledge(alarm)
            seen = len(calls.steps(alarm.id))
    scene.at = began + timedelta(hours=2)
    calls.climb()
    taken = calls.steps(alarm.id)
    always = [event for event in taken[seen:] if event.data["because"] == "always"]
    due_before = sum(acknowledged_ms >= minutes * 60_000 for minutes in (2, 10, 20))
    assert seen == due_before, "whatever was due was taken before the acknowledgement, looked at or not"
    assert taken[seen:] == always
    assert len(always) == (acknowledged_ms < 20 * 60_000)
    assert scene.ledger.verify() == []
    scene.ledger.close()


def test_a_life_safety_alarm_climbs_after_the_acknowledgement_until_somebody_arrives(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.acknowledge(scene.activate(CALL))
    step = coming(alarm)
    assert step is not None
    assert step.because is Because.NOBODY_ARRIVED
    calls.pass_and_climb(minutes=6)
    assert len(calls.steps(alarm.id)) == 3, "the firm was called with the acknowledgement"
    scene.step(alarm.work_order, Step.ACCEPT, actor=COLLEAGUE)
    calls.pass_and_climb(minutes=5)
    assert len(calls.steps(alarm.id)) == 4, "on the way is not there"
    scene.step(alarm.work_order, Step.ARRIVE, actor=COLLEAGUE)
    calls.pass_and_climb(hours=5)
    assert len(calls.steps(alarm.id)) == 4
    assert "alarm.escalation_stopped" in scene.types(alarm=alarm.id)


def test_a_stamp_of_arrival_stops_the_climb_as_the_step_does(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(CALL)
    calls.pass_and_climb(minutes=2)
    scene.do(lambda tx: scene.desk.stamp(tx, str(alarm.work_order), name="call", actor=OPERATOR))
    assert coming(scene.alarm(alarm.id)) is not None
    scene.do(lambda tx: scene.desk.stamp(tx, str(alarm.work_order), name="arrived", actor=OPERATOR))
    assert coming(scene.alarm(alarm.id)) is None


def test_a_second_press_calls_anew_and_never_later_than_it_would_have_been(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(CALL)
    calls.pass_and_climb(minutes=2)
    scene.activate(CALL, again=True)
    step = coming(scene.alarm(alarm.id))
    assert step is not None
    assert step.at == scene.at + 3 * MINUTE, "nobody had looked: the climb is under way"
    scene.acknowledge(alarm)
    scene.pass_(minutes=1)
    scene.activate(CALL, again=True)
    calls.climb()
    called = [notice for notice in calls.notices() if notice.rule is not None]
    assert [notice.receivers for notice in called] == [("firm",), ("wu",), ("firm",)]
    assert len({notice.key for notice in called}) == 3
    calls.pass_and_climb(minutes=1)
    assert calls.steps(alarm.id)[-1].data["whom"] == "shift_leader"
    step = coming(scene.alarm(alarm.id))
    assert step is not None
    assert step.at == scene.at + 1 * MINUTE, "the manager, when the first press would have"


def test_a_press_after_the_arrival_climbs_until_it_is_acknowledged(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(CALL)
    scene.step(alarm.work_order, Step.ARRIVE)
    scene.pass_(minutes=1)
    scene.acknowledge(alarm)
    again = scene.activate(CALL, again=True)
    assert coming(again) is not None
    assert coming(scene.acknowledge(again)) is None, "somebody is there, and somebody has seen it"
    assert len(calls.steps(alarm.id)) == 2, "the firm each time"


def test_an_alarm_that_is_over_calls_nobody_and_says_so_where_that_is_told(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.activate(STOPPED)
    calls.pass_and_climb(minutes=10)
    scene.acknowledge(alarm)
    ended = scene.deactivate(STOPPED)
    assert ended is not None
    assert ended.state is AlarmState.NORMAL
    first, last = calls.notices()
    assert (first.status, last.status) == (Status.FIRING, Status.RESOLVED)
    assert (last.lane, last.receivers, last.key) == (first.lane, first.receivers, f"{alarm.id}.over.hook")
    assert calls.pass_and_climb(hours=1) == 1, "only the step that is always taken"


@pytest.mark.parametrize("rule", [CALL, FAULT], ids=["life safety", "fault"])
def test_an_alarm_that_nobody_acknowledged_calls_anew_when_it_happens_again_after_whoever_came_has_left(
    calls: CallingScene, rule: Rule
) -> None:
    scene = calls.scene
    alarm = scene.activate(rule)
    scene.step(alarm.work_order, Step.ACCEPT, Step.ARRIVE)
    stopped = scene.alarm(alarm.id).climb
    assert stopped is not None
    assert stopped.stopped_at is not None
    scene.pass_(minutes=1)
    while_there = scene.activate(rule, again=True).climb
    assert while_there is not None
    assert (while_there.round, while_there.stopped_at) == (1, stopped.stopped_at), "somebody is there and sees it"
    scene.step(alarm.work_order, Step.FIX)
    scene.pass_(minutes=1)
    after = scene.activate(rule, again=True)
    assert after.id == alarm.id
    assert after.climb is not None
    assert (after.climb.round, after.climb.stopped_at) == (2, None), "the fix did not hold, and they have gone"


def test_a_report_that_makes_another_job_of_an_alarm_calls_anew_though_somebody_came_for_the_first(
    calls: CallingScene,
) -> None:
    scene = calls.scene
    subject = Subject(SubjectType.DEVICE, "E-03")

    def report(severity: Severity) -> Alarm:
        return scene.do(
            lambda tx: scene.desk.raise_by_hand(
                tx,
                site="main",
                subject=subject,
                severity=severity,
                title=STOPPED.title,
                note="somebody called",
                life_safety=True,
                actor=OPERATOR,
            ),
            OPERATOR,
        )

    first = report(Severity.GENERAL)
    scene.step(first.work_order, Step.ACCEPT, Step.ARRIVE)
    scene.pass_(minutes=1)
    graver = report(Severity.URGENT)
    assert graver.work_order != first.work_order
    assert graver.climb is not None
    assert (graver.climb.round, graver.climb.stopped_at) == (2, None)


def test_a_report_that_makes_an_alarm_graver_climbs_the_graver_policy(calls: CallingScene) -> None:
    scene = calls.scene
    subject = scene.activate(FAULT).subject

    def report(life_safety: bool, actor: Actor) -> str:
        return scene.do(
            lambda tx: scene.desk.raise_by_hand(
                tx,
                site="main",
                subject=subject,
                severity=STOPPED.severity,
                title=STOPPED.title,
                note="somebody called",
                life_safety=life_safety,
                actor=actor,
            ),
            actor,
        ).id

    alarm_id = report(False, OPERATOR)
    assert report(True, COLLEAGUE) == alarm_id
    climb = scene.alarm(alarm_id).climb
    assert climb is not None
    assert (climb.policy, climb.round) == ("danger", 2)


def test_clocks_call_the_assignee_the_shift_leader_and_the_manager_once(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.acknowledge(scene.activate(FAULT))
    scene.step(alarm.work_order, Step.DISPATCH, assignee="lin")
    due_at = scene.clock(alarm.work_order, ClockName.RESPOND).due_at
    scene.at = due_at - timedelta(minutes=1)
    scene.run_clocks()
    assert calls.climb() == 3, "the step that is always taken, and two warnings: respond and arrive are promised alike"
    warned = [notice.receivers for notice in calls.notices() if notice.rule is None]
    scene.at = due_at
    scene.run_clocks()
    for _ in range(3):
        calls.climb()
    by_clocks = [notice.receivers for notice in calls.notices() if notice.rule is None]
    assert warned == [("lin",), ("wu",)] * 2
    assert by_clocks[4:] == [("zhao",)] * 2


def test_whoever_does_not_tell_how_it_stands_is_reminded_each_time_and_the_shift_leader_hears(
    calls: CallingScene,
) -> None:
    reminders = (Call(whom="assignee", channel="mail"), Call(whom="shift_leader", channel="mail"))
    calls.use(replace(calls.plan, clocks=ClockCalls(breach=calls.plan.clocks.breach, no_word=reminders)))
    scene = calls.scene
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT, Step.ARRIVE)
    for hour in (1, 2):
        scene.pass_(hours=1)
        scene.run_clocks()
        calls.climb()
        told = [notice for notice in calls.notices() if notice.rule is None]
        assert [notice.receivers for notice in told] == [("lin",), ("wu",)] * hour
        assert {notice.because for notice in told} == {Because.NO_WORD.words}


def test_an_assignee_whom_nobody_knows_is_replaced_by_the_fallback(calls: CallingScene) -> None:
    scene = calls.scene
    alarm = scene.acknowledge(scene.activate(FAULT))
    scene.step(alarm.work_order, Step.DISPATCH, assignee="a firm without a contact")
    scene.at = scene.clock(alarm.work_order, ClockName.RESPOND).due_at - timedelta(minutes=1)
    scene.run_clocks()
    calls.climb()
    assert {notice.receivers for notice in calls.notices() if notice.rule is None} == {("zhao",), ("wu",)}


def test_a_plan_that_cannot_be_followed_holds_up_neither_alarms_nor_acts_and_is_tried_again(
    calls: CallingScene,
) -> None:
    scene = calls.scene
    broken = replace(PLAN, directory=Directory(positions=PLAN.directory.positions, fallback="nobody knows"))
    calls.use(broken)
    alarm = scene.activate(CALL)
    assert calls.pass_and_climb(minutes=1) == 0
    acknowledged = scene.acknowledge(alarm)
    assert acknowledged.state is AlarmState.ACKNOWLEDGED
    calls.use(PLAN)
    assert calls.climb() == 2
    assert calls.called() == [("firm", "mail"), ("wu", "mail")]


def test_killed_anywhere_between_raise_order_event_and_notice_all_are_there_once(calls: CallingScene) -> None:
    scene = calls.scene

    def dies(*acts: Callable[[Transaction], object]) -> None:
        def together(tx: Transaction) -> None:
            for act in acts:
                act(tx)
            raise Broken

        with pytest.raises(Broken):
            scene.do(together, MANAGER)

    def climb(tx: Transaction) -> int:
        return scene.desk.run_escalation(tx, scene.at)

    dies(scene.activation(CALL))
    dies(scene.activation(CALL), climb)
    alarm = scene.activate(CALL)
    dies(climb)
    assert calls.notices() == []
    calls.use(PLAN)  # another process, with nothing in mind
    assert [calls.climb(), calls.climb()] == [1, 0]
    (notice,) = calls.notices()
    assert (notice.key, notice.state) == (f"{alarm.id}.1.0.1.mail.firm", NoticeState.WAITING)
    assert scene.types(alarm=alarm.id) == ["alarm.raised", "workorder.opened", "alarm.escalated"]
