"""Words on how a job stands: owed hourly while people are affected, or by 17:00 of each day; what happens without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerting.signals import Activation
from domain.assets import Subject, SubjectType
from domain.errors import Conflict, Invalid, NotFound
from domain.people import Actor
from domain.rules import Severity
from domain.texts import Text, text
from domain.workorders import ClockName, Step, WorkOrder
from tests.alerting.desk.scene import (
    COLLEAGUE,
    DOOR,
    FAULT,
    MANAGER,
    OPERATOR,
    START,
    STOPPED,
    Scene,
    refusal,
    rule,
)

C = ClockName
HOUR = timedelta(hours=1)


def say(scene: Scene, order: str | None, actor: Actor = OPERATOR) -> WorkOrder:
    return scene.do(lambda tx: scene.desk.note_order(tx, str(order), note="waiting for the part", actor=actor), actor)


def affected(scene: Scene, order: str | None, yes: bool) -> WorkOrder:
    return scene.do(lambda tx: scene.desk.note_affected(tx, str(order), affected=yes, actor=OPERATOR))


def progress(scene: Scene, order: str | None) -> tuple[datetime, int]:
    clock = scene.clock(order, C.PROGRESS)
    return clock.due_at, clock.missed


def test_an_urgent_job_owes_a_word_every_hour_and_each_word_begins_another(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    assert progress(scene, order) == (START + HOUR, 0)
    scene.pass_(minutes=40)
    say(scene, order)
    assert progress(scene, order) == (scene.at + HOUR, 0)
    scene.pass_(minutes=50)
    scene.step(order, Step.ACCEPT)
    assert progress(scene, order)[0] == START + timedelta(minutes=100), "a step without a word is no word"
    scene.step(order, Step.TRANSFER, reason="another trade")
    assert progress(scene, order)[0] == scene.at + HOUR


def test_every_hour_without_a_word_is_counted_and_told_once_a_look(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT, Step.ARRIVE)
    scene.pass_(minutes=48)
    assert scene.run_clocks() == 1, "a warning at 80 %"
    scene.pass_(minutes=12)
    assert (scene.run_clocks(), scene.run_clocks()) == (1, 0)
    assert progress(scene, order) == (START + 2 * HOUR, 1)
    scene.pass_(hours=5, minutes=30)  # nobody looked
    assert scene.run_clocks() == 1
    assert progress(scene, order) == (START + 7 * HOUR, 6)
    told = [event for event in scene.timeline(order=order) if event.type == "workorder.breached"]
    assert [event.data["clock"] for event in told] == ["progress", "progress"]
    say(scene, order)
    assert progress(scene, order) == (scene.at + HOUR, 6), "what was missed stays"


def test_nobody_owes_a_word_while_nobody_is_affected_nor_after_the_fix(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    assert scene.order(order).people_affected is None
    affected(scene, order, False)
    scene.pass_(hours=3)
    scene.run_clocks()
    assert scene.clock(order, C.PROGRESS).missed == 0
    affected(scene, order, True)
    assert progress(scene, order) == (scene.at + HOUR, 0)
    scene.pass_(minutes=30)
    affected(scene, order, True)
    assert progress(scene, order)[0] == scene.at + HOUR / 2, "saying it twice puts nothing off"
    scene.step(order, Step.ACCEPT, Step.FIX)
    assert scene.clock(order, C.PROGRESS).met_at == scene.at
    scene.step(order, Step.FAIL_CHECK, actor=COLLEAGUE, reason="it stopped again")
    assert scene.clock(order, C.PROGRESS).met_at is None, "rework owes words again"
    assert scene.timeline(order=order)[-1].type == "workorder.rework_ordered"


def test_waiting_for_a_part_does_not_excuse_from_telling(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    scene.step(order, Step.ACCEPT)
    scene.step(order, Step.HOLD, actor=MANAGER, reason="rope", until=scene.at + timedelta(days=1))
    scene.pass_(hours=1)
    scene.run_clocks()
    assert scene.clock(order, C.PROGRESS).missed == 1


def test_a_general_repair_owes_a_word_by_five_each_day_that_it_lasts(scene: Scene) -> None:
    order = scene.activate(DOOR).work_order  # at 23:30; to be answered by noon, in service hours
    assert scene.clock(order, C.RESPOND).due_at == datetime(2026, 3, 2, 4, tzinfo=UTC)
    five = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 17:00 in Shanghai
    assert progress(scene, order) == (five, 0)
    scene.at = five - timedelta(hours=1)
    say(scene, order)
    assert progress(scene, order) == (five + timedelta(days=1), 0), "today's word is said"
    scene.at = five + timedelta(days=2, hours=1)
    scene.run_clocks()
    assert progress(scene, order) == (five + timedelta(days=3), 2)


def test_an_order_keeps_the_calendar_that_it_opened_with(scene: Scene) -> None:
    order = scene.activate(DOOR).work_order
    hours = scene.order(order).terms.hours
    assert hours is not None
    assert (hours.calendar.name, hours.time_zone) == ("service", "Asia/Shanghai")
    assert scene.order(scene.activate(FAULT).work_order).terms.hours is None


def test_waiting_stops_the_fix_in_service_hours_too(scene: Scene) -> None:
    order = scene.activate(DOOR).work_order
    scene.at = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 16:00: four service hours are left of the day
    scene.step(order, Step.ARRIVE)
    due = scene.clock(order, C.FIX).due_at
    scene.step(order, Step.HOLD, actor=MANAGER, reason="part", until=scene.at + timedelta(hours=10))
    scene.pass_(hours=12)
    scene.run_clocks()
    assert scene.clock(order, C.FIX).due_at == due + timedelta(hours=4), "the night was none of its time anyway"


def test_a_promise_keeps_the_contracts_instant_beside_it(scene: Scene) -> None:
    order = scene.activate(STOPPED).work_order
    contract = scene.clock(order, C.FIX).due_at
    for days in (3, 4):
        until = scene.at + timedelta(days=days)
        scene.do(
            lambda tx, until=until: scene.desk.promise(  # type: ignore[misc]
                tx, str(order), until=until, told_whom="Ms Chen", actor=MANAGER
            ),
            MANAGER,
        )
    fix, after = scene.clock(order, C.FIX), scene.order(order)
    assert (fix.due_at, fix.contract_due_at) == (until, contract)
    assert (after.promised_at, after.promised_to, after.promised_by) == (until, "Ms Chen", "zhao")
    assert after.promise_made_at == scene.at


# --- the notice to residents ---

NO_SERVICE = rule("no_service", Severity.URGENT)


@pytest.fixture
def outage(scene: Scene) -> str:
    """The order of a building without a working elevator."""
    building = Subject(SubjectType.BUILDING, "T1")
    signal = Activation(site="main", subject=building, rule=NO_SERVICE, at=scene.at, why={"reading": {}})
    return str(scene.do(lambda tx: scene.desk.activate(tx, signal)).work_order)


def edit(scene: Scene, order: str, version: int, words: str, actor: Actor = OPERATOR) -> WorkOrder:
    return scene.do(
        lambda tx: scene.desk.edit_notice(tx, order, text=text(words, "字", "字"), version=version, actor=actor), actor
    )


def publish(scene: Scene, order: str, version: int, actor: Actor = OPERATOR) -> WorkOrder:
    return scene.do(
        lambda tx: scene.desk.publish_notice(tx, order, version=version, where="lobby board", actor=actor), actor
    )


def test_a_notice_is_drafted_in_three_languages_when_no_elevator_is_left(scene: Scene, outage: str) -> None:
    notice = scene.order(outage).residents_notice
    assert notice is not None
    assert (notice.version, notice.published_at) == (1, None)
    for words, place in ((notice.text.en, "Tower 1"), (notice.text.zh_hans, "1 号楼"), (notice.text.zh_hant, "1 號樓")):
        assert place in words
        assert "2026-03-01 23:30" in words, "since when, on the clock of the site"
        assert "2026-03-03 13:30" in words, "until when: the fix is due 38 hours later"
        assert "{" not in words
    assert scene.types(order=outage) == ["workorder.opened", "workorder.notice_drafted"]
    other = scene.activate(STOPPED).work_order
    assert scene.order(other).residents_notice is None


def test_a_person_edits_and_publishes_it_and_the_slower_one_is_told_who(scene: Scene, outage: str) -> None:
    edit(scene, outage, 1, "No lift until Tuesday")
    assert refusal(lambda: edit(scene, outage, 1, "other", COLLEAGUE)).winner == "lin"
    assert refusal(lambda: publish(scene, outage, 1, COLLEAGUE)).winner == "lin"
    publish(scene, outage, 2)
    assert refusal(lambda: publish(scene, outage, 2, COLLEAGUE)).winner == "lin"
    published = scene.order(outage).residents_notice
    assert published is not None
    assert (published.published_by, published.published_where, published.published_at) == (
        "lin",
        "lobby board",
        scene.at,
    )
    edit(scene, outage, 2, "One lift is back", COLLEAGUE)
    again = scene.order(outage).residents_notice
    assert again is not None
    assert (again.version, again.published_at) == (3, None), "another text is a draft again"


def test_an_order_without_a_draft_can_be_given_one(scene: Scene) -> None:
    order = str(scene.activate(FAULT).work_order)
    with pytest.raises(NotFound):
        publish(scene, order, 1)
    edit(scene, order, 0, "Water is off from nine")
    with pytest.raises(Conflict):
        edit(scene, order, 0, "twice")
    with pytest.raises(Invalid, match=r"^text:"):
        scene.do(lambda tx: scene.desk.edit_notice(tx, order, text=Text("a", " ", "c"), version=1, actor=OPERATOR))
