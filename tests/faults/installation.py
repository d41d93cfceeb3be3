"""An installation as a property company runs it: Mosquitto with the shipped configuration, PostgreSQL, InfluxDB behind
a network that can hang, and each role a process of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.acceptance.machine import Reach, cli, eventually
from tests.acceptance.property import DEMO_PROPERTY
from tests.faults.relay import Relay
from tests.faults.servers import Mosquitto, PostgresServer, postgres_server, role
from tests.influx_fixtures import InfluxServer
from tests.services import REPOSITORY, free_port, require

HOLD_SECONDS = 3
"""After so long a lamp that does not burn is an alarm here."""
RESPOND_SECONDS = 4
"""What is promised here with a fire: so a fault can cover a clock's end."""

_HOLD = f"""
[[override]]
rule = "lighting.dark"
on_delay = "{HOLD_SECONDS}s"
reason = "a deadline that falls into a fault of seconds"
"""
_RESPOND = '{ clock = "respond", within = "60s" }'


class Installation(Reach):
    """The parts, each to be killed and started by itself."""

    def __init__(self, folder: Path, postgres: PostgresServer, influx: InfluxServer, relay: Relay) -> None:
        super().__init__(folder / "state", free_port(), free_port())
        self.postgres, self.influx, self.network = postgres, influx, relay
        self._metrics = {name: free_port() for name in ("ingest", "alerting")}
        self.ingest = role("ingest", folder / "ingest.log", self._metrics_port("ingest"))
        self.alerting = role("alerting", folder / "alerting.log", self._metrics_port("alerting"))
        self.api_server = role("api", folder / "api.log", {})
        self.broker: Mosquitto

    def _metrics_port(self, name: str) -> dict[str, str]:
        return {"WATCHKEEPER_METRICS_PORT": str(self._metrics[name])}

    def metric(self, role_name: str, name: str) -> float:
        """One metric of a role, as Prometheus reads it."""
        text = httpx.get(f"http://127.0.0.1:{self._metrics[role_name]}/metrics", timeout=5).text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


@contextmanager
def production(folder: Path, environment: pytest.MonkeyPatch) -> Iterator[Installation]:
    """All parts running and ready. Children and the command line find the settings in the environment."""
    with ExitStack() as parts:
        postgres = parts.enter_context(postgres_server())
        influx = InfluxServer(folder / "influx")
        parts.callback(influx.kill)
        influx.start()
        relay = parts.enter_context(Relay(urlsplit(influx.url).port or 0).running())
        installation = Installation(folder, postgres, influx, relay)
        for name, value in {
            "DATA": str(installation.data),
            "CONFIG": str(_quick_config(folder / "config")),
            "BROKER": "external",
            "MQTT_PORT": str(installation.mqtt_port),
            "HTTP_PORT": str(installation.http_port),
            "LEDGER_URL": postgres.url,
            "HISTORY": "influxdb",
            "HISTORY_URL": f"http://127.0.0.1:{relay.port}",
            "HISTORY_MODE": "v1",
        }.items():
            environment.setenv(f"WATCHKEEPER_{name}", value)
        require("mosquitto")
        cli("prepare", "--property", str(DEMO_PROPERTY), "--broker-accounts", str(folder / "accounts"))
        installation.broker = Mosquitto(folder, installation.mqtt_port)
        for part in (installation.broker, installation.ingest, installation.alerting, installation.api_server):
            parts.callback(part.stop)
            part.start()
        eventually(lambda: installation.ready()["ready"], within=60)
        yield installation


def _quick_config(folder: Path) -> Path:
    """The shipped config with deadlines that fall into a fault of seconds."""
    shutil.copytree(REPOSITORY / "config", folder)
    rules, orders = folder / "rules.toml", folder / "orders.toml"
    rules.write_text(rules.read_text() + _HOLD)
    text = orders.read_text()
    assert _RESPOND in text[: text.index('name = "entrapment"')], "the fire template promises something else by now"
    orders.write_text(text.replace(_RESPOND, _RESPOND.replace("60s", f"{RESPOND_SECONDS}s"), 1))
    return folder
