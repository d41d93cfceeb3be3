"""Maintenance windows over HTTP: when they come, which are on, and who may end one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.maintenance import Maintenance
from domain.callout import Weekday
from domain.maintenance import MaintenanceWindow
from domain.people import Role
from tests.api.property import START, Property, TestClient

# START is a Saturday, 16:00 on the clock of the site.
ON = MaintenanceWindow(
    name="on", site="main", reason="ropes", authority="zhao", begins="15:30", ends="17:00", kind="elevator"
)
LATER = MaintenanceWindow(
    name="later",
    site="main",
    reason="panel",
    authority="zhao",
    begins="23:00",
    ends="01:00",
    days=(Weekday.SUN,),
    devices=("E-01",),
)
ELSEWHERE = MaintenanceWindow(
    name="far", site="annex", reason="ropes", authority="zhao", begins="09:00", ends="10:00", kind="elevator"
)


@pytest.fixture
def begun(property_: Property) -> Property:
    """One window is on, and an alarm began meanwhile."""
    property_.desk.windows = (LATER, ON, ELSEWHERE)
    with property_.act() as tx:
        assert Maintenance(property_.desk).look(tx, START) == 1
    property_.raise_alarm("E-01", rule="door_held")
    return property_


def test_windows_are_listed_with_their_next_time_and_what_is_on_first(begun: Property, operator: TestClient) -> None:
    items = operator.get("/api/v1/maintenance").json()["items"]
    assert [item["name"] for item in items] == ["on", "far", "later"]
    assert (items[0]["from"], items[0]["to"], items[0]["measure"]) == ("15:30", "17:00", "main-M1")
    assert [item["covers"] for item in items] == [3, 3, 1]
    later = items[2]
    assert later["next_begins_at"] == (START + timedelta(days=1, hours=7)).isoformat().replace("+00:00", "Z")
    assert (later["days"], later["devices"], later["measure"]) == (["sun"], ["E-01"], None)
    [measure] = operator.get("/api/v1/measures").json()["items"]
    assert (measure["window"], measure["kind"], measure["by"]) == ("on", "elevator", "zhao")
    with begun.client(Role.VIEWER, sites=("annex",)) as client:
        assert [item["name"] for item in client.get("/api/v1/maintenance").json()["items"]] == ["far"]


def test_who_keeps_the_service_ends_one_early_and_what_holds_is_announced(
    begun: Property, operator: TestClient, manager: TestClient
) -> None:
    assert operator.get("/api/v1/alarms").json()["hidden"] == {"out_of_service": 1}
    assert operator.post("/api/v1/maintenance/main-M1/end").status_code == 403
    assert manager.post("/api/v1/maintenance/main-M9/end").status_code == 404
    ended = manager.post("/api/v1/maintenance/main-M1/end", json={"note": "done"})
    assert (ended.status_code, ended.json()["ended_by"]) == (200, "manager-all")
    assert len(operator.get("/api/v1/alarms").json()["items"]) == 1
    assert manager.post("/api/v1/maintenance/main-M1/end").status_code == 409
    assert operator.get("/api/v1/maintenance").json()["items"][-1]["measure"] is None
