"""An installation with the demo's registry and nobody but the test speaking: no simulators."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from tests.acceptance.machine import Machine, Reach, cli, running
from tests.acceptance.sender import Sender
from tests.services import REPOSITORY

DEMO_PROPERTY = REPOSITORY / "config" / "property" / "demo.toml"


@contextmanager
def quiet_property(data: Path) -> Iterator[Machine]:
    """The demo property, registered before the first start, so that its devices have accounts."""
    cli("import", str(DEMO_PROPERTY), "--data", str(data))
    with running(data) as machine:
        yield machine


@contextmanager
def gateway(machine: Machine, name: str = "test-gateway") -> Iterator[Sender]:
    """A connection with the gateway's account, which may speak for the devices behind it."""
    login = machine.credentials("gateway")
    with Sender(machine.mqtt_port, login["MQTT_USERNAME"], login["MQTT_PASSWORD"], name).connected() as sender:
        yield sender


@contextmanager
def commissioning(machine: Reach, name: str = "test-commissioning") -> Iterator[Sender]:
    """A connection with the account of those who set up devices: it may speak for every one of the property."""
    shown = cli("broker", "show", "wk-commissioning.demo", "--data", str(machine.data)).stdout
    login = dict(line.split("=", 1) for line in shown.splitlines())
    with Sender(machine.mqtt_port, login["MQTT_USERNAME"], login["MQTT_PASSWORD"], name).connected() as sender:
        yield sender


def exported(machine: Reach, device: str, start: datetime, end: datetime) -> list[dict[str, str]]:
    """Every stored reading of a range, as the CSV export has it."""
    query = {"start": start.isoformat(), "end": (end + timedelta(milliseconds=1)).isoformat()}
    answer = machine.api("GET", f"/api/v1/history/demo/{device}/export.csv", params=query).raise_for_status()
    return list(csv.DictReader(answer.text.lstrip("\ufeff").splitlines()))
