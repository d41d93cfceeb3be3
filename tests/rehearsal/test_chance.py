"""Days of chance: whatever devices, people and troubles do, what alerting promises holds after every step.

`WATCHKEEPER_SEEDS` says how many seeds are played; `watchkeeper rehearse` plays more, and one again.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from typer.testing import CliRunner

from alerting import turn
from alerting.desk import Desk
from alerting.memory import DeviceMemory
from devices.registry import kinds
from simulators.troubles import PAINLESS
from tests.services import REPOSITORY
from watchkeeper.cli import app
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.rehearsal.audit import Broken
from watchkeeper.rehearsal.day import Course, Day
from watchkeeper.rehearsal.ledgers import LedgerType
from watchkeeper.rehearsal.seeds import play_seeds

CONFIG = REPOSITORY / "config"
KINDS = dict(kinds())
SEEDS = int(os.environ.get("WATCHKEEPER_SEEDS", "3"))
CALM = Course(days=0.25, devices=26, troubles=frozenset())
CRASHING = Course(days=0.25, devices=26, troubles=PAINLESS)

Announced = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_config(CONFIG, KINDS)


@pytest.mark.timeout(120 + 60 * SEEDS)
def test_whatever_happens_in_a_day_what_is_promised_holds() -> None:
    played = list(play_seeds(range(1, SEEDS + 1), Course(), CONFIG, jobs=2))
    assert [result.broken for result in played if result.broken] == []
    judged = [result.outcome.messages for result in played if result.outcome is not None]
    assert len(judged) == SEEDS
    assert min(judged) > 5_000


@pytest.mark.parametrize("seed", [1, 2])
def test_crashes_and_messages_that_come_again_change_nothing_that_rules_tell(
    seed: int, configuration: Configuration
) -> None:
    undisturbed = announced(seed, CALM, configuration)
    disturbed = announced(seed, CRASHING, configuration)
    assert undisturbed
    assert disturbed == undisturbed


def test_a_seed_plays_the_same_day_again(configuration: Configuration) -> None:
    course = Course(days=0.1, devices=26)
    first, second = (Day(3, course, KINDS, configuration).run() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("seed", [2, 3])
def test_a_seed_plays_the_same_day_over_every_ledger(seed: int, configuration: Configuration) -> None:
    played = [
        Day(seed, Course(days=0.25, devices=26, ledger=ledger), KINDS, configuration).run() for ledger in LedgerType
    ]
    assert sum(played[0].events.values()) > 100
    assert all(outcome == played[0] for outcome in played)


def announced(seed: int, course: Course, configuration: Configuration) -> Announced:
    """How often each rule called somebody for each device.

    Silence counts from a start, so it may differ, and with it what is told of several devices together.
    """
    told = Day(seed, course, KINDS, configuration).run().told
    return Counter(
        (device, rule)
        for device, news in told.items()
        for type_, rule in news
        if device and type_ != "alarm.returned" and not rule.endswith(".silent")
    )


# --- the audit notices what it is there for ---


def test_memory_that_is_lost_in_a_crash_is_noticed(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(rows: object, roster: object) -> dict[tuple[str, str], DeviceMemory]:
        return {}

    expected = announced(1, CALM, configuration)
    monkeypatch.setattr(turn, "recall", forget)
    with_loss: Announced | Broken
    try:
        with_loss = announced(1, CRASHING, configuration)
    except Broken as broken:
        with_loss = broken
    assert with_loss != expected


def test_a_life_safety_alarm_that_is_not_raised_is_noticed(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate = Desk.activate

    def drop(desk: Desk, tx: Any, activation: Any, *more: Any) -> Any:
        return None if activation.rule.life_safety else activate(desk, tx, activation, *more)

    monkeypatch.setattr(Desk, "activate", drop)
    with pytest.raises(Broken, match="was not raised"):
        Day(1, Course(days=1.0, devices=26, troubles=frozenset()), KINDS, configuration).run()


def test_a_deadline_that_nobody_acts_on_is_noticed(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "run_clocks", lambda *_, **__: 0)
    with pytest.raises(Broken, match="nobody acted on a deadline"):
        Day(1, CALM, KINDS, configuration).run()


def test_the_command_plays_seeds_and_says_how_to_play_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    small = ["rehearse", "--seeds", "1", "--days", "0.02", "--devices", "13", "--jobs", "1"]
    good = CliRunner().invoke(app, small)
    assert good.exit_code == 0
    assert "1 of 1 seeds held" in good.output
    monkeypatch.setattr(Day, "run", lambda _: (_ for _ in ()).throw(Broken("a promise")))
    bad = CliRunner().invoke(app, [*small, "--first", "7"])
    assert bad.exit_code != 0
    assert "watchkeeper rehearse --first 7 --seeds 1 --days 0.02 --devices 13 --every 10" in bad.output
