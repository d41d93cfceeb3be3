"""Devices with their latest state, adoption, sites, kinds and rules."""

from __future__ import annotations

from datetime import timedelta

from devices.registry import kinds
from domain.assets import Device
from domain.people import Role
from tests.api.property import SYSTEM, Property, TestClient


def test_a_device_shows_its_newest_values_and_its_open_alarms(property_: Property, operator: TestClient) -> None:
    property_.remember("E-01", {"floor": 12, "door": "closed", "motor_temp_c": None, "online": True})
    property_.raise_alarm("E-01")
    property_.raise_alarm("E-01", rule="door_held")
    device = operator.get("/api/v1/devices/main/E-01").json()
    assert device["values"]["floor"] == {"value": 12, "at": "2026-03-14T08:00:00Z"}
    assert device["values"]["motor_temp_c"]["value"] is None
    assert "online" not in device["values"]
    assert device["last_seen"] == "2026-03-14T08:00:00Z"
    assert device["connection"] == "online"
    assert (device["open_alarms"], device["worst_severity"]) == (2, "urgent")


def test_a_device_is_unknown_silent_or_offline_when_it_is(property_: Property, operator: TestClient) -> None:
    property_.remember("E-02", {"floor": 1, "online": False})
    property_.remember("E-03", {"floor": 1, "online": True})
    property_.raise_alarm("E-03", rule="silent")
    listed = {
        device["id"]: device["connection"] for device in operator.get("/api/v1/devices?site=main").json()["items"]
    }
    assert listed == {"E-01": "unknown", "E-02": "offline", "E-03": "silent"}


def test_devices_are_paged_and_filtered(operator: TestClient) -> None:
    first = operator.get("/api/v1/devices?limit=4").json()
    rest = operator.get("/api/v1/devices", params={"limit": 4, "cursor": first["next"]}).json()
    assert len(first["items"]) == 4
    assert len(rest["items"]) == 2
    assert operator.get("/api/v1/devices?kind=hydrant").json()["items"] == []
    assert len(operator.get("/api/v1/devices?building=B1").json()["items"]) == 3
    assert operator.get("/api/v1/devices?limit=501").status_code == 422


def test_a_discovered_device_is_adopted(property_: Property) -> None:
    with property_.act() as tx:
        property_.desk.discover(tx, Device(site="main", id="X-9", kind="elevator"))
    with property_.client(Role.ENGINEER) as engineer:
        [waiting] = engineer.get("/api/v1/devices?discovered=true").json()["items"]
        assert waiting["id"] == "X-9"
        details = {
            "name": {"en": "Service lift", "zh-Hans": "货梯", "zh-Hant": "貨梯"},
            "building": "B1",
            "zone": "lobby",
            "interval_s": 30,
            "limits": {"rated_speed_mps": 1.0},
        }
        adopted = engineer.post("/api/v1/devices/main/X-9/adopt", json=details)
        assert adopted.status_code == 200, adopted.text
        assert adopted.json()["adoption"] == "registered"
        assert adopted.json()["name"]["zh-Hant"] == "貨梯"
        assert adopted.json()["interval_s"] == 30
        again = engineer.post("/api/v1/devices/main/X-9/adopt", json={})
        assert again.status_code == 409
        assert engineer.post("/api/v1/devices/main/nothing/adopt", json={}).status_code == 404
        assert engineer.get("/api/v1/devices?discovered=true").json()["items"] == []


def test_a_place_that_the_site_does_not_have_is_refused(property_: Property) -> None:
    with property_.act() as tx:
        property_.desk.discover(tx, Device(site="main", id="X-9", kind="elevator"))
    with property_.client(Role.ENGINEER) as engineer:
        answer = engineer.post("/api/v1/devices/main/X-9/adopt", json={"building": "B9"})
        assert answer.status_code == 422
        assert "building" in answer.json()["detail"]


async def test_sites_say_whether_they_are_watched(property_: Property, operator: TestClient) -> None:
    await property_.clock.advance(timedelta(seconds=11))
    property_.beat("main")
    sites = {site["id"]: site for site in operator.get("/api/v1/sites").json()["items"]}
    assert sites["main"]["watching"] is True
    assert sites["annex"]["watching"] is False
    assert sites["annex"]["judged_at"] == "2026-03-14T08:00:00Z"
    assert sites["main"]["buildings"][0]["zones"][0]["name"]["zh-Hans"] == "大堂"


def test_every_kind_and_rule_is_described(operator: TestClient) -> None:
    shown = {kind["name"]: kind for kind in operator.get("/api/v1/kinds").json()["items"]}
    assert set(shown) == set(kinds())
    temperature = next(metric for metric in shown["elevator"]["metrics"] if metric["name"] == "motor_temp_c")
    assert temperature["type"] == "number"
    assert temperature["unit"]
    rules = {rule["id"]: rule for rule in operator.get("/api/v1/rules").json()["items"]}
    assert set(shown["elevator"]["rules"]) == {name for name in rules if name.startswith("elevator.")}
    assert rules["elevator.entrapment_call"]["when"]["is"]
    assert rules["elevator.entrapment_call"]["latched"] is True
    templates = operator.get("/api/v1/templates").json()["items"]
    assert "entrapment" in {template["name"] for template in templates}


def test_quarantine_shows_what_came_and_why(property_: Property, operator: TestClient) -> None:
    from domain.readings import Reject, RejectReason

    with property_.act(SYSTEM) as tx:
        tx.quarantine.put("wk/v1/main/elevator/E-01/telemetry", b"\xff{", Reject(RejectReason.NOT_UTF8, "byte 0"))
        tx.quarantine.put("what/ever", b"hello", Reject(RejectReason.BAD_TOPIC, "not ours"))
        tx.quarantine.put("what/ever", b"hello", Reject(RejectReason.BAD_TOPIC, "not ours"))
    shown = operator.get("/api/v1/quarantine").json()
    assert shown["total"] == 3
    by_reason = {entry["reason"]: entry for entry in shown["items"]}
    assert by_reason["not_utf8"]["head"] == "\\xff{"
    assert by_reason["bad_topic"]["count"] == 2
    with property_.client(Role.OPERATOR, sites=("main",)) as only_main:
        theirs = only_main.get("/api/v1/quarantine").json()
    assert [entry["reason"] for entry in theirs["items"]] == ["not_utf8"]
    assert theirs["total"] is None
