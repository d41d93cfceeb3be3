"""Work orders over HTTP: lists, one with its story, and every step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.people import Role
from domain.workorders import ORDER_TRANSITIONS, OrderState, Step
from tests.api.property import START, Property, TestClient


@pytest.fixture
def order(property_: Property) -> str:
    """The id of an urgent order."""
    alarm = property_.raise_alarm("E-01")
    assert alarm.work_order is not None
    return alarm.work_order


def take(client: TestClient, order: str, step: str, **details: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/work-orders/{order}/{step}", json=details)
    assert answer.status_code == 200, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


def test_an_order_shows_its_clocks_and_what_can_be_done(operator: TestClient, order: str) -> None:
    [shown] = operator.get("/api/v1/work-orders").json()["items"]
    assert shown["id"] == order
    assert shown["number"] == "WO-20260314-0001"
    assert shown["state"] == "open"
    assert shown["ended"] is False
    arrive = next(clock for clock in shown["clocks"] if clock["name"] == "arrive")
    assert set(arrive) >= {"name", "due_at", "warned_at", "met_at", "breached_at"}
    assert arrive["started_at"] == "2026-03-14T08:00:00Z"
    assert set(shown["possible_steps"]) == {r.step for r in ORDER_TRANSITIONS if r.before is OrderState.OPEN}


def test_an_order_is_found_by_its_number(operator: TestClient, order: str) -> None:
    assert operator.get("/api/v1/work-orders/WO-20260314-0001").json()["id"] == order


def test_an_order_goes_its_whole_way(property_: Property, manager: TestClient, order: str) -> None:
    take(manager, order, "dispatch", assignee="Otis, 24 h line")
    take(manager, order, "accept")
    assert take(manager, order, "arrive")["state"] == "on_site"
    assert take(manager, order, "fix", cause="door lock")["state"] == "fixed"
    with property_.client(Role.OPERATOR) as checker:
        take(checker, order, "pass_check")
    take(manager, order, "skip_follow_up")
    closed = take(manager, order, "close")
    assert (closed["state"], closed["ended"], closed["possible_steps"]) == ("closed", True, [])
    assert manager.get("/api/v1/work-orders").json()["items"] == []
    assert len(manager.get("/api/v1/work-orders?ended=true").json()["items"]) == 1
    assert len(manager.get("/api/v1/work-orders?state=closed").json()["items"]) == 1
    story = [event["type"] for event in manager.get(f"/api/v1/work-orders/{order}").json()["timeline"]]
    assert story[0] == "workorder.opened"
    assert "workorder.arrived" in story
    assert story[-1] == "workorder.closed"


def test_a_step_that_the_state_does_not_allow_is_a_conflict(operator: TestClient, order: str) -> None:
    answer = operator.post(f"/api/v1/work-orders/{order}/close")
    assert answer.status_code == 409
    assert "possible" in answer.json()["detail"]


def test_a_step_without_what_it_needs_is_refused_by_name(operator: TestClient, order: str) -> None:
    answer = operator.post(f"/api/v1/work-orders/{order}/dispatch")
    assert answer.status_code == 422
    assert "assignee" in answer.json()["detail"]


def test_a_step_that_does_not_exist_is_refused(operator: TestClient, order: str) -> None:
    assert operator.post(f"/api/v1/work-orders/{order}/explode").status_code == 422


@pytest.mark.parametrize("step", [Step.HOLD, Step.CANCEL])
def test_waiting_and_cancelling_need_a_manager(
    property_: Property, operator: TestClient, manager: TestClient, step: Step
) -> None:
    order = property_.raise_alarm("E-02", rule="door_held").work_order
    assert order is not None
    details: dict[str, Any] = {"reason": "a part is missing"}
    if step is Step.HOLD:
        details["until"] = (START + timedelta(days=2)).isoformat()
    take(operator, order, "accept")
    refused = operator.post(f"/api/v1/work-orders/{order}/{step}", json=details)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert take(manager, order, step, **details)["state"] in ("waiting", "cancelled")


def test_notes_promises_and_stamps_are_kept(manager: TestClient, order: str) -> None:
    until = (START + timedelta(hours=50)).isoformat().replace("+00:00", "Z")
    promised = manager.post(
        f"/api/v1/work-orders/{order}/promise", json={"until": until, "told_whom": "Ms Chen, 12-03"}
    )
    assert promised.status_code == 200, promised.text
    assert promised.json()["promised_at"] == until
    stamped = manager.post(f"/api/v1/work-orders/{order}/stamp", json={"name": "released"})
    assert stamped.json()["stamps"] == {"released": "2026-03-14T08:00:00Z"}
    manager.post(f"/api/v1/work-orders/{order}/note", json={"note": "progress"}).raise_for_status()
    story = [event["type"] for event in manager.get(f"/api/v1/work-orders/{order}").json()["timeline"]]
    assert story[-3:] == ["workorder.promised", "workorder.stamped", "workorder.noted"]
