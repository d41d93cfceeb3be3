"""`duties.toml`: what ships, and mistakes refused with their place and what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from devices.registry import kinds
from domain.assets import Site
from domain.duties import Cycle, DutyBook, Per, units_of
from domain.errors import ConfigError
from tests.config.files import SHIPPED, folder_with, mistakes
from watchkeeper.config_files import load_config, load_property


@pytest.fixture(scope="module")
def book() -> DutyBook:
    return load_config(SHIPPED, kinds()).duties


def test_what_ships_is_what_is_promised(book: DutyBook) -> None:
    cycles = {duty.id: duty.every for duty in book.duties.values()}
    assert cycles == {
        "elevator_maintenance": Cycle(days=15),
        "elevator_inspection": Cycle(months=12),
        "fire_check": Cycle(months=1),
        "fire_maintenance": Cycle(months=3),
        "water_and_power_walk": Cycle(weeks=1),
        "fire_drill": Cycle(months=6),
        "rescue_drill": Cycle(months=6),
    }
    assert all(duty.source and duty.team for duty in book.duties.values())
    (review,) = book.reviews
    assert (review.failures, review.within, review.duty) == (3, timedelta(days=30), "elevator_maintenance")


def test_everything_in_the_demo_property_that_owes_something_is_found(book: DutyBook) -> None:
    demo = load_property(SHIPPED / "property" / "demo.toml", kinds())
    owed = {duty.id: units_of(duty, demo.sites, demo.devices) for duty in book.duties.values()}
    assert {name: len(units) for name, units in owed.items()} == {
        "elevator_maintenance": 8,
        "elevator_inspection": 8,
        "fire_check": 3,
        "fire_maintenance": 3,
        "water_and_power_walk": 1,
        "fire_drill": 1,
        "rescue_drill": 1,
    }
    empty = Site(id="demo", name=demo.sites[0].name, buildings=demo.sites[0].buildings)
    assert all(units_of(duty, [empty], []) == [] for duty in book.duties.values())


def test_a_folder_without_the_file_has_no_duties(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "duties.toml", "")
    (folder / "duties.toml").unlink()
    assert load_config(folder, kinds()).duties == DutyBook()


DUTY = """
[[duty]]
id = "maintenance"
title = { en = "a", zh-Hans = "b", zh-Hant = "c" }
per = "device"
kinds = ["elevator"]
every = { days = 15 }
ahead = "3d"
template = "maintenance"
source = { en = "a standard", zh-Hans = "b", zh-Hant = "c" }
"""
REVIEW = """
[[review]]
duty = "maintenance"
rules = ["elevator.stopped"]
template = "fault_review"
source = { en = "a habit", zh-Hans = "b", zh-Hant = "c" }
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "problem", "remedy"),
    [
        ("ahead", "ahed", "duty[0].ahed", "unknown key", "Did you mean 'ahead'?"),
        ('"device"', '"devise"', "duty[0].per", "devise", "'device'"),
        ('["elevator"]', '["elevatr"]', "duty[0].kinds", "unknown kind", "'elevator'"),
        ('["elevator"]', "[]", "duty[0].kinds", "does not say whose", "Name the kinds"),
        ("{ days = 15 }", "{ days = 15, weeks = 1 }", "duty[0].every", "one length", "{ days = 15 }"),
        ("{ days = 15 }", "{}", "duty[0].every", "one length", "{ days = 15 }"),
        ("{ days = 15 }", "{ days = 0 }", "duty[0].every.days", ">= 1", "number"),
        ('"3d"', '"15d"', "duty[0].ahead", "within the cycle", "whole days"),
        ('"3d"', '"36h"', "duty[0].ahead", "within the cycle", "whole days"),
        ('"3d"', '"0d"', "duty[0].ahead", "within the cycle", "whole days"),
        ('ahead = "3d"', 'ahead = "3d"\nat = "8 am"', "duty[0].at", "not a time of day", "08:00"),
        ('"maintenance"\nsource', '"maintenence"\nsource', "duty[0].template", "unknown template", "'maintenance'"),
        ('en = "a standard"', 'en = " "', "duty[0].source", "empty", "standard"),
        ('per = "device"', 'per = "building"\ndevices = ["E-01"]', "duty[0].devices", "no device", "Leave them out"),
        ('id = "maintenance"', 'id = "main.tenance"', "duty[0].id", "cannot be", "letters"),
        ('duty = "maintenance"', 'duty = "maintenence"', "review[0].duty", "unknown duty", "'maintenance'"),
        ('"elevator.stopped"', '"elevator.stoped"', "review[0].rules", "unknown rule", "'elevator.stopped'"),
        ('"elevator.stopped"', '"hydrant.low"', "review[0].rules", "about no device", "Leave it out"),
        ('["elevator.stopped"]', "[]", "review[0].rules", "empty", "Name the rules"),
        (
            '{ en = "a habit", zh-Hans = "b", zh-Hant = "c" }',
            '{ en = "a habit", zh-Hans = "b", zh-Hant = "c" }\nshorten_to = 1.5',
            "review[0].shorten_to",
            "< 1",
            "number",
        ),
        (
            '{ en = "a habit", zh-Hans = "b", zh-Hant = "c" }',
            '{ en = "a habit", zh-Hans = "b", zh-Hant = "c" }\nfailures = 1',
            "review[0].failures",
            ">= 2",
            "number",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, old: str, new: str, place: str, problem: str, remedy: str
) -> None:
    written = DUTY + REVIEW
    assert old in written
    folder = folder_with(tmp_path, "duties.toml", written.replace(old, new, 1))
    with pytest.raises(ConfigError) as refused:
        load_config(folder, kinds())
    told = [one for one in mistakes(refused.value) if one.place == place]
    assert told, mistakes(refused.value)
    assert told[0].file == "duties.toml"
    assert problem in told[0].problem
    assert remedy in told[0].remedy


def test_two_duties_of_one_name_and_a_rule_that_two_reviews_count_are_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "duties.toml", DUTY + DUTY + REVIEW + REVIEW)
    with pytest.raises(ConfigError) as refused:
        load_config(folder, kinds())
    assert {one.place for one in mistakes(refused.value)} == {"duty[1].id", "review[1].rules"}


def test_a_duty_of_a_building_is_nobodys_to_shorten(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "duties.toml", DUTY.replace('"device"', '"building"') + REVIEW)
    with pytest.raises(ConfigError, match="no duty of devices"):
        load_config(folder, kinds())


@pytest.mark.parametrize("per", Per)
def test_every_kind_of_unit_is_used_by_what_ships(book: DutyBook, per: Per) -> None:
    assert any(duty.per is per for duty in book.duties.values())
