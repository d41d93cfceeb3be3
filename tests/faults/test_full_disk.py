"""The disk of the embedded history fills up under a steady flow, is full when its process dies, and has room again.

Full is what the operating system makes of it: from an instant on, no file of the process may grow beyond a size, so
that writes fail in the middle of whatever DuckDB is doing. It needs no disk of its own and nobody's privileges.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.acceptance.machine import Machine, cli, eventually
from tests.acceptance.property import commissioning, quiet_property
from tests.faults.alarms import FIRE, assert_each_once, fire, raised
from tests.faults.figures import tell
from tests.faults.flow import Flow
from tests.services import require

RATE = 2000
FULL_SECONDS = 3.0
PATIENCE_SECONDS = 120
_LARGEST_FILE_BYTES = 64 * 1024
_DETECTORS = ("SD-01", "SD-02")


@contextmanager
def full_disk(process: psutil.Process) -> Iterator[None]:
    """No file of this process grows any more; afterwards they may again, if it still lives."""
    as_it_was = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, as_it_was[1]))
    try:
        yield
    finally:
        if process.is_running():
            process.rlimit(psutil.RLIMIT_FSIZE, as_it_was)


def history_ready(machine: Machine) -> bool:
    return all(part["ready"] for part in machine.ready()["parts"] if part["part"] in ("history", "ingest"))


@pytest.mark.timeout(900)
def test_a_full_disk_of_the_embedded_history_loses_nothing_and_delays_no_alarm(data: Path) -> None:
    require("mosquitto")
    with quiet_property(data) as machine, commissioning(machine) as sender:
        with Flow(sender, RATE).running() as flow:
            for how, detector in zip(("has room again", "kill -9 while it was full"), _DETECTORS, strict=True):
                time.sleep(2)
                victim = machine.process_of("serve", "ingest", "api")
                with full_disk(victim):
                    eventually(lambda: not history_ready(machine), within=PATIENCE_SECONDS)
                    sender.send([fire(detector)])
                    eventually(lambda detector=detector: raised(machine, FIRE, detector), within=PATIENCE_SECONDS)  # type: ignore[misc]
                    time.sleep(FULL_SECONDS)
                    if how != "has room again":
                        victim.kill()
                        victim.wait()
                returned = datetime.now(UTC)
                eventually(lambda: machine.ready()["ready"], within=PATIENCE_SECONDS)
                eventually(lambda at=returned: flow.reached(machine, at), within=PATIENCE_SECONDS)  # type: ignore[misc]
                tell(f"| disk of DuckDB full, {how} | {(datetime.now(UTC) - returned).total_seconds():.1f} | |")
        loss = flow.missing(machine)
        assert not loss.acknowledged_at, f"{len(loss.acknowledged_at)} acknowledged messages are missing"
        assert_each_once(machine, _DETECTORS, ())
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout
