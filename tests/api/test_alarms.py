"""Alarms over HTTP: lists, one with its story, and what people do to them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.people import Role
from tests.api.property import Property, TestClient


def items(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/alarms{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_an_alarm_says_what_where_and_since_when(property_: Property, operator: TestClient) -> None:
    raised = property_.raise_alarm("E-03")
    [alarm] = items(operator)
    assert alarm["id"] == raised.id
    assert alarm["site"] == "main"
    assert alarm["subject"] == {"type": "device", "id": "E-03"}
    assert (alarm["device"], alarm["kind"], alarm["rule"]) == ("E-03", "elevator", "elevator.entrapment_call")
    assert (alarm["severity"], alarm["life_safety"], alarm["state"]) == ("urgent", True, "unacknowledged")
    assert alarm["raised_at"] == "2026-03-14T08:00:00Z"
    assert alarm["occurrences"] == 1
    assert alarm["building"] == "B1"
    assert set(alarm["text"]) == {"en", "zh-Hans", "zh-Hant"}
    assert operator.get(f"/api/v1/work-orders/{alarm['work_order']}").json()["alarms"] == [alarm["id"]]


def test_lists_are_filtered_and_paged(property_: Property, operator: TestClient) -> None:
    for site in ("main", "annex"):
        for device in ("E-01", "E-02"):
            property_.raise_alarm(device, site=site)
    property_.raise_alarm("E-03", rule="door_held")
    assert len(items(operator)) == 5
    assert {alarm["site"] for alarm in items(operator, "?site=annex")} == {"annex"}
    assert {alarm["device"] for alarm in items(operator, "?device=E-02")} == {"E-02"}
    assert [alarm["rule"] for alarm in items(operator, "?severity=general")] == ["elevator.door_held"]
    first = operator.get("/api/v1/alarms?limit=3").json()
    rest = operator.get("/api/v1/alarms", params={"limit": 3, "cursor": first["next"]}).json()
    assert len(first["items"]) == 3
    assert len(rest["items"]) == 2
    assert rest["next"] is None
    assert len({alarm["id"] for alarm in first["items"] + rest["items"]}) == 5


def test_closed_alarms_are_shown_when_asked_for(property_: Property, operator: TestClient) -> None:
    over = property_.raise_alarm("E-01", rule="door_held")
    property_.end_condition(over)
    operator.post(f"/api/v1/alarms/{over.id}/acknowledge").raise_for_status()
    property_.raise_alarm("E-02")
    assert [alarm["device"] for alarm in items(operator)] == ["E-02"]
    assert [alarm["id"] for alarm in items(operator, "?state=closed")] == [over.id]
    assert len(items(operator, "?state=all")) == 2


def test_one_alarm_tells_its_story_and_its_why(property_: Property, operator: TestClient) -> None:
    alarm = property_.raise_alarm("E-01")
    operator.post(f"/api/v1/alarms/{alarm.id}/comment", json={"note": "calling the car"}).raise_for_status()
    told = operator.get(f"/api/v1/alarms/{alarm.id}").json()
    assert told["why"]["reading"] == {"alarm_button": True}
    kinds = [event["type"] for event in told["timeline"]]
    assert kinds[0] == "alarm.raised"
    assert kinds[-1] == "alarm.commented"
    assert told["timeline"][-1]["actor"]["name"] == "operator-all"
    assert told["card"]["time_to_respond_s"] > 0
    assert "seal" not in told["timeline"][0]


def test_an_acknowledgement_is_seen_and_a_second_one_is_told_who_was_faster(
    property_: Property, operator: TestClient
) -> None:
    alarm = property_.raise_alarm()
    first = operator.post(f"/api/v1/alarms/{alarm.id}/acknowledge", json={"note": "I go"})
    assert first.status_code == 200
    assert first.json()["state"] == "acknowledged"
    assert first.json()["acknowledged_by"] == "operator-all"
    with property_.client(Role.MANAGER) as other:
        second = other.post(f"/api/v1/alarms/{alarm.id}/acknowledge")
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["code"] == "conflict"
    assert second.json()["winner"] == "operator-all"


def test_of_two_who_acknowledge_at_once_one_wins(property_: Property) -> None:
    alarm = property_.raise_alarm()
    app = property_.app()
    roles = (Role.OPERATOR, Role.ENGINEER, Role.MANAGER, Role.ADMIN)
    with TestClient(app) as client, ThreadPoolExecutor(len(roles)) as threads:
        answers = list(
            threads.map(
                lambda role: client.post(
                    f"/api/v1/alarms/{alarm.id}/acknowledge",
                    headers={"Authorization": f"Bearer {property_.token(role)}"},
                ),
                roles,
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    winner = next(answer.json()["acknowledged_by"] for answer in answers if answer.status_code == 200)
    assert {answer.json()["winner"] for answer in answers if answer.status_code == 409} == {winner}


def test_a_latched_alarm_ends_with_a_note_but_not_while_its_signal_is_there(
    property_: Property, operator: TestClient
) -> None:
    alarm = property_.raise_alarm()
    early = operator.post(f"/api/v1/alarms/{alarm.id}/end", json={"note": "all out"})
    assert early.status_code == 409
    property_.end_condition(alarm)
    assert operator.post(f"/api/v1/alarms/{alarm.id}/end", json={"note": ""}).status_code == 422
    ended = operator.post(f"/api/v1/alarms/{alarm.id}/end", json={"note": "all out"})
    assert ended.status_code == 200
    assert (ended.json()["state"], ended.json()["end_note"]) == ("normal", "all out")


def test_a_person_raises_an_alarm(operator: TestClient) -> None:
    raised = operator.post(
        "/api/v1/alarms",
        json={
            "site": "main",
            "subject": {"type": "device", "id": "E-02"},
            "severity": "urgent",
            "title": "有人被困",
            "note": "called by phone",
            "life_safety": True,
            "template": "entrapment",
        },
    )
    assert raised.status_code == 201, raised.text
    alarm = raised.json()
    assert alarm["raised_by"] == "operator-all"
    assert alarm["title"]["zh-Hans"] == "有人被困"
    order = operator.get(f"/api/v1/work-orders/{alarm['work_order']}").json()
    assert order["template"] == "entrapment"


@pytest.mark.parametrize(
    "change",
    [
        {"site": "nowhere"},
        {"severity": "terrible"},
        {"subject": {"type": "device", "id": "../E-02"}},
        {"note": ""},
        {"title": "x" * 201},
        {"note": "a\x00b"},
        {"unknown": 1},
    ],
)
def test_a_wrong_report_is_refused(operator: TestClient, change: dict[str, Any]) -> None:
    report = {
        "site": "main",
        "subject": {"type": "device", "id": "E-02"},
        "severity": "urgent",
        "title": "stuck",
        "note": "called by phone",
    }
    answer = operator.post("/api/v1/alarms", json=report | change)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert items(operator) == []


def test_an_unknown_alarm_is_not_found(operator: TestClient) -> None:
    answer = operator.get("/api/v1/alarms/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
