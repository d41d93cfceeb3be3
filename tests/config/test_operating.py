"""What operators are given fits the product: alert rules name metrics that exist, units start commands that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import prometheus_client
import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

import alerting.metrics  # noqa: F401  the metrics of each role, whatever other tests imported
import api.app  # noqa: F401
import ingest.metrics  # noqa: F401
from adapters.ledger import ledger_key, open_ledger
from api.parts import PartStatus
from api.promises import parts_ready, promises
from domain.instants import from_ms
from tests.services import REPOSITORY
from watchkeeper.cli import app
from watchkeeper.settings import Settings

RULES = yaml.safe_load((REPOSITORY / "config" / "prometheus-rules.yml").read_text())
UNITS = sorted((REPOSITORY / "config" / "systemd").glob("*.service"))
GUIDE = (REPOSITORY / "docs" / "operate.md").read_text()

_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
_NAME = re.compile(r"\bwatchkeeper_[a-z_]+")


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every metric of ours and its type."""
    folder = tmp_path_factory.mktemp("ledger")
    ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite", key=ledger_key(folder), anchors=folder / "anchors")
    with ledger.read() as rows:
        asked = [*promises(rows, from_ms(0), None), parts_ready([PartStatus("ledger", True)])]
    ledger.close()
    found = [*prometheus_client.REGISTRY.collect(), *asked]
    return {each.name: each.type for each in found if each.name.startswith("watchkeeper_")}


def samples(families: dict[str, str]) -> set[str]:
    return {name + suffix for name, type_ in families.items() for suffix in _SUFFIXES[type_]}


def alerts() -> Iterator[dict[str, str]]:
    for group in RULES["groups"]:
        yield from group["rules"]


def test_every_metric_in_an_alert_rule_exists(families: dict[str, str]) -> None:
    known = samples(families)
    unknown = {name for alert in alerts() for name in _NAME.findall(alert["expr"])} - known
    assert unknown == set()


def test_every_alert_says_something_and_has_a_name_of_its_own() -> None:
    names = [alert["alert"] for alert in alerts()]
    assert len(names) == len(set(names))
    assert all(alert["annotations"]["summary"] for alert in alerts())  # type: ignore[index]


def test_the_guide_explains_every_metric_and_names_no_other(families: dict[str, str]) -> None:
    told = set(_NAME.findall(GUIDE))
    named = {name + ("_total" if type_ == "counter" else "") for name, type_ in families.items()}
    assert named - told == set()
    assert told - named - samples(families) == set()


def test_the_guide_explains_every_alert() -> None:
    assert {alert["alert"] for alert in alerts()} - set(re.findall(r"Watchkeeper[A-Z]\w+", GUIDE)) == set()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists_with_settings_that_exist(unit: Path) -> None:
    text = unit.read_text()
    command = re.search(r"^ExecStart=\S+/watchkeeper (.+)$", text, re.MULTILINE)
    assert command is not None
    words = command[1].split()
    helped = CliRunner().invoke(app, [words[0], "--help"])
    assert helped.exit_code == 0
    known = {f"WATCHKEEPER_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"WATCHKEEPER_[A-Z_]+", text)) <= known
