"""The journal: what happened and who did it, for managers."""

from __future__ import annotations

from domain.people import Role
from tests.api.property import Property, TestClient


def test_a_manager_sees_who_did_what_newest_first(property_: Property, manager: TestClient) -> None:
    alarm = property_.raise_alarm("E-01")
    manager.post(f"/api/v1/alarms/{alarm.id}/acknowledge", json={"note": "on my way"})

    newest = manager.get("/api/v1/journal?site=main&limit=2").json()
    assert newest["items"][0]["type"] == "alarm.acknowledged"
    assert newest["items"][0]["data"]["note"] == "on my way"
    assert newest["items"][0]["actor"]["type"] == "program"
    rest = manager.get("/api/v1/journal", params={"site": "main", "cursor": newest["next"]}).json()["items"]
    assert {event["type"] for event in rest} >= {"alarm.raised", "device.registered"}
    assert all(event["site"] == "main" for event in rest)


def test_it_shows_only_what_is_asked_for(property_: Property, manager: TestClient) -> None:
    alarm = property_.raise_alarm("E-01")
    manager.post(f"/api/v1/alarms/{alarm.id}/acknowledge")
    by = manager.get("/api/v1/journal?site=main").json()["items"][0]["actor"]["name"]

    def types(**query: str) -> list[str]:
        answer = manager.get("/api/v1/journal", params={"site": "main", **query})
        assert answer.status_code == 200, answer.text
        return [event["type"] for event in answer.json()["items"]]

    assert types(actor=by, noun="alarm") == ["alarm.acknowledged"]
    assert set(types(noun="workorder")) == {"workorder.opened"}
    assert types(actor_type="person") == []
    assert types(before="2026-03-14T07:59:59Z") == []


def test_another_site_and_a_lesser_role_see_nothing_of_it(property_: Property, operator: TestClient) -> None:
    assert operator.get("/api/v1/journal?site=main").status_code == 403
    with property_.client(Role.MANAGER, sites=("annex",)) as elsewhere:
        assert elsewhere.get("/api/v1/journal?site=main").status_code == 403
        assert elsewhere.get("/api/v1/journal?site=annex").status_code == 200
        assert elsewhere.get("/api/v1/journal").status_code == 422
