"""Floods, groups and bad actors over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from domain.people import Role
from domain.standing import Standing
from tests.api.property import Property, TestClient
from tests.contracts.ledger_values import put_alarm


def get(client: TestClient, path: str) -> Any:
    answer = client.get(f"/api/v1/alarms{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_flooded_list_says_so_and_its_groups_hold_every_alarm_once(property_: Property, operator: TestClient) -> None:
    danger = property_.raise_alarm("E-01")
    door = property_.raise_alarm("E-01", rule="door_held")
    assert get(operator, "")["floods"] == []
    for _ in range(10):
        asyncio.run(property_.clock.advance(timedelta(seconds=1)))
        door = property_.raise_alarm("E-01", rule="door_held")
    other = property_.raise_alarm("E-02", rule="door_held")
    elsewhere = property_.raise_alarm("E-01", site="annex", rule="door_held")
    [flood] = get(operator, "")["floods"]
    assert (flood["site"], flood["alarms"]) == ("main", 13)
    groups = get(operator, "/groups")
    assert groups["floods"] == [flood]
    assert [alarm["id"] for alarm in groups["pinned"]] == [danger.id]
    assert sorted(name for group in groups["groups"] for name in group["alarms"]) == sorted(
        [door.id, other.id, elsewhere.id]
    )
    assert get(operator, "/groups?site=annex")["floods"] == []


def test_a_group_shows_what_is_hidden_because_of_it(property_: Property, operator: TestClient) -> None:
    cause, effect = property_.raise_alarm("E-01", rule="fault"), property_.raise_alarm("E-02", rule="door_held")
    with property_.act() as tx:
        put_alarm(tx, replace(effect, standing=Standing.SUPPRESSED, standing_by=cause.id))
    [group] = get(operator, "/groups")["groups"]
    assert group["alarms"] == [cause.id]
    assert [(one["id"], one["standing_by"]) for one in group["consequences"]] == [(effect.id, cause.id)]
    operator.post("/api/v1/alarms/acknowledge", json={"alarms": group["alarms"]})
    assert get(operator, f"/{effect.id}")["state"] == "unacknowledged"


def test_a_group_is_acknowledged_with_one_word_but_never_life_safety_and_never_what_nobody_named(
    property_: Property, operator: TestClient
) -> None:
    danger = property_.raise_alarm("E-01")
    first, second = (property_.raise_alarm(device, rule="door_held") for device in ("E-01", "E-02"))
    fault = property_.raise_alarm("E-02", rule="fault")
    far = property_.raise_alarm("E-01", site="annex", rule="door_held")
    for ids, status, words in (
        ([first.id, danger.id], 409, "life safety"),
        ([first.id, fault.id], 422, "one rule"),
        ([first.id, far.id], 422, "one site"),
        ([first.id, "main-A999"], 404, "no alarm"),
        ([], 422, ""),
    ):
        answer = operator.post("/api/v1/alarms/acknowledge", json={"alarms": ids})
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert all(alarm["state"] == "unacknowledged" for alarm in get(operator, "")["items"])
    done = operator.post("/api/v1/alarms/acknowledge", json={"alarms": [first.id, second.id], "note": "power"}).json()
    assert [alarm["acknowledged_by"] for alarm in done["acknowledged"]] == ["operator-all", "operator-all"]
    again = operator.post("/api/v1/alarms/acknowledge", json={"alarms": [first.id]}).json()
    assert [(left["alarm"], "already" in left["why"]) for left in again["left"]] == [(first.id, True)]


def test_a_group_beyond_reach_is_not_there(property_: Property) -> None:
    alarm = property_.raise_alarm("E-01", rule="door_held")
    with property_.client(Role.OPERATOR, sites=("annex",)) as client:
        assert client.post("/api/v1/alarms/acknowledge", json={"alarms": [alarm.id]}).status_code == 404
        assert get(client, "/groups")["groups"] == []
        assert get(client, "/bad-actors")["items"] == []


def test_bad_actors_are_what_was_raised_most_often_within_the_span(property_: Property, operator: TestClient) -> None:
    old = property_.raise_alarm("E-02", rule="fault")
    asyncio.run(property_.clock.advance(timedelta(days=2)))
    for _ in range(3):
        door = property_.raise_alarm("E-01", rule="door_held")
        property_.end_condition(door)
    property_.raise_alarm("E-01", rule="fault")
    found = get(operator, "/bad-actors")["items"]
    assert [(one["subject"]["id"], one["rule"], one["times"], one["alarms"]) for one in found] == [
        ("E-01", "elevator.door_held", 3, 1),
        ("E-01", "elevator.fault", 1, 1),
    ]
    week = get(operator, "/bad-actors?span=7d&by=rule")["items"]
    assert {one["rule"]: one["times"] for one in week} == {"elevator.door_held": 3, "elevator.fault": 2}
    subjects = get(operator, "/bad-actors?span=7d&by=subject&limit=1")["items"]
    assert [(one["subject"]["id"], one["rule"], one["times"]) for one in subjects] == [("E-01", None, 4)]
    assert old.id not in str(found)
    asyncio.run(property_.clock.advance(timedelta(days=10)))
    assert get(operator, "/bad-actors?span=7d")["items"] == []
    month = get(operator, "/bad-actors?span=30d&by=rule&limit=1")["items"]
    assert [(one["rule"], one["times"]) for one in month] == [("elevator.door_held", 3)]
    everything = "state=all&standing=all"
    of_rule = get(operator, f"?{everything}&rule=elevator.fault")["items"]
    assert {alarm["device"] for alarm in of_rule} == {"E-01", "E-02"}
    of_source = get(operator, f"?{everything}&subject=device:E-02&rule=elevator.fault")["items"]
    assert [alarm["id"] for alarm in of_source] == [old.id]
    assert operator.get("/api/v1/alarms?subject=lift:E-02").status_code == 422
