"""The composition of docker-compose.yml, where no Docker engine runs: the same commands, environment and config files
as processes of this machine, with Debian's Mosquitto, PostgreSQL and InfluxDB in the servers' places.

What differs from a container is listed in `_here`: addresses, folders, and InfluxDB 1 as Debian ships it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.acceptance.machine import cli, eventually
from tests.influx_fixtures import InfluxServer
from tests.services import REPOSITORY, free_port, require

SECRETS = {"POSTGRES_PASSWORD": "p", "INFLUXDB_TOKEN": "t", "INFLUXDB_PASSWORD": "i", "GRAFANA_PASSWORD": "g"}


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    """The file, with its variables filled as compose does from .env."""
    text = (REPOSITORY / "docker-compose.yml").read_text()
    filled = re.sub(r"\$\{(\w+)[^}]*\}", lambda match: SECRETS[match[1]], text)
    composed: dict[str, Any] = yaml.safe_load(filled)
    return composed


class Installation:
    """The composed services on this machine."""

    def __init__(self, services: Mapping[str, Any], folder: Path, postgres: str, influx: str) -> None:
        self.services, self.folder = services, folder
        self.mqtt_port, self.http_port = free_port(), free_port()
        self._postgres, self._influx = postgres, influx

    def environment(self, service: str) -> dict[str, str]:
        return {key: self._here(key, str(value)) for key, value in self.services[service]["environment"].items()}

    def _here(self, key: str, value: str) -> str:
        changed = {
            "WATCHKEEPER_DATA": str(self.folder / "state"),
            "WATCHKEEPER_MQTT_HOST": "127.0.0.1",
            "WATCHKEEPER_MQTT_PORT": str(self.mqtt_port),
            "WATCHKEEPER_LEDGER_URL": self._postgres,
            "WATCHKEEPER_HISTORY_URL": self._influx,
            "WATCHKEEPER_HISTORY_MODE": "v1",
            "WATCHKEEPER_HISTORY_ORG": "",
            "WATCHKEEPER_HISTORY_TOKEN": "",
            "WATCHKEEPER_HTTP_HOST": "127.0.0.1",
            "WATCHKEEPER_HTTP_PORT": str(self.http_port),
            "WATCHKEEPER_METRICS_HOST": "127.0.0.1",
            "WATCHKEEPER_METRICS_PORT": str(free_port()),
        }
        return changed.get(key, value)

    def words(self, service: str) -> list[str]:
        """The service's command, its volumes in our folder."""
        return [
            word.replace("/broker-accounts", str(self.folder / "accounts"))
            for word in self.services[service]["command"]
        ]

    @contextmanager
    def running(self, service: str) -> Iterator[subprocess.Popen[bytes]]:
        environment = {key: value for key, value in self.environment(service).items() if value}
        with (self.folder / f"{service}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "watchkeeper", *self.words(service)],
                cwd=REPOSITORY,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=15)

    @contextmanager
    def mosquitto(self) -> Iterator[None]:
        """Debian's Mosquitto with the shipped configuration, its folders and port in our places."""
        text = (REPOSITORY / "config" / "mosquitto.conf").read_text()
        data = self.folder / "broker-data"
        data.mkdir()
        text = text.replace("listener 1883", f"listener {self.mqtt_port} 127.0.0.1")
        text = text.replace("/mosquitto/accounts", str(self.folder / "accounts")).replace("/mosquitto/data", str(data))
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(f"{text}user root\n")
        with (self.folder / "mosquitto.log").open("wb") as log:
            process = subprocess.Popen([require("mosquitto"), "-c", str(configuration)], stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=10)


@pytest.fixture
def installation(
    composition: dict[str, Any], tmp_path: Path, new_database: Callable[[str], str], influx_server: InfluxServer
) -> Installation:
    return Installation(composition["services"], tmp_path, new_database("composed"), influx_server.url)


def test_the_composed_roles_carry_a_press_from_a_device_to_the_api_and_the_history(installation: Installation) -> None:
    environment = {key: value for key, value in installation.environment("prepare").items() if value}
    prepared = cli(*installation.words("prepare"), environment=environment)
    assert "sign in as admin" in prepared.stdout
    assert cli(*installation.words("prepare"), environment=environment).stdout == prepared.stdout

    with ExitStack() as running:
        running.enter_context(installation.mosquitto())
        for role in ("ingest", "alerting", "api", "simulators"):
            running.enter_context(installation.running(role))
        address = f"http://127.0.0.1:{installation.http_port}"
        eventually(lambda: httpx.get(f"{address}/readyz").json()["ready"], within=30)
        token = cli("token", "create", "--role", "engineer", environment=environment).stdout.strip()
        api = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"})

        login = cli("broker", "show", "demo.E-04", environment=environment).stdout.splitlines()
        username, password = (line.split("=", 1)[1] for line in login)
        command = [
            require("mosquitto_pub"),
            "-p",
            str(installation.mqtt_port),
            "-q",
            "1",
            "-u",
            username,
            "-P",
            password,
        ]
        command += [
            "-t",
            "wk/v1/demo/elevator/E-04/event",
            "-m",
            '{"values": {"alarm_button": true, "door": "closed"}}',
        ]
        subprocess.run(command, check=True, timeout=10)
        alarm = eventually(lambda: api.get("/api/v1/alarms?device=E-04").json()["items"])[0]
        assert alarm["rule"] == "elevator.entrapment_call"
        assert alarm["work_order"]
        stored = eventually(lambda: api.get("/api/v1/history/demo/E-04?metric=alarm_button").json()["items"])
        assert True in [point["value"] for point in stored]
    assert "ledger is sound" in cli("ledger", "verify", environment=environment).stdout


def test_containers_are_not_root_cannot_write_their_system_and_publish_on_loopback_alone(
    composition: dict[str, Any],
) -> None:
    for name, service in composition["services"].items():
        if "build" in service:
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
        assert ":" in service["image"], name
        assert not service["image"].endswith(":latest"), name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), (name, port)
    assert re.search(r"^USER \d+:\d+$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)


def test_every_secret_of_the_composition_is_in_the_example_and_none_has_a_default() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert all(f"${{{name}:?" in text for name in asked)
    given = {line.split("=")[0] for line in (REPOSITORY / ".env.example").read_text().splitlines() if "=" in line}
    assert asked == given == set(SECRETS)
