"""Shelves, devices out of service and tests over HTTP, and what lists then show."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from domain.people import Role
from tests.api.property import START, Property, TestClient


def until(**span: float) -> str:
    return (START + timedelta(**span)).isoformat()


def listed(client: TestClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/v1/alarms{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(client: TestClient, query: str = "") -> list[str]:
    return [alarm["id"] for alarm in listed(client, query)["items"]]


def test_a_shelved_alarm_leaves_the_list_which_says_so_and_comes_back_unseen(
    property_: Property, operator: TestClient
) -> None:
    shelved, other = property_.raise_alarm("E-01", rule="door_held"), property_.raise_alarm("E-02", rule="door_held")
    body = {"reason": "contact on order", "until": until(hours=2)}
    answer = operator.post(f"/api/v1/alarms/{shelved.id}/shelve", json=body).json()
    assert (answer["standing"], answer["test"]) == ("shelved", False)
    assert datetime.fromisoformat(answer["standing_until"]) == START + timedelta(hours=2)
    assert ids(operator) == [other.id]
    assert listed(operator)["hidden"] == {"shelved": 1}
    assert ids(operator, "?standing=shelved") == ids(operator, "?standing=hidden") == [shelved.id]
    assert len(ids(operator, "?standing=all")) == 2
    [shelf] = operator.get("/api/v1/measures?type=shelved").json()["items"]
    assert (shelf["reason"], shelf["by"], shelf["rule"]) == ("contact on order", "operator-all", "elevator.door_held")
    assert operator.get("/api/v1/devices/main/E-01").json()["open_alarms"] == 0
    back = operator.post(f"/api/v1/alarms/{shelved.id}/unshelve").json()
    assert (back["standing"], back["state"]) == ("announced", "unacknowledged")
    assert len(ids(operator)) == 2
    assert operator.get("/api/v1/measures").json()["items"] == []
    assert operator.post(f"/api/v1/alarms/{shelved.id}/unshelve").status_code == 409


def test_what_the_table_of_measures_refuses_is_refused_with_its_reason(
    property_: Property, operator: TestClient, manager: TestClient
) -> None:
    property_.person("wu")
    danger, door = property_.raise_alarm("E-01"), property_.raise_alarm("E-02", rule="door_held")
    reason = {"reason": "because"}
    for client, path, body, status, words in (
        (operator, f"alarms/{danger.id}/shelve", {**reason, "until": until(hours=1)}, 409, "life-safety"),
        (operator, f"alarms/{door.id}/shelve", {**reason, "until": until(hours=9)}, 422, "at most 8 hours"),
        (operator, f"alarms/{door.id}/shelve", {**reason, "until": until(hours=-1)}, 422, "future"),
        (operator, "devices/main/E-01/out-of-service", {**reason, "expected_return": until(days=1)}, 403, "may not"),
        (manager, "devices/main/E-01/out-of-service", {**reason, "expected_return": until(days=99)}, 422, "at most"),
        (manager, "devices/main/E-09/out-of-service", {**reason, "expected_return": until(days=1)}, 404, "E-09"),
        (manager, "devices/main/E-01/return", {}, 409, "in service"),
        (operator, "tests", _test(second="operator-all", devices=["E-01"]), 422, "second"),
        (operator, "tests", _test(second="nobody", devices=["E-01"]), 422, "nobody"),
        (operator, "tests", _test(devices=["E-09"]), 422, "E-09"),
        (operator, "tests", _test(), 422, "devices"),
        (operator, "tests", _test(devices=["E-01"], building="B1", zone="lobby"), 422, "devices"),
        (operator, "tests", _test(devices=["E-01"], until=until(hours=5)), 422, "at most 4 hours"),
        (operator, "tests/main-M9/end", {}, 404, "main-M9"),
    ):
        answer = client.post(f"/api/v1/{path}", json=body)
        assert (answer.status_code, words in answer.text) == (status, True), (path, body, answer.text)
    assert operator.get("/api/v1/measures").json()["items"] == []


def _test(**changes: Any) -> dict[str, Any]:
    return {"site": "main", "reason": "monthly", "second": "wu", "until": until(hours=1)} | changes


def test_a_device_out_of_service_is_on_the_return_list_until_a_person_returns_it(
    property_: Property, manager: TestClient
) -> None:
    body = {"reason": "ropes", "expected_return": until(days=1)}
    assert manager.post("/api/v1/devices/main/E-01/out-of-service", json=body).status_code == 201
    assert manager.post("/api/v1/devices/main/E-01/out-of-service", json=body).status_code == 409
    hidden, danger = property_.raise_alarm("E-01", rule="door_held"), property_.raise_alarm("E-01")
    assert ids(manager) == [danger.id]
    assert ids(manager, "?standing=out_of_service") == [hidden.id]
    assert manager.get("/api/v1/devices/main/E-01").json()["out_of_service"] is True
    assert manager.get("/api/v1/devices/main/E-02").json()["out_of_service"] is False
    asyncio.run(property_.clock.advance(timedelta(days=2)))
    [measure] = manager.get("/api/v1/measures?type=out_of_service").json()["items"]
    assert (measure["devices"], measure["overdue"]) == (["E-01"], True)
    answer = manager.post("/api/v1/devices/main/E-01/return", json={"note": "inspected"}).json()
    assert answer["ended_by"] == "manager-all"
    assert set(ids(manager)) == {danger.id, hidden.id}
    detail = manager.get(f"/api/v1/alarms/{hidden.id}").json()
    assert [event["type"] for event in detail["timeline"]][:2] == ["alarm.suppressed", "alarm.raised"]
    assert detail["why"] is not None
    assert detail["work_order"] is not None


def test_a_test_marks_what_its_devices_say_and_its_end_makes_real_what_still_holds(
    property_: Property, operator: TestClient
) -> None:
    property_.person("wu")
    test = operator.post("/api/v1/tests", json=_test(devices=["E-01", "E-02"])).json()
    gone, stays = property_.raise_alarm("E-01"), property_.raise_alarm("E-02")
    real = property_.raise_alarm("E-03")
    property_.end_condition(gone)
    assert ids(operator) == [real.id]
    assert listed(operator)["hidden"] == {"test": 2}
    assert all(alarm["test"] and not alarm["work_order"] for alarm in listed(operator, "?standing=test")["items"])
    assert operator.get("/api/v1/devices/main/E-01").json()["under_test"] is True
    assert operator.post(f"/api/v1/tests/{test['id']}/end").status_code == 200
    assert set(ids(operator)) == {real.id, stays.id}
    assert operator.get(f"/api/v1/alarms/{gone.id}").json()["state"] == "normal"
    assert operator.post(f"/api/v1/tests/{test['id']}/end").status_code == 409


def test_measures_of_sites_out_of_reach_are_not_there(property_: Property, manager: TestClient) -> None:
    body = {"reason": "ropes", "expected_return": until(days=1)}
    manager.post("/api/v1/devices/annex/E-01/out-of-service", json=body).raise_for_status()
    alarm = property_.raise_alarm("E-02", site="annex", rule="door_held")
    with property_.client(Role.MANAGER, sites=("main",)) as stranger:
        assert stranger.get("/api/v1/measures").json()["items"] == []
        assert stranger.post("/api/v1/devices/annex/E-01/return").status_code == 404
        shelve = {"reason": "x", "until": until(hours=1)}
        assert stranger.post(f"/api/v1/alarms/{alarm.id}/shelve", json=shelve).status_code == 404
