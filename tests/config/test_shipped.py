"""What ships: every file loads, and says what the product promises."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest

from devices.registry import kinds
from domain.rules import Coded, In, Rule, Severity
from domain.texts import Text
from tests.config.files import SHIPPED, folder_with
from watchkeeper.config_files import Configuration, Property, load_config, load_property


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_config(SHIPPED, kinds())


@pytest.fixture(scope="module")
def demo() -> Property:
    return load_property(SHIPPED / "property" / "demo.toml", kinds())


def test_every_rule_of_every_kind_is_in_force(configuration: Configuration) -> None:
    assert {rule.id for rule in configuration.rules} == {rule.id for kind in kinds().values() for rule in kind.rules}


def test_no_rule_is_left_with_codes_to_resolve(configuration: Configuration) -> None:
    assert not any(isinstance(rule.when, Coded) for rule in configuration.rules)
    stopped = _rule(configuration, "elevator.stopped")
    assert isinstance(stopped.when, In)
    assert "30" in stopped.when.values
    assert configuration.fault_codes["elevator"]["30"].en == "Safety circuit open"


def test_every_severity_has_exactly_one_template_to_fall_back_on(configuration: Configuration) -> None:
    fallbacks = Counter(severity for template in configuration.templates.values() for severity in template.severities)
    assert fallbacks == dict.fromkeys(Severity, 1)


def test_every_rule_names_a_template_that_exists_or_none(configuration: Configuration) -> None:
    assert {rule.template for rule in configuration.rules} <= {None, *configuration.templates}


def test_the_demo_property_has_what_it_promises(demo: Property) -> None:
    (site,) = demo.sites
    count = Counter(device.kind for device in demo.devices)
    fire = {"smoke_detector", "call_point", "fire_panel", "fire_pump", "hydrant", "extinguisher", "fire_exit"}
    assert (site.id, len(site.buildings)) == ("demo", 3)
    assert count.keys() == kinds().keys(), "every kind can be seen"
    assert (count["elevator"], sum(count[kind] for kind in fire), count["lighting"]) == (8, 60, 40)
    assert (count["checkpoint"], count["gateway"]) == (24, 4)
    assert {device.id for device in demo.devices if device.kind == "elevator"} == {f"E-0{n}" for n in range(1, 9)}


def test_every_demo_device_has_a_name_a_place_and_a_gateway(demo: Property) -> None:
    for device in demo.devices:
        assert device.name is not None
        assert device.building is not None
        assert device.zone is not None
        assert device.gateway is not None or device.kind == "gateway"
        for words in (device.name.en, device.name.zh_hans, device.name.zh_hant):
            assert device.id in words
            assert "{" not in words


def test_the_demo_routes_pass_every_checkpoint_once(demo: Property) -> None:
    passed = [point for route in demo.routes for point in route.checkpoints]
    assert len(demo.routes) == 3
    assert sorted(passed) == sorted(device.id for device in demo.devices if device.kind == "checkpoint")
    assert all(route.every is not None and route.every >= timedelta(hours=1) for route in demo.routes)


def test_texts_are_translated_not_copied(configuration: Configuration, demo: Property) -> None:
    texts: list[Text] = [template.title for template in configuration.templates.values()]
    texts += configuration.fault_codes["elevator"].values()
    texts += [device.name for device in demo.devices if device.name is not None]
    for text in texts:
        assert re.search(r"[\u4e00-\u9fff]", text.zh_hans), text
        assert re.search(r"[\u4e00-\u9fff]", text.zh_hant), text
        assert not re.search(r"[\u4e00-\u9fff]", text.en), text


def test_the_examples_in_the_comments_of_the_rules_work(tmp_path: object) -> None:
    comments = (SHIPPED / "rules.toml").read_text(encoding="utf-8")
    examples = "\n".join(line.removeprefix("#   ") for line in comments.splitlines() if line.startswith("#   "))
    tables = re.sub(r"^\{.*$", "", examples, flags=re.MULTILINE)  # single conditions stand alone, not in a table
    folder = folder_with(tmp_path, "rules.toml", tables)  # type: ignore[arg-type]
    changed = load_config(folder, kinds())
    assert _rule(changed, "elevator.door_held").severity is Severity.IMPORTANT
    assert _rule(changed, "elevator.warm_machine_room").on_delay == timedelta(minutes=10)
    assert "lighting.day_burning" not in {rule.id for rule in changed.rules}


def _rule(configuration: Configuration, rule_id: str) -> Rule:
    return next(rule for rule in configuration.rules if rule.id == rule_id)
