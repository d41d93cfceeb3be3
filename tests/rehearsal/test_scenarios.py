"""Every shipped scenario goes as it says; what is written wrongly is refused with place and remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from devices.registry import kinds
from domain.errors import ConfigError
from tests.services import REPOSITORY
from watchkeeper.cli import app
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.config_scenarios import load_scenario, shipped_scenarios
from watchkeeper.rehearsal.ledgers import LedgerType
from watchkeeper.rehearsal.script import Play

CONFIG = REPOSITORY / "config"
KINDS = dict(kinds())

HEAD = """
title = { en = "t", zh-Hans = "t", zh-Hant = "t" }
stands_for = "a habit"
begins = 2026-03-02T08:00:00
devices = ["E-03"]
"""
PRESS = """
[[step]]
at = "08:01"
do = "report"
device = "E-03"
channel = "event"
values = { alarm_button = true }
"""
CALLED = """
[[step]]
do = "expect"
alarms = [{ rule = "elevator.entrapment_call", device = "E-03" }]
"""
CALLED_SOON = CALLED.replace("[[step]]", '[[step]]\nafter = "1s"')


def stands_restarts(path: Path) -> bool:
    """Whether the scenario goes the same way over restarts; others say so in their file, and why."""
    return bool(tomllib.loads(path.read_text(encoding="utf-8")).get("restarts", True))


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_config(CONFIG, KINDS)


@pytest.mark.parametrize("path", shipped_scenarios(CONFIG), ids=lambda path: path.stem)
def test_a_shipped_scenario_goes_as_it_says(path: Path, configuration: Configuration) -> None:
    script = load_scenario(path, CONFIG, KINDS, configuration)
    missed = [played for played in Play(script, KINDS, configuration).run() if played.problems]
    assert missed == []


@pytest.mark.parametrize("path", [*filter(stands_restarts, shipped_scenarios(CONFIG))], ids=lambda path: path.stem)
def test_it_goes_the_same_way_when_alerting_is_killed_after_every_line(
    path: Path, configuration: Configuration
) -> None:
    script = load_scenario(path, CONFIG, KINDS, configuration)
    play = Play(script, KINDS, configuration, restarts=True, ledger=LedgerType.MEMORY)
    assert [played for played in play.run() if played.problems] == []


@pytest.mark.parametrize(
    ("written", "missed"),
    [
        (CALLED, "there is no alarm elevator.entrapment_call on E-03"),
        (PRESS + '[[step]]\ndo = "expect"\n', "nobody expected alarm elevator.entrapment_call on E-03"),
        (PRESS + CALLED.replace("}]", ", occurrences = 2 }]"), "occurrences is 1, expected 2"),
        (PRESS + CALLED.replace("}]", ', state = "normal" }]'), "state is unacknowledged, expected normal"),
        (PRESS + CALLED.replace("}]", ', raised = "08:02" }]'), "raised is 08:01:00, expected 08:02:00"),
        (PRESS + CALLED + 'events = { "alarm.raised" = 2 }', "alarm.raised is 1, expected 2"),
        (PRESS + CALLED + "open_orders = 0", "1 work orders are open, expected 0"),
        (PRESS + CALLED + 'orders = [{ template = "fire" }]', "there is no order fire"),
        (
            PRESS + CALLED + 'orders = [{ template = "entrapment", clocks = { arrive = "met", fix = "held" } }]',
            "clock arrive is running, expected met",
        ),
        (PRESS + CALLED.replace("}]", ', standing = "shelved" }]'), "standing is announced, expected shelved"),
        (PRESS + CALLED_SOON.replace("}]", ', next = { whom = "nobody" } }]'), "next is duty_manager, expected nobody"),
        (
            PRESS + CALLED_SOON.replace("}]", ', next = { whom = "duty_manager", at = "08:05" } }]'),
            "next at is 08:04:00, expected 08:05:00",
        ),
        (PRESS + CALLED_SOON + "called = { firm = 1 }", "lin was told 1 times, expected 0"),
        (PRESS + CALLED_SOON + 'notices = [{ to = "chen", times = 1 }]', "0 notices are to=chen, expected 1"),
        (
            PRESS + CALLED_SOON + 'notices = [{ state = "waiting" }]',
            "0 notices are state=waiting, expected at least one",
        ),
        (
            PRESS + CALLED + '[[step]]\ndo = "acknowledge"\nby = "lin"\nrule = "elevator.silent"\n',
            "lin was refused: there is no alarm elevator.silent",
        ),
        (
            PRESS
            + CALLED
            + '[[step]]\ndo = "acknowledge"\nby = "lin"\nrule = "elevator.entrapment_call"\nrefused = true',
            "lin was not refused",
        ),
    ],
)
def test_what_goes_otherwise_is_told(written: str, missed: str, tmp_path: Path, configuration: Configuration) -> None:
    script = load_scenario(_file(tmp_path, HEAD + written), CONFIG, KINDS, configuration)
    problems = [problem for played in Play(script, KINDS, configuration).run() for problem in played.problems]
    assert any(missed in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ('"E-03"]', '"E-33"]', "devices", "Did you mean"),
        ('do = "report"', 'do = "reprot"', "step[0].do", "Did you mean 'report'?"),
        ("alarm_button", "alarm_buton", "step[0].values", "Did you mean 'alarm_button'?"),
        ('at = "08:01"', 'at = "25:01"', "step[0].at", 'Write it like "02:00" or "02:00:30".'),
        ('at = "08:01"', 'at = "08:01"\nafter = "1s"', "step[0]", "Keep one of the two."),
        ('rule = "elevator.entrapment_call"', 'rule = "elevator.call"', "step[1].alarms[0].rule", "Did you mean"),
        ("08:00:00", "08:00:00Z", "begins", "Write it on the site's clock"),
        ('do = "expect"\nalarms', 'do = "expect"\nalarm', "step[1].alarm", "Did you mean 'alarms'?"),
        ('do = "expect"', 'do = "expect"\ncalled = { line = 1 }', "step[1].called", "Did you mean 'lin'?"),
        (
            'do = "expect"',
            'do = "expect"\nnotices = [{ to = "cheng" }]',
            "step[1].notices[0].to",
            "Did you mean 'chen'?",
        ),
        (
            'device = "E-03" }]',
            'device = "E-03", next = { whom = "duty_manger" } }]',
            "step[1].alarms[0].next.whom",
            "Did you mean 'duty_manager'?",
        ),
        (
            "[[step]]\ndo",
            '[[step]]\ndo = "lose_receiver"\nchannel = "mesage"\n[[step]]\ndo',
            "step[1].channel",
            "Did you mean 'message'?",
        ),
        (
            "[[step]]\ndo",
            '[[step]]\ndo = "begin_test"\nby = "lin"\nsecond = "lim"\nlasts = "1h"\nreason = "r"\n[[step]]\ndo',
            "step[1].second",
            "Did you mean 'lin'?",
        ),
        (
            "[[step]]\nat",
            '[[position]]\nname = "manager"\ntitle = { en = "m", zh-Hans = "m", zh-Hant = "m" }\npeople = ["zao"]\n'
            "[[step]]\nat",
            "position[0]",
            "Did you mean 'zhao'?",
        ),
    ],
)
def test_what_is_written_wrongly_is_refused_with_place_and_remedy(
    old: str, new: str, place: str, remedy: str, tmp_path: Path, configuration: Configuration
) -> None:
    written = HEAD + PRESS + CALLED
    assert old in written
    with pytest.raises(ConfigError) as refusal:
        load_scenario(_file(tmp_path, written.replace(old, new)), CONFIG, KINDS, configuration)
    assert (refusal.value.file, refusal.value.place) == ("own.toml", place)
    assert remedy in refusal.value.remedy


def test_a_script_that_expects_nothing_is_refused(tmp_path: Path, configuration: Configuration) -> None:
    with pytest.raises(ConfigError, match="nothing is expected"):
        load_scenario(_file(tmp_path, HEAD + PRESS), CONFIG, KINDS, configuration)


def test_the_command_tells_each_step_and_fails_when_something_is_missed(tmp_path: Path) -> None:
    good = CliRunner().invoke(app, ["scenario", "run", str(_file(tmp_path, HEAD + PRESS + CALLED))])
    assert good.exit_code == 0
    assert "Mon 08:01:00  report device=E-03" in good.output
    assert "passed  own" in good.output
    bad = CliRunner().invoke(app, ["scenario", "run", "--quiet", str(_file(tmp_path, HEAD + CALLED))])
    assert bad.exit_code != 0
    assert "MISSED: there is no alarm" in bad.output


def _file(folder: Path, written: str) -> Path:
    path = folder / "own.toml"
    path.write_text(written, encoding="utf-8")
    return path
