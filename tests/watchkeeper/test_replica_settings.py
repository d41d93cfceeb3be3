"""Settings of several ingest processes: what contradicts itself is refused by the setting that has to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from domain.errors import ConfigError, Invalid
from watchkeeper.broker_accounts import address_for, ingest_part, ingest_share
from watchkeeper.cli import app
from watchkeeper.draining import drain
from watchkeeper.machine import run_machine
from watchkeeper.settings import Settings, load_settings

INFLUX = {"history": "influxdb", "history_url": "http://localhost:8086", "history_mode": "v1"}


def replicas(**changes: Any) -> Settings:
    """Two of them, as an installation of its own servers has them."""
    return load_settings(**{**INFLUX, "broker": "external", "ingest_replicas": 2, **changes})


@pytest.mark.parametrize(
    ("changes", "place", "remedy"),
    [
        ({"history": "duckdb", "history_url": None, "history_mode": None}, "history", "WATCHKEEPER_HISTORY=influxdb"),
        ({"broker": "embedded"}, "broker", "WATCHKEEPER_BROKER=external"),
        ({"ingest_ordinal": 2}, "ingest_ordinal", "WATCHKEEPER_INGEST_REPLICAS to 3"),
        ({"ingest_replicas": 1, "ingest_ordinal": 1}, "ingest_ordinal", "WATCHKEEPER_INGEST_REPLICAS to 2"),
        ({"ingest_replicas": 65}, "ingest_replicas", "WATCHKEEPER_INGEST_REPLICAS"),
    ],
)
def test_a_contradiction_is_refused_by_the_setting_to_change(changes: dict[str, Any], place: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        replicas(**changes)
    assert refused.value.place == place
    assert remedy in refused.value.remedy


def test_one_machine_has_one_ingest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`run` has one ingest"):
        run_machine(replicas(data=tmp_path), demo=False)


def test_each_ordinal_has_a_session_and_a_spool_of_its_own_and_ordinal_0_those_of_a_lone_ingest(tmp_path: Path) -> None:
    account = {"mqtt_username": "company", "mqtt_password": "secret", "data": tmp_path}
    lone, several = replicas(ingest_replicas=1, **account), replicas(**account)
    names = [address_for(several, "wk-ingest", part=ingest_part(ordinal))[1] for ordinal in range(3)]
    assert len(set(names)) == 3
    assert names[0] == address_for(lone, "wk-ingest")[1]
    assert len({several.spool_folder(ordinal) for ordinal in range(3)}) == 3
    assert several.spool_folder(0) == lone.spool_folder(0) == tmp_path / "spool" / "ingest"


def test_a_share_is_the_same_for_all_replicas_and_cannot_be_guessed_without_the_password(tmp_path: Path) -> None:
    account = {"mqtt_username": "a/b+c#", "data": tmp_path}
    share = ingest_share(replicas(mqtt_password="secret", **account))
    assert share == ingest_share(replicas(mqtt_password="secret", ingest_ordinal=1, **account))
    assert share != ingest_share(replicas(mqtt_password="another", **account))
    _, group, *topic = share.split("/")
    assert (set(group) & set("+#"), topic) == (set(), ["wk", "v1", "#"])


@pytest.mark.parametrize("ordinal", [0, -1, 64])
def test_an_ordinal_that_has_to_stay_or_cannot_be_is_not_taken_out(ordinal: int) -> None:
    with pytest.raises(Invalid, match="Ordinal 0 stays"):
        drain(replicas(), ordinal)


def test_only_an_ingest_is_taken_out() -> None:
    refused = CliRunner().invoke(app, ["serve", "ingest", "api", "--drain", "1"])
    assert refused.exit_code == 2
