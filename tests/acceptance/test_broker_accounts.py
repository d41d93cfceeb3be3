"""Accounts of devices, while everything runs: adopted, revoked, rotated; and TLS for those on other machines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, cli, eventually, running
from tests.acceptance.property import quiet_property
from tests.services import free_port, require

BODY = '{"values": {"load_pct": 10}}'


def _try(machine: Machine, account: str, device: str, *more: str) -> bool:
    """Whether the broker takes a message from this account."""
    shown = cli("broker", "show", account, "--data", str(machine.data)).stdout
    login = dict(line.split("=", 1) for line in shown.splitlines())
    command = [require("mosquitto_pub"), "-h", "localhost", "-p", str(machine.mqtt_port), "-q", "1", "-m", BODY, *more]
    command += ["-t", f"wk/v1/demo/elevator/{device}/telemetry"]
    command += ["-u", login["MQTT_USERNAME"], "-P", login["MQTT_PASSWORD"]]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def _shown(machine: Machine, account: str) -> int:
    return cli("broker", "show", account, "--data", str(machine.data), check=False).returncode


def test_a_discovered_device_gets_an_account_when_it_is_adopted_and_loses_it_when_revoked(data: Path) -> None:
    require("mosquitto")
    with quiet_property(data) as machine:
        assert _try(machine, "wk-commissioning.demo", "E-99")
        found = eventually(lambda: [each for each in machine.items("/api/v1/devices") if each["id"] == "E-99"])
        assert found[0]["adoption"] == "discovered"
        assert _shown(machine, "demo.E-99") == 4

        machine.api("POST", "/api/v1/devices/demo/E-99/adopt", json={}).raise_for_status()
        eventually(lambda: _shown(machine, "demo.E-99") == 0)
        eventually(lambda: _try(machine, "demo.E-99", "E-99"))

        login = cli("broker", "show", "demo.E-99", "--data", str(data)).stdout
        cli("broker", "revoke", "demo.E-99", "--data", str(data))
        assert _shown(machine, "demo.E-99") == 4
        cli("broker", "rotate", "demo.E-99", "--data", str(data))
        assert cli("broker", "show", "demo.E-99", "--data", str(data)).stdout != login
        eventually(lambda: _try(machine, "demo.E-99", "E-99"))
        refused = cli("broker", "revoke", "wk-alerting", "--data", str(data), check=False)
        assert refused.returncode == 4
        assert "nobody watches" in refused.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key."""
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    command = [
        require("openssl"),
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(chain)]
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


def test_with_a_certificate_devices_speak_tls_and_nothing_else(data: Path, certificate: tuple[Path, Path]) -> None:
    require("mosquitto")
    chain, key = certificate
    tls = ("--mqtt-certificate", str(chain), "--mqtt-key", str(key))
    with running(data, "--demo", *tls, mqtt_port=free_port()) as machine:
        assert _try(machine, "demo.E-03", "E-03", "--cafile", str(chain))
        assert not _try(machine, "demo.E-03", "E-03")
        eventually(lambda: machine.items("/api/v1/alarms?state=all"))


def test_leaving_the_machine_without_tls_is_refused(data: Path) -> None:
    refused = cli("run", "--mqtt-bind", "0.0.0.0", "--data", str(data), check=False)
    assert refused.returncode == 3
    assert "--mqtt-certificate" in refused.stderr
