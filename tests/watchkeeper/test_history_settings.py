"""Settings of the history: what belongs together is asked for, what contradicts is refused with its remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDBHistory
from adapters.history.influxdb import InfluxHistory, Mode
from domain.errors import ConfigError, SpoolUnavailable
from tests.influx_fixtures import InfluxServer
from watchkeeper.composition import influx_address, open_history, open_spool, prepare_history
from watchkeeper.settings import load_settings

URL = "http://localhost:8086"
V2 = {"HISTORY": "influxdb", "HISTORY_URL": URL, "HISTORY_ORG": "house", "HISTORY_TOKEN": "its-own-secret"}
V1 = {"HISTORY": "influxdb", "HISTORY_URL": URL, "HISTORY_MODE": "v1"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("WATCHKEEPER_"):
            monkeypatch.delenv(name)


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"WATCHKEEPER_{name}", value)


@pytest.mark.parametrize(
    ("values", "place", "told"),
    [
        ({"HISTORY": "influxdb"}, "history_url", "needs an address"),
        ({"HISTORY_URL": URL}, "history_url", "embedded history has no server"),
        ({"HISTORY_TOKEN": "t"}, "history_token", "--history influxdb"),
        ({**V2, "HISTORY_URL": "http://me:secret@localhost"}, "history_url", "pattern"),
        ({**V2, "HISTORY_TOKEN": ""}, "history_token", "WATCHKEEPER_HISTORY_TOKEN"),
        ({"HISTORY": "influxdb", "HISTORY_URL": URL}, "history_org", "WATCHKEEPER_HISTORY_MODE=v1"),
        ({**V2, "HISTORY_USERNAME": "ingest"}, "history_username", "HISTORY_MODE=v1"),
        ({**V2, "HISTORY_MEMORY_MIB": "256"}, "history_memory_mib", "its own limits"),
        ({**V1, "HISTORY_ORG": "house"}, "history_org", "HISTORY_MODE=v2"),
        ({**V1, "HISTORY_USERNAME": "ingest"}, "history_password", "Set both"),
        ({**V2, "HISTORY_BUCKET": 'a"b'}, "history_bucket", "pattern"),
        ({"SPOOL_MIB": "-1"}, "spool_mib", "greater than or equal to 0"),
    ],
)
def test_contradictions_are_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], place: str, told: str
) -> None:
    set_all(monkeypatch, values)
    with pytest.raises(ConfigError, match=told) as refused:
        load_settings()
    assert refused.value.place == place


def test_the_history_that_is_named_is_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    embedded = open_history(load_settings(data=tmp_path))
    assert isinstance(embedded, DuckDBHistory)
    embedded.close()
    set_all(monkeypatch, V2)
    settings = load_settings(data=tmp_path)
    server = open_history(settings)
    assert isinstance(server, InfluxHistory)
    server.close()
    address = influx_address(settings)
    assert (address.mode, address.bucket, address.org, address.token) == (
        Mode.V2,
        "watchkeeper",
        "house",
        "its-own-secret",
    )
    assert "its-own-secret" not in repr(address) + repr(settings)


def test_a_1x_is_prepared_and_proved_by_a_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, influx_server: InfluxServer
) -> None:
    set_all(monkeypatch, {**V1, "HISTORY_URL": influx_server.url, "HISTORY_BUCKET": "prepared"})
    settings = load_settings(data=tmp_path, history_retention_days=30)
    for _ in range(2):
        assert prepare_history(settings) == "database prepared is ready; it keeps 30 days; a probe was written"


def test_each_ingest_has_a_spool_of_its_own_and_may_have_none(tmp_path: Path) -> None:
    settings = load_settings(data=tmp_path)
    first, replica = open_spool(settings, 0), open_spool(settings, 1)
    second = open_spool(load_settings(data=tmp_path, mqtt_client_suffix="1"), 0)
    assert first is not None
    assert replica is not None
    assert second is not None
    assert first.limit_bytes == 512 * 1024 * 1024
    with pytest.raises(SpoolUnavailable):
        open_spool(settings, 0)
    assert open_spool(load_settings(data=tmp_path, spool_mib=0), 0) is None
    replica.close()
    first.close()
    second.close()
