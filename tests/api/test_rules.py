"""Rules: what is in force, by which revision, and reading the files again."""

from __future__ import annotations

from dataclasses import replace as with_parts

import pytest
from msgspec.structs import replace

from api.parts import FilesSay
from domain.errors import ConfigError, ConfigErrors
from domain.people import Role
from domain.rules import Rule, Severity
from tests.api.property import Property


@pytest.fixture
def files(property_: Property) -> list[Rule]:
    """What the config files say; change it as an editor would."""
    rules = list(property_.rules)

    def read() -> FilesSay:
        return FilesSay(rules)

    property_.parts = with_parts(property_.parts, read_config=read)
    return rules


def test_before_the_first_revision_the_rules_of_the_files_are_shown(property_: Property) -> None:
    with property_.client(Role.VIEWER) as client:
        shown = client.get("/api/v1/rules").json()
    assert (shown["revision"], shown["revised_by"]) == (None, None)
    assert {rule["id"] for rule in shown["items"]} == {rule.id for rule in property_.rules}
    assert next(rule for rule in shown["items"] if rule["id"] == "elevator.no_service")["over"] == "building"


def test_a_reload_says_what_changed_and_everybody_sees_it(property_: Property, files: list[Rule]) -> None:
    with property_.client(Role.ENGINEER) as client:
        first = client.post("/api/v1/rules/reload").json()
        assert first["revision"] == 1
        place = next(number for number, rule in enumerate(files) if rule.id == "elevator.door_held")
        files[place] = replace(files[place], severity=Severity.IMPORTANT)
        answer = client.post("/api/v1/rules/reload")
        assert answer.json() == {
            "revision": 2,
            "added": [],
            "changed": ["elevator.door_held"],
            "removed": [],
            "arrangements": [],
        }
        again = client.post("/api/v1/rules/reload").json()
        assert again == {"revision": 2, "added": [], "changed": [], "removed": [], "arrangements": []}
        shown = client.get("/api/v1/rules").json()
    assert shown["revision"] == 2
    held = next(rule for rule in shown["items"] if rule["id"] == "elevator.door_held")
    assert held["severity"] == "important"


def test_files_with_mistakes_change_nothing_and_each_mistake_is_listed(property_: Property) -> None:
    def read() -> FilesSay:
        wrong = ("rule[0].when", "rule[3].name")
        raise ConfigErrors(
            ConfigError(file="rules.toml", place=place, problem="it is wrong", remedy="Correct it.") for place in wrong
        )

    property_.parts = with_parts(property_.parts, read_config=read)
    with property_.client(Role.ENGINEER) as client:
        answer = client.post("/api/v1/rules/reload")
        assert client.get("/api/v1/rules").json()["revision"] is None
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_config")
    assert [one["place"] for one in answer.json()["errors"]] == ["rules.toml: rule[0].when", "rules.toml: rule[3].name"]
    assert answer.json()["errors"][0]["problem"] == "it is wrong. Correct it."


def test_only_who_may_change_rules_on_all_sites_reloads_them(property_: Property, files: list[Rule]) -> None:
    for role, sites in ((Role.OPERATOR, None), (Role.ENGINEER, ("main",))):
        with property_.client(role, sites=sites) as client:
            assert client.post("/api/v1/rules/reload").status_code == 403
