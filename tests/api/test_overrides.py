"""Overrides over HTTP: set, shown with the device they count for, removed with a reason."""

from __future__ import annotations

from typing import Any

from domain.people import Role
from tests.api.property import Property

HOTTER = {"site": "main", "kind": "elevator", "limit": "motor_limit_c", "level": 85.0, "reason": "A hotter motor."}


def test_an_override_is_set_shown_where_it_counts_and_removed(property_: Property) -> None:
    with property_.client(Role.ENGINEER) as client:
        made = client.post("/api/v1/overrides", json=HOTTER | {"devices": ["E-02"]})
        assert made.status_code == 201, made.text
        whole = client.post("/api/v1/overrides", json=HOTTER | {"level": 70.0}).json()
        assert (made.json()["closeness"], whole["closeness"]) == ("named", "whole_kind")
        shown = {device["id"]: device for device in client.get("/api/v1/devices?site=main").json()["items"]}
        assert shown["E-02"]["limits_in_force"]["motor_limit_c"] == 85.0
        assert [one["id"] for one in shown["E-02"]["overrides"]] == [made.json()["id"]]
        assert shown["E-01"]["limits_in_force"]["motor_limit_c"] == 70.0
        other = client.get("/api/v1/devices/annex/E-02").json()
        assert other["overrides"] == []
        assert other["limits_in_force"]["motor_limit_c"] not in (70.0, 85.0)
        listed = client.get("/api/v1/overrides?site=main").json()["items"]
        assert [(one["id"], one["reason"], one["by"]) for one in listed] == [
            ("main-V1", "A hotter motor.", made.json()["by"]),
            ("main-V2", "A hotter motor.", made.json()["by"]),
        ]
        assert client.delete("/api/v1/overrides/main-V1").status_code == 422, "it needs a reason"
        gone = client.delete("/api/v1/overrides/main-V1", params={"reason": "The motor was replaced."})
        assert gone.status_code == 200
        again = client.get("/api/v1/devices/main/E-02").json()
        assert again["limits_in_force"]["motor_limit_c"] == 70.0
        assert client.delete("/api/v1/overrides/main-V1", params={"reason": "x"}).status_code == 404


def test_what_is_refused_says_which_value_is_wrong(property_: Property) -> None:
    wrong: list[dict[str, Any]] = [
        HOTTER | {"severity": "urgent"},
        HOTTER | {"limit": "no_such"},
        HOTTER | {"limit": None, "level": None, "rule": "entrapment_call", "severity": "general"},
        HOTTER | {"colour": "red"},
    ]
    with property_.client(Role.ENGINEER) as client:
        for body in wrong:
            answer = client.post("/api/v1/overrides", json=body)
            assert answer.status_code == 422, body
        assert client.get("/api/v1/overrides").json()["items"] == []


def test_sites_out_of_reach_are_neither_seen_nor_changed(property_: Property) -> None:
    with property_.client(Role.ENGINEER) as client:
        client.post("/api/v1/overrides", json=HOTTER)
    with property_.client(Role.ENGINEER, sites=("annex",)) as client:
        assert client.get("/api/v1/overrides").json()["items"] == []
        assert client.post("/api/v1/overrides", json=HOTTER).status_code == 403
        assert client.delete("/api/v1/overrides/main-V1", params={"reason": "x"}).status_code == 404
