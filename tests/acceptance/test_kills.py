"""A kill in the middle: what the broker acknowledged is stored once, and every alarm is there once."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.machine import cli, eventually
from tests.acceptance.property import exported, gateway, quiet_property
from tests.acceptance.sender import Message
from tests.services import require

MESSAGES = 6_000
PRESS_AT = {1_500: "a", 4_500: "b"}


def _message(number: int, start_ms: int, device: str) -> Message:
    values = {"load_pct": number % 100, "alarm_button": number in PRESS_AT}
    channel = "event" if number in PRESS_AT else "telemetry"
    body = {"ts": start_ms + number, "values": values}
    return f"wk/v1/demo/elevator/{device}/{channel}", json.dumps(body).encode()


@pytest.mark.parametrize("victim", ["ingest", "alerting"])
def test_a_killed_process_loses_nothing_and_repeats_nothing(data: Path, victim: str) -> None:
    require("mosquitto")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    start_ms = int(start.timestamp() * 1000)
    with quiet_property(data) as machine:
        with gateway(machine) as sender:
            for chunk in range(0, MESSAGES, 200):
                sender.send(_message(number, start_ms, "E-03") for number in range(chunk, chunk + 200))
                if chunk in (1_400, 3_000, 4_400):
                    machine.process_of(victim).kill()
                time.sleep(0.05)  # a steady flow, so that the kill falls into the middle of it
            assert sender.settled(30)
            assert len(sender.acknowledged) == MESSAGES
        end = start + timedelta(milliseconds=MESSAGES)
        rows = eventually(lambda: len(found := exported(machine, "E-03", start, end)) >= MESSAGES and found, within=40)
        assert [float(row["load_pct"]) for row in rows] == [number % 100 for number in range(MESSAGES)]
        alarms = eventually(
            lambda: [a for a in machine.items("/api/v1/alarms?state=all") if a["rule"] == "elevator.entrapment_call"]
        )
        assert len(alarms) == 1
        eventually(lambda: machine.api("GET", f"/api/v1/alarms/{alarms[0]['id']}").json()["occurrences"] == 2)
        orders = [order for order in machine.items("/api/v1/work-orders") if order["device"] == "E-03"]
        assert [order["template"] for order in orders] == ["entrapment"]
        eventually(lambda: machine.ready()["ready"])
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout
