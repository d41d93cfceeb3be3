"""A steady flow while every part is killed in turn: what was acknowledged is stored once, each alarm is there once.

`WATCHKEEPER_TEST_FAULT_RATE` (500) messages a second, `WATCHKEEPER_TEST_FAULT_MESSAGES` (30000) of them.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, cli, eventually
from tests.acceptance.property import exported, gateway, quiet_property
from tests.acceptance.sender import Message, Sender
from tests.faults.servers import postgres_server
from tests.influx_fixtures import InfluxServer
from tests.services import require

RATE = int(os.environ.get("WATCHKEEPER_TEST_FAULT_RATE", "500"))
MESSAGES = int(os.environ.get("WATCHKEEPER_TEST_FAULT_MESSAGES", "30000"))
LIFTS = ("E-01", "E-02", "E-03")
DETECTORS = tuple(f"SD-{number:02}" for number in range(1, 11))
AWAY_SECONDS = 3.0


def messages(start_ms: int) -> Iterator[Message]:
    """Telemetry of the elevators in turn, and ten fires, evenly among it."""
    fires = {(number + 1) * MESSAGES // (len(DETECTORS) + 1): device for number, device in enumerate(DETECTORS)}
    for number in range(MESSAGES):
        of_lift, lift = divmod(number, len(LIFTS))
        body = {"ts": start_ms + of_lift * len(LIFTS) * 1000 // RATE, "values": {"load_pct": of_lift % 100}}
        yield f"wk/v1/demo/elevator/{LIFTS[lift]}/telemetry", json.dumps(body).encode()
        if number in fires:
            yield f"wk/v1/demo/smoke_detector/{fires[number]}/event", b'{"values": {"alarm": true}}'


def flow(sender: Sender, start_ms: int, halted: threading.Event) -> None:
    """Send at the rate, however the broker fares."""
    began, waiting = time.monotonic(), []
    for number, message in enumerate(messages(start_ms)):
        waiting.append(message)
        if len(waiting) >= RATE // 10:
            sender.send(waiting)
            waiting = []
            if halted.wait(max(0.0, began + number / RATE - time.monotonic())):
                return
    sender.send(waiting)


@contextmanager
def flowing(sender: Sender, start_ms: int) -> Iterator[threading.Thread]:
    """The flow beside the test."""
    halted = threading.Event()
    thread = threading.Thread(target=flow, args=(sender, start_ms, halted))
    thread.start()
    try:
        yield thread
    finally:
        halted.set()
        thread.join()


def ready(machine: Machine) -> bool:
    return bool(machine.ready()["ready"])


@pytest.mark.timeout(900)
def test_parts_killed_in_turn_lose_nothing_and_repeat_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("mosquitto")
    with ExitStack() as parts:
        postgres = parts.enter_context(postgres_server())
        influx = InfluxServer(tmp_path / "influx")
        parts.callback(influx.kill)
        influx.start()
        for name, value in {
            "LEDGER_URL": postgres.url,
            "HISTORY": "influxdb",
            "HISTORY_URL": influx.url,
            "HISTORY_MODE": "v1",
        }.items():
            monkeypatch.setenv(f"WATCHKEEPER_{name}", value)
        cli("ledger", "migrate", "--data", str(data))
        cli("history", "init", "--data", str(data))
        machine = parts.enter_context(quiet_property(data))
        sender = parts.enter_context(gateway(machine))

        def away(kill: Callable[[], None], start: Callable[[], None]) -> None:
            kill()
            time.sleep(AWAY_SECONDS)
            start()

        faults: dict[str, Callable[[], None]] = {
            "alerting": lambda: machine.process_of("serve", "alerting").kill(),
            "ingest and api": lambda: machine.process_of("serve", "ingest", "api").kill(),
            "PostgreSQL": lambda: away(postgres.kill, postgres.start),
            "InfluxDB": lambda: away(influx.kill, influx.start),
            "Mosquitto (a restart)": lambda: machine.process_of(require("mosquitto")).terminate(),
        }
        start = datetime.now(UTC).replace(microsecond=0)
        with flowing(sender, int(start.timestamp() * 1000)) as sending:
            for number, (name, fault) in enumerate(faults.items(), start=1):
                sent = MESSAGES * number // (len(faults) + 1)
                eventually(partial(acknowledged, sender, sent), within=300)
                fault()
                returned = time.monotonic()
                eventually(lambda: ready(machine), within=60)
                print(f"{name}: ready {time.monotonic() - returned:.1f} s after its return")
            sending.join()
        assert sender.settled(120)
        assert len(sender.acknowledged) == MESSAGES + len(DETECTORS)

        end = start + timedelta(seconds=MESSAGES / RATE)
        for number, lift in enumerate(LIFTS):
            expected = [of_lift % 100 for of_lift in range(len(range(number, MESSAGES, len(LIFTS))))]
            rows = eventually(partial(stored, machine, lift, start, end, len(expected)), within=120)
            assert [float(row["load_pct"]) for row in rows] == expected
        eventually(lambda: len(burning(machine)) >= len(DETECTORS), within=60)
        assert sorted(burning(machine)) == [(device, 1) for device in DETECTORS]
        eventually(lambda: ready(machine), within=60)
        assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout


def acknowledged(sender: Sender, count: int) -> bool:
    """Whether the broker has acknowledged so many."""
    return len(sender.acknowledged) >= count


def stored(machine: Machine, lift: str, start: datetime, end: datetime, count: int) -> list[dict[str, str]] | None:
    """All rows of a lift, once there are enough."""
    rows = exported(machine, lift, start, end)
    return rows if len(rows) >= count else None


def burning(machine: Machine) -> list[tuple[str, int]]:
    """Every fire: where, and how often."""
    alarms = machine.items("/api/v1/alarms?state=all")
    return [(each["device"], each["occurrences"]) for each in alarms if each["rule"] == "smoke_detector.fire"]
