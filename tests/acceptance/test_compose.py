"""The shipped composition: it carries an alarm from end to end, and gives away nothing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.acceptance.composed import SECRETS, Installation, composed_services
from tests.acceptance.machine import eventually
from tests.influx_fixtures import InfluxServer
from tests.services import REPOSITORY, require


@pytest.fixture
def installation(tmp_path: Path, new_database: Callable[[str], str], influx_server: InfluxServer) -> Installation:
    return Installation(composed_services(), tmp_path, new_database("composed"), influx_server.url)


def test_the_composed_roles_carry_a_press_from_a_device_to_the_api_and_the_history(installation: Installation) -> None:
    prepared = installation.run("prepare")
    assert "sign in as admin" in prepared
    assert installation.run("prepare") == prepared

    with ExitStack() as running:
        running.enter_context(installation.mosquitto())
        for role in ("ingest", "alerting", "api", "simulators"):
            running.enter_context(installation.running(role))
        address = f"http://127.0.0.1:{installation.http_port}"
        eventually(lambda: httpx.get(f"{address}/readyz").json()["ready"])
        token = installation.run("prepare", "token", "create", "--role", "engineer").strip()
        api = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"})

        username, password = installation.login("demo.E-04")
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
        subprocess.run(command, check=True, timeout=60)
        alarm = eventually(lambda: api.get("/api/v1/alarms?device=E-04").json()["items"])[0]
        assert alarm["rule"] == "elevator.entrapment_call"
        assert alarm["work_order"]
        stored = eventually(lambda: api.get("/api/v1/history/demo/E-04?metric=alarm_button").json()["items"])
        assert True in [point["value"] for point in stored]
    assert "ledger is sound" in installation.run("prepare", "ledger", "verify")


def test_containers_are_not_root_cannot_write_their_system_and_publish_on_loopback_alone() -> None:
    for name, service in composed_services().items():
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
