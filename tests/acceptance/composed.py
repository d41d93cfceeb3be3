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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.acceptance.machine import cli
from tests.services import REPOSITORY, free_port, require

SECRETS = {"POSTGRES_PASSWORD": "p", "INFLUXDB_TOKEN": "t", "INFLUXDB_PASSWORD": "i", "GRAFANA_PASSWORD": "g"}


def composed_services() -> dict[str, Any]:
    """The file's services, its variables filled as compose does from .env."""
    text = (REPOSITORY / "docker-compose.yml").read_text()
    filled = re.sub(r"\$\{(\w+)[^}]*\}", lambda match: SECRETS[match[1]], text)
    services: dict[str, Any] = yaml.safe_load(filled)["services"]
    return services


class Installation:
    """The composed services on this machine."""

    def __init__(
        self, services: Mapping[str, Any], folder: Path, postgres: str, influx: str, edited: Mapping[str, str] = {}
    ) -> None:
        """`edited` are variables that an operator changed in the file."""
        self.services, self.folder, self._edited = services, folder, edited
        self.mqtt_port, self.http_port = free_port(), free_port()
        self._postgres, self._influx = postgres, influx

    def environment(self, service: str) -> dict[str, str]:
        composed = {**self.services[service]["environment"], **self._edited}
        return {key: self._here(key, str(value)) for key, value in composed.items()}

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
            process.wait(timeout=60)

    def run(self, service: str, *words: str) -> str:
        """`docker compose run`: a command with a service's environment, to its end; what it said."""
        environment = {key: value for key, value in self.environment(service).items() if value}
        return cli(*(words or self.words(service)), environment=environment).stdout

    def login(self, account: str) -> tuple[str, str]:
        """User name and password of a broker account."""
        lines = self.run("prepare", "broker", "show", account).splitlines()
        username, password = (line.split("=", 1)[1] for line in lines)
        return username, password

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
            process.wait(timeout=60)
