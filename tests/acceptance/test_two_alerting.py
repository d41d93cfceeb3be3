"""Two alerting processes: one watches, the other takes over, whatever becomes of the first."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.acceptance.machine import Machine, cli, eventually
from tests.acceptance.property import gateway, quiet_property
from tests.acceptance.sender import Sender
from tests.services import REPOSITORY, require


@contextmanager
def alerting(data: Path, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One more alerting process."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "watchkeeper", "serve", "alerting"],
            cwd=REPOSITORY,
            env={**environment, "WATCHKEEPER_DATA": str(data)},
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=60)


def led(machine: Machine) -> str:
    """Who leads and who stands by, once everything is ready; else nothing."""
    answer = machine.api("GET", "/readyz").json()
    [part] = [part for part in answer["parts"] if part["part"] == "alerting"]
    return str(part["detail"]) if answer["ready"] else ""


def taken_over(machine: Machine, epoch: int, began: float) -> None:
    """Wait until the property is watched under a new epoch, and say how long that took."""
    eventually(lambda: f"under epoch {epoch};" in led(machine))
    print(f"watched under epoch {epoch} after {time.monotonic() - began:.1f} s")


def press(sender: Sender, device: str) -> None:
    """The alarm button, and readings of other devices around it."""
    noise = [(f"wk/v1/demo/elevator/E-0{lift}/telemetry", b'{"values": {"load_pct": 5}}') for lift in (1, 2)] * 20
    sender.send([*noise, (f"wk/v1/demo/elevator/{device}/event", b'{"values": {"alarm_button": true}}'), *noise])


def calls(machine: Machine) -> list[dict[str, Any]]:
    """Every alarm by a button."""
    return [each for each in machine.items("/api/v1/alarms?state=all") if each["rule"] == "elevator.entrapment_call"]


def assert_each_once(machine: Machine, *devices: str) -> None:
    """Each press is one alarm with one order."""
    eventually(lambda: {alarm["device"] for alarm in calls(machine)} == set(devices))
    assert sorted(alarm["device"] for alarm in calls(machine)) == sorted(devices)
    assert [alarm["occurrences"] for alarm in calls(machine)] == [1] * len(devices)
    orders = [order["device"] for order in machine.items("/api/v1/work-orders") if order["template"] == "entrapment"]
    assert sorted(orders) == sorted(devices)


def test_a_standby_on_the_same_machine_goes_on_after_a_kill_and_after_a_stop(data: Path) -> None:
    require("mosquitto")
    with quiet_property(data) as machine, gateway(machine) as sender:
        first = machine.process_of("serve", "alerting")
        with alerting(data, first.environ(), data.parent / "second.log") as second:
            eventually(lambda: f":{second.pid} stands by" in led(machine))
            press(sender, "E-01")
            machine.process.send_signal(signal.SIGSTOP)  # it would start the first one anew at once
            began = time.monotonic()
            first.kill()
            press(sender, "E-02")
            taken_over(machine, 2, began)
            machine.process.send_signal(signal.SIGCONT)
            eventually(lambda: "; nobody" not in led(machine))
            began = time.monotonic()
            second.terminate()
            press(sender, "E-03")
            taken_over(machine, 3, began)
            assert sender.settled(30)
        assert_each_once(machine, "E-01", "E-02", "E-03")
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout


def test_a_paused_leader_that_wakes_writes_nothing_and_stands_by(
    data: Path, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    require("mosquitto")
    monkeypatch.setenv("WATCHKEEPER_LEDGER_URL", new_database("two_alerting"))
    cli("ledger", "migrate", "--data", str(data))
    with quiet_property(data) as machine, gateway(machine) as sender:
        first = machine.process_of("serve", "alerting")
        elsewhere = data.parent / "elsewhere"  # what a second machine needs of the first one's folder
        shutil.copytree(data, elsewhere, ignore=shutil.ignore_patterns("broker", "history", "spool"))
        with alerting(elsewhere, first.environ(), data.parent / "second.log") as second:
            eventually(lambda: f":{second.pid} stands by" in led(machine))
            press(sender, "E-01")
            eventually(lambda: len(calls(machine)) == 1)
            began = time.monotonic()
            first.suspend()
            press(sender, "E-02")
            taken_over(machine, 2, began)
            eventually(lambda: len(calls(machine)) == 2)
            first.resume()
            eventually(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
            assert "stepping down" in (data.parent / "data.log").read_text()
            successor = machine.process_of("serve", "alerting")
            eventually(lambda: f"epoch 2; {os.uname().nodename}:{successor.pid} stands by" in led(machine))
            press(sender, "E-03")
            assert sender.settled(30)
            assert_each_once(machine, "E-01", "E-02", "E-03")
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout
