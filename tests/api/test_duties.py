"""Duties: who owes what by when, the figures, and what managers decide."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from alerting.desk import StepDetails
from alerting.duties import Duties
from domain.duties import Cycle, Duty, DutyBook, Per
from domain.duty_cycles import Proposal
from domain.events import EventType
from domain.people import Actor, ActorType, Role
from domain.texts import text
from domain.workorders import Step
from tests.api.property import Property, TestClient

LIFTS = Duty(
    id="maintenance",
    title=text("Elevator maintenance", "电梯维护保养", "電梯維護保養"),
    per=Per.DEVICE,
    kinds=frozenset({"elevator"}),
    every=Cycle(days=15),
    ahead=timedelta(days=3),
    template="important",
    team="elevator",
    source=text("TSG T5002-2017", "TSG T5002-2017", "TSG T5002-2017"),
)
WALK = replace(LIFTS, id="walk", per=Per.BUILDING, every=Cycle(weeks=1), ahead=timedelta(days=1))
ID = "main.maintenance.E-01"


def look(property_: Property) -> None:
    """What alerting does when something is due."""
    duties = Duties(property_.desk)
    with property_.act() as tx:
        duties.load(tx)
        duties.look(tx, property_.clock.now(), due=True)


def pass_days(property_: Property, days: int) -> None:
    """Days pass, and alerting looks."""
    asyncio.run(property_.clock.advance(timedelta(days=days)))
    look(property_)


@pytest.fixture(autouse=True)
def owed(property_: Property) -> None:
    """Three elevators on each site, and a building, came under watch on 14 March, 16:00 in Shanghai."""
    property_.desk.duties = DutyBook(duties={LIFTS.id: LIFTS, WALK.id: WALK})
    look(property_)


def test_a_list_says_by_when_each_unit_owes_what_the_soonest_first(operator: TestClient) -> None:
    items = operator.get("/api/v1/duties?site=main").json()["items"]
    assert [(one["duty"], one["unit"], one["due_day"]) for one in items] == [
        ("walk", "B1", "2026-03-21"),
        ("maintenance", "E-01", "2026-03-29"),
        ("maintenance", "E-02", "2026-03-29"),
        ("maintenance", "E-03", "2026-03-29"),
    ]
    walk = items[0]
    assert (walk["name"]["en"], walk["state"], walk["overdue"], walk["last_done"]) == (
        "Tower 1",
        "waiting",
        False,
        None,
    )
    assert (walk["opens_at"], walk["overdue_at"]) == ("2026-03-20T00:00:00Z", "2026-03-22T00:00:00Z")
    assert walk["cycle"] == {"days": None, "weeks": 1, "months": None}


def test_a_list_is_filtered_paged_and_bounded_by_reach(property_: Property, operator: TestClient) -> None:
    first = operator.get("/api/v1/duties?site=main&limit=3").json()
    second = operator.get("/api/v1/duties", params={"site": "main", "limit": 3, "cursor": first["next"]}).json()
    assert ([one["unit"] for one in second["items"]], second["next"]) == (["E-03"], None)
    assert len(operator.get("/api/v1/duties?duty=walk").json()["items"]) == 1
    assert len(operator.get("/api/v1/duties?unit=E-01").json()["items"]) == 2
    assert operator.get("/api/v1/duties?state=overdue").json()["items"] == []
    with property_.client(Role.OPERATOR, sites=("annex",)) as annex:
        assert {one["site"] for one in annex.get("/api/v1/duties").json()["items"]} == {"annex"}
        assert annex.get(f"/api/v1/duties/{ID}").status_code == 404
        assert annex.get("/api/v1/duties?site=main").status_code == 403


def test_what_was_done_late_and_what_is_overdue_are_in_the_figures(property_: Property, manager: TestClient) -> None:
    pass_days(property_, 20)
    listed = manager.get("/api/v1/duties?state=overdue&site=main").json()["items"]
    assert [one["unit"] for one in listed] == ["B1", "E-01", "E-02", "E-03"]
    order = manager.get(f"/api/v1/work-orders/{listed[1]['order']}").json()
    assert (order["device"], order["template"]) == ("E-01", "important")
    finish(property_, order["id"])
    done = manager.get(f"/api/v1/duties/{ID}").json()
    assert (done["state"], done["last_done"]["late"], done["last_done"]["by"]) == ("waiting", True, "chen")
    assert (done["due_day"], len(done["done"])) == ("2026-04-18", 1)
    figures = manager.get(
        "/api/v1/duties/completion?site=main&duty=maintenance&first=2026-03-01&last=2026-04-30"
    ).json()
    assert [(one["unit"], one["due"], one["in_time"], one["late"], one["overdue"]) for one in figures["items"]] == [
        ("E-01", 1, 0, 1, 0),
        ("E-02", 1, 0, 0, 1),
        ("E-03", 1, 0, 0, 1),
    ]
    assert manager.get("/api/v1/duties/completion?last=2026-03-01").json()["items"] == []
    assert manager.get("/api/v1/duties/completion?first=2026-03-02&last=2026-03-01").status_code == 422


def finish(property_: Property, order_id: str) -> None:
    """The whole way of an order."""
    fitter = Actor(ActorType.PERSON, "chen", Role.ENGINEER)
    checker = Actor(ActorType.PERSON, "zhao", Role.MANAGER)
    for actor, steps in (
        (fitter, (Step.ACCEPT, Step.ARRIVE, Step.FIX)),
        (checker, (Step.PASS_CHECK, Step.SKIP_FOLLOW_UP, Step.CLOSE)),
    ):
        for step in steps:
            with property_.act(actor) as tx:
                property_.desk.take_step(tx, order_id, step, StepDetails(), actor=actor)


def test_work_on_paper_is_recorded_and_refused_with_the_reason(manager: TestClient) -> None:
    body = {"day": "2026-03-10", "by": "Lift Co.", "note": "Sheet 4711."}
    done = manager.post(f"/api/v1/duties/{ID}/record", json=body).json()
    assert (done["due_day"], done["last_done"]["by"], done["last_done"]["order"]) == ("2026-03-25", "Lift Co.", None)
    early = manager.post(f"/api/v1/duties/{ID}/record", json={**body, "day": "2026-03-01"})
    assert (early.status_code, "2026-03-10" in early.json()["detail"]) == (409, True)
    assert manager.post(f"/api/v1/duties/{ID}/record", json={**body, "day": "2026-03-20"}).status_code == 422
    assert manager.post("/api/v1/duties/main.maintenance.E-99/record", json=body).status_code == 404


@pytest.fixture
def proposed(property_: Property) -> None:
    """A review proposes ten days."""
    with property_.act() as tx:
        tx.take("main")
        proposal = Proposal(cycle=Cycle(days=10), alarms=("main-A1",), order="main-WO-1", at=tx.at)
        tx.duties.put(replace(tx.duties.get(ID), proposal=proposal))
        tx.events.record(EventType.DUTY_REVIEW_PROPOSED, "main", data={"duty": ID})


@pytest.mark.usefixtures("proposed")
def test_a_proposed_cycle_is_accepted_and_the_duty_s_own_restored(manager: TestClient) -> None:
    assert manager.get(f"/api/v1/duties/{ID}").json()["proposal"]["cycle"]["days"] == 10
    reason = {"reason": "Door drive near its end."}
    accepted = manager.post(f"/api/v1/duties/{ID}/accept-cycle", json=reason).json()
    assert (accepted["cycle"]["days"], accepted["due_day"], accepted["proposal"]) == (10, "2026-03-24", None)
    assert accepted["override"]["reason"] == reason["reason"]
    assert manager.post(f"/api/v1/duties/{ID}/accept-cycle", json=reason).status_code == 409
    restored = manager.post(f"/api/v1/duties/{ID}/restore-cycle", json=reason).json()
    assert (restored["cycle"]["days"], restored["override"]) == (15, None)


@pytest.mark.usefixtures("proposed")
def test_a_proposed_cycle_is_declined(manager: TestClient) -> None:
    declined = manager.post(f"/api/v1/duties/{ID}/decline-cycle", json={"reason": "One cause, repaired."}).json()
    assert (declined["cycle"]["days"], declined["proposal"]) == (15, None)


def test_prometheus_is_told_how_many_stand_where(property_: Property, operator: TestClient) -> None:
    pass_days(property_, 20)
    told = operator.get("/metrics").text
    assert 'watchkeeper_duties{site="main",state="overdue"} 4.0' in told
