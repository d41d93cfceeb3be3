"""What a job leads to: the repair after a fire, the inspection after a rescue, before which the car stays out."""

from __future__ import annotations

import pytest

from domain.errors import NotAllowed
from domain.people import Actor, ActorType, Role
from domain.rules import Severity
from domain.standing import Measure, Standing
from domain.workorders import OrderState, Step, Verdict, WorkOrder
from tests.alerting.desk.scene import CALL, COLLEAGUE, MANAGER, OPERATOR, Scene, refusal, rule

FIRE = rule("fire", Severity.URGENT, life_safety=True, latched=True, template="fire")
ENGINEER = Actor(ActorType.PERSON, "qian", Role.ENGINEER)


def out_of_service(scene: Scene) -> list[Measure]:
    with scene.ledger.read() as rows:
        return [one for one in rows.measures.running() if one.type is Standing.OUT_OF_SERVICE]


def stamp(scene: Scene, order: str | None, name: str, actor: Actor = OPERATOR) -> WorkOrder:
    return scene.do(lambda tx: scene.desk.stamp(tx, str(order), name=name, actor=actor), actor)


def second(scene: Scene, first: str | None) -> WorkOrder:
    [led_to] = scene.order(first).led_to
    return scene.order(led_to)


def rescued(scene: Scene) -> tuple[str, WorkOrder]:
    """An entrapment whose people are out, and the inspection that it led to."""
    rescue = scene.activate(CALL).work_order
    scene.step(rescue, Step.DISPATCH, assignee="firm")
    scene.step(rescue, Step.ARRIVE)
    stamp(scene, rescue, "released")
    return str(rescue), second(scene, rescue)


@pytest.mark.parametrize("verdict", [Verdict.REAL, Verdict.FAULT])
def test_a_fire_that_was_real_or_a_fault_leads_to_its_repair(scene: Scene, verdict: Verdict) -> None:
    fire = scene.activate(FIRE).work_order
    scene.step(fire, Step.ACCEPT, Step.ARRIVE)
    scene.step(fire, Step.FIX, verdict=verdict)
    repair = second(scene, fire)
    assert (repair.template, repair.state, repair.follows, repair.device) == (
        "important",
        OrderState.OPEN,
        fire,
        "E-03",
    )
    assert repair.title.en == "Elevator E-03, Tower 1: repair after a fire alarm"
    assert scene.types(order=fire)[-1] == "workorder.follow_on_opened"
    assert scene.timeline(order=repair.id)[0].data["follows"] == scene.order(fire).number
    scene.step(fire, Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, actor=COLLEAGUE)
    scene.step(fire, Step.CLOSE, verdict=verdict)
    assert scene.order(fire).led_to == (repair.id,), "the same verdict twice is one repair"


@pytest.mark.parametrize("verdict", [Verdict.FALSE, Verdict.TEST])
def test_a_fire_that_was_none_leads_to_nothing(scene: Scene, verdict: Verdict) -> None:
    fire = scene.activate(FIRE).work_order
    scene.step(fire, Step.ACCEPT, Step.ARRIVE)
    scene.step(fire, Step.FIX, verdict=verdict)
    assert scene.order(fire).led_to == ()
    assert len(scene.orders()) == 1


def test_a_release_leads_to_an_inspection_and_takes_the_car_out(scene: Scene) -> None:
    rescue, inspection = rescued(scene)
    assert (inspection.template, inspection.follows) == ("return_to_service", rescue)
    [measure] = out_of_service(scene)
    assert (measure.devices, measure.order, measure.by) == (frozenset({"E-03"}), inspection.id, "lin")
    stamps = scene.order(rescue).stamps
    assert set(stamps) == {"dispatched", "arrived", "released"}, "sending and arriving stamp themselves"
    scene.pass_(minutes=1)
    scene.do(lambda tx: scene.desk.stamp(tx, rescue, name="released", at=scene.at, actor=OPERATOR))
    assert scene.order(rescue).led_to == (inspection.id,), "a corrected stamp leads to no second inspection"


def test_the_car_returns_with_the_check_of_somebody_who_may_and_not_before(scene: Scene) -> None:
    _, inspection = rescued(scene)
    back = lambda: scene.do(lambda tx: scene.desk.bring_back(tx, "main", "E-03", actor=ENGINEER), ENGINEER)  # noqa: E731
    assert inspection.number in str(refusal(back))
    scene.step(inspection.id, Step.ACCEPT, Step.ARRIVE, Step.FIX)
    with pytest.raises(NotAllowed):
        scene.step(inspection.id, Step.PASS_CHECK, actor=COLLEAGUE)
    assert len(out_of_service(scene)) == 1
    scene.step(inspection.id, Step.FAIL_CHECK, actor=ENGINEER, reason="brake worn")
    scene.step(inspection.id, Step.FIX)
    scene.step(inspection.id, Step.PASS_CHECK, actor=ENGINEER)
    assert out_of_service(scene) == []


def test_a_car_that_was_out_already_waits_for_the_inspection_as_well(scene: Scene) -> None:
    until = scene.at.replace(year=scene.at.year, month=scene.at.month + 1)
    scene.do(
        lambda tx: scene.desk.take_out(tx, "main", "E-03", reason="works", expected_return=until, actor=ENGINEER),
        ENGINEER,
    )
    _, inspection = rescued(scene)
    [measure] = out_of_service(scene)
    assert (measure.order, measure.by) == (inspection.id, "qian")
    scene.step(inspection.id, Step.CANCEL, actor=MANAGER, reason="opened in error")
    scene.do(lambda tx: scene.desk.bring_back(tx, "main", "E-03", actor=ENGINEER), ENGINEER)
    assert out_of_service(scene) == []


def test_a_second_call_from_a_car_that_waits_is_told_all_the_same(scene: Scene) -> None:
    rescue, _ = rescued(scene)
    scene.step(rescue, Step.FIX)
    again = scene.activate(CALL, again=True)
    assert not again.standing.hidden, "life-safety is never hidden"
    assert scene.order(rescue).state is OrderState.OPEN
    assert scene.order(rescue).stamps == {}, "the second rescue has stamps of its own"
