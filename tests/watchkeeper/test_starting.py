"""Starting with files that have a mistake: what was in force goes on, people are told, and a first start refuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.ledger import SqlLedger
from alerting.desk import Desk
from alerting.refused_config import CONFIG_REFUSED, RefusedConfig
from domain.alarms import Alarm
from domain.errors import ConfigError
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import AlarmFilter
from tests.alerting.desk.scene import Scene, open_in
from tests.services import REPOSITORY
from watchkeeper.composition import put_in_force
from watchkeeper.settings import Settings, load_settings
from watchkeeper.starting import mistake_in, starting_config

SYSTEM = Actor(ActorType.TIMER, "watchkeeper", Role.ADMIN)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    return load_settings(data=tmp_path, config=tmp_path / "config")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    ledger = open_in(tmp_path)
    Scene(ledger).furnish()
    yield ledger
    assert ledger.verify() == []
    ledger.close()


def spoil(settings: Settings) -> None:
    (settings.config / "rules.toml").write_text("[[override]]\nrule = 7\n", encoding="utf-8")


def test_a_first_start_refuses_files_with_a_mistake(settings: Settings, ledger: SqlLedger) -> None:
    spoil(settings)
    with pytest.raises(ConfigError, match=r"rules\.toml"):
        starting_config(settings, ledger)


def test_a_later_start_goes_on_with_what_was_in_force(settings: Settings, ledger: SqlLedger) -> None:
    good = starting_config(settings, ledger)
    assert good.refused is None
    put_in_force(ledger, good.configuration, SYSTEM)
    spoil(settings)
    kept = starting_config(settings, ledger)
    assert kept.refused is not None
    assert "rules.toml: override[0]" in kept.refused
    assert kept.configuration.rules == good.configuration.rules
    assert kept.configuration.arrangements == good.configuration.arrangements


def test_every_site_is_told_until_the_files_are_right_again(settings: Settings, ledger: SqlLedger) -> None:
    put_in_force(ledger, starting_config(settings, ledger).configuration, SYSTEM)
    spoil(settings)
    starting = starting_config(settings, ledger)
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    desk = Desk(starting.configuration.templates, starting.configuration.plan)

    def process() -> RefusedConfig:
        return RefusedConfig(ledger, desk, clock, starting.refused, lambda: mistake_in(settings))

    first = process()
    for _ in range(3):
        first.step()
    (alarm,) = told(ledger)
    assert (alarm.rule, alarm.signal_active, alarm.occurrences) == (CONFIG_REFUSED.id, True, 1)
    process().step()  # another process with the same mistake tells nothing new
    assert told(ledger) == [alarm]
    shutil.copy(REPOSITORY / "config" / "rules.toml", settings.config / "rules.toml")
    first.step()
    (over,) = told(ledger)
    assert not over.signal_active


def test_a_start_with_right_files_ends_what_an_earlier_one_told(settings: Settings, ledger: SqlLedger) -> None:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    desk = Desk(starting_config(settings, ledger).configuration.templates)
    RefusedConfig(ledger, desk, clock, "rules.toml: a mistake", lambda: "still").step()
    RefusedConfig(ledger, desk, clock, None, lambda: None).step()
    (alarm,) = told(ledger)
    assert not alarm.signal_active


def told(ledger: SqlLedger) -> list[Alarm]:
    """All alarms."""
    with ledger.read() as rows:
        return list(rows.alarms.page(AlarmFilter(open=None), after=None, most=9).items)
