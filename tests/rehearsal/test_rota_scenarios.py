"""Rounds and duties in scenarios: what goes otherwise is told, and a wrong name is refused with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import kinds
from domain.errors import ConfigError
from tests.rehearsal.test_scenarios import CONFIG, KINDS
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.config_scenarios import load_scenario
from watchkeeper.rehearsal.script import Play

HEAD = """
title = { en = "t", zh-Hans = "t", zh-Hant = "t" }
stands_for = "a habit"
begins = 2026-03-02T21:50:00
devices = ["HY-01"]
routes = ["R-01"]
duties = ["fire_check", "elevator_maintenance"]
"""
WALK = """
[[step]]
do = "walk"
at = "22:00"
route = "R-01"
guard = "guard-1"
points = ["CP-01", "CP-02"]
"""
EXPECT = """
[[step]]
do = "expect"
after = "5s"
"""


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_config(CONFIG, dict(kinds()))


def file_with(tmp_path: Path, written: str) -> Path:
    """A scenario file."""
    path = tmp_path / "own.toml"
    path.write_text(HEAD + written, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("expected", "missed"),
    [
        (
            'rounds = [{ route = "R-01", starts = "22:00", state = "completed" }]',
            "state is running, expected completed",
        ),
        ('rounds = [{ route = "R-01", starts = "22:00", findings = ["late"] }]', "findings is ()"),
        ('rounds = [{ route = "R-01", starts = "20:00" }]', "there is no round R-01 at 20:00"),
        ('days = [{ route = "R-01", day = 2026-03-02, due = 1 }]', "due is 0, expected 1"),
        ('duties = [{ duty = "fire_check", unit = "T1", state = "open" }]', "state is waiting, expected open"),
        ('duties = [{ duty = "fire_check", unit = "T1", due = 2026-04-03 }]', "due is 2026-04-02"),
        ('duties = [{ duty = "fire_check", unit = "T2" }]', "there is no duty fire_check of T2"),
    ],
)
def test_what_goes_otherwise_is_told(expected: str, missed: str, tmp_path: Path, configuration: Configuration) -> None:
    script = load_scenario(file_with(tmp_path, WALK + EXPECT + expected), CONFIG, KINDS, configuration)
    problems = [problem for played in Play(script, KINDS, configuration).run() for problem in played.problems]
    assert any(missed in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ('routes = ["R-01"]', 'routes = ["R-1"]', "routes", "Did you mean"),
        ('"fire_check", ', '"fire_chek", ', "duties", "Did you mean 'fire_check'?"),
        ('route = "R-01"', 'route = "R-02"', "step[0].route", "Did you mean 'R-01'?"),
        ('"CP-02"]', '"CP-22"]', "step[0].points", "Did you mean"),
        ('starts = "22:00"', 'starts = "25:00"', "step[1].rounds[0].starts", 'Write it like "02:00"'),
        ('duty = "fire_check"', 'duty = "fire_chek"', "step[1].duties[0].duty", "Did you mean 'fire_check'?"),
    ],
)
def test_a_wrong_name_is_refused_with_place_and_remedy(
    old: str, new: str, place: str, remedy: str, tmp_path: Path, configuration: Configuration
) -> None:
    expected = (
        EXPECT + 'rounds = [{ route = "R-01", starts = "22:00" }]\nduties = [{ duty = "fire_check", unit = "T1" }]'
    )
    path = file_with(tmp_path, WALK + expected)
    path.write_text(path.read_text().replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_scenario(path, CONFIG, KINDS, configuration)
    mistakes = getattr(refused.value, "errors", (refused.value,))
    assert any(one.place == place and remedy in one.remedy for one in mistakes), mistakes
