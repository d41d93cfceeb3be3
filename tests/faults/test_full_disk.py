"""The disk of the embedded history fills up under a steady flow, and has room again, also after a kill meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, cli, eventually
from tests.acceptance.property import commissioning, quiet_property
from tests.acceptance.sender import Sender
from tests.faults.alarms import FIRE, assert_each_once, fire, raised
from tests.faults.figures import tell
from tests.faults.flow import Flow
from tests.faults.servers import full_disk
from tests.services import require

RATE = 2000
FULL_SECONDS = 3.0
PATIENCE_SECONDS = 120


def history_ready(machine: Machine) -> bool:
    return all(part["ready"] for part in machine.ready()["parts"] if part["part"] in ("history", "ingest"))


def fill_up(machine: Machine, sender: Sender, flow: Flow, detector: str, *, killed: bool) -> None:
    """Until the disk has room again; then everything is as it should be before this returns."""
    victim = machine.process_of("serve", "ingest", "api")
    with full_disk(victim.pid):
        eventually(lambda: not history_ready(machine), within=PATIENCE_SECONDS)
        sender.send([fire(detector)])
        eventually(lambda: raised(machine, FIRE, detector), within=PATIENCE_SECONDS)
        time.sleep(FULL_SECONDS)
        if killed:
            victim.kill()
            victim.wait()
    returned = datetime.now(UTC)
    eventually(lambda: machine.ready()["ready"], within=PATIENCE_SECONDS)
    eventually(lambda: flow.reached(machine, returned), within=PATIENCE_SECONDS)
    seconds = (datetime.now(UTC) - returned).total_seconds()
    tell(f"| disk of DuckDB full{', its process killed meanwhile' * killed} | {seconds:.1f} | |")


@pytest.mark.timeout(900)
def test_a_full_disk_of_the_embedded_history_loses_nothing_and_delays_no_alarm(data: Path) -> None:
    require("mosquitto")
    with quiet_property(data) as machine, commissioning(machine) as sender:
        with Flow(sender, RATE).running() as flow:
            eventually(lambda: flow.reached(machine, flow.start))
            fill_up(machine, sender, flow, "SD-01", killed=False)
            fill_up(machine, sender, flow, "SD-02", killed=True)
        loss = flow.missing(machine)
        assert not loss.acknowledged_at, f"{len(loss.acknowledged_at)} acknowledged messages are missing"
        assert_each_once(machine, ["SD-01", "SD-02"], [])
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout
