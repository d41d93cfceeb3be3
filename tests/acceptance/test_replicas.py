"""Two ingest processes share what devices send: one is killed, the other leaves for good, and nothing is lost."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.acceptance.composed import Installation, composed_services
from tests.acceptance.machine import eventually
from tests.acceptance.sender import Message, Sender
from tests.influx_fixtures import InfluxServer

MESSAGES = 3_000
BAD = 300
TOPIC = "wk/v1/demo/elevator/E-03"


@pytest.fixture
def installation(tmp_path: Path, new_database: Callable[[str], str], influx_server: InfluxServer) -> Installation:
    """As the guide says to scale out: two of them, everywhere."""
    edited = {"WATCHKEEPER_INGEST_REPLICAS": "2", "WATCHKEEPER_HISTORY_BUCKET": "replicas"}
    return Installation(composed_services(), tmp_path, new_database("replicas"), influx_server.url, edited)


def good(number: int, start_ms: int) -> Message:
    return f"{TOPIC}/telemetry", json.dumps({"ts": start_ms + number, "values": {"load_pct": number % 100}}).encode()


class Stored:
    """What the API tells of one device and of the quarantine."""

    def __init__(self, installation: Installation, token: str, start: datetime) -> None:
        address = f"http://127.0.0.1:{installation.http_port}"
        self._api = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)
        self._span = {
            "start": start.isoformat(),
            "end": (start + timedelta(milliseconds=MESSAGES)).isoformat(),
        }

    def loads(self) -> list[float]:
        """Every stored value of the numbered messages, in their order."""
        answer = self._api.get("/api/v1/history/demo/E-03/export.csv", params=self._span).raise_for_status()
        return [float(row["load_pct"]) for row in csv.DictReader(answer.text.lstrip("\ufeff").splitlines())]

    def ingest(self) -> dict[str, bool]:
        """What /readyz says of each ordinal."""
        parts = self._api.get("/readyz").json()["parts"]
        return {part["part"]: part["ready"] for part in parts if part["part"].startswith("ingest")}

    def quarantined(self) -> int:
        total: int = self._api.get("/api/v1/quarantine").raise_for_status().json()["total"]
        return total

    def doors(self) -> int:
        """How many readings without an instant of their own are stored."""
        span = {"start": self._span["end"], "end": (datetime.now(UTC) + timedelta(minutes=1)).isoformat()}
        answer = self._api.get("/api/v1/history/demo/E-03/export.csv", params=span).raise_for_status()
        return sum(bool(row["door"]) for row in csv.DictReader(answer.text.lstrip("\ufeff").splitlines()))


def chunks(messages: list[Message], size: int = 100) -> Iterator[list[Message]]:
    for begin in range(0, len(messages), size):
        yield messages[begin : begin + size]


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def connected(installation: Installation, service: str) -> bool:
    return "broker connected" in (installation.folder / f"{service}.log").read_text()


@pytest.mark.timeout(600)
def test_one_replica_killed_and_the_other_taken_out_lose_nothing_and_store_nothing_twice(
    installation: Installation,
) -> None:
    installation.run("prepare")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    start_ms = int(start.timestamp() * 1000)
    with ExitStack() as running:
        running.enter_context(installation.mosquitto())
        running.enter_context(installation.running("api"))
        first = running.enter_context(installation.running("ingest"))
        second = running.enter_context(installation.running("ingest-1"))
        for name in ("ingest", "ingest-1"):
            eventually(partial(connected, installation, name), within=120)
        token = installation.run("prepare", "token", "create", "--role", "engineer").strip()
        stored = Stored(installation, token, start)
        eventually(lambda: stored.ingest() == {"ingest-0": True, "ingest-1": True})
        sender = running.enter_context(
            Sender(installation.mqtt_port, *installation.login("demo.E-03"), "elevator").connected()
        )

        # Both take part, and count together: the same bad message 300 times, and doors that move within a millisecond.
        sender.send([(f"{TOPIC}/telemetry", b"{not json")] * BAD)
        sender.send(
            [(f"{TOPIC}/event", b'{"values": {"door": "%s"}}' % (b"open", b"closed")[n % 2]) for n in range(200)]
        )
        assert sender.settled()
        eventually(lambda: stored.quarantined() >= BAD, within=120)
        eventually(lambda: stored.doors() >= 200, within=120)
        assert (stored.quarantined(), stored.doors()) == (BAD, 200)

        for number, part in enumerate(chunks([good(number, start_ms) for number in range(MESSAGES)])):
            sender.send(part)
            if number == 8:
                kill(first)
            if number == 16:
                second.send_signal(signal.SIGSTOP)  # what is dealt to it from here on waits at the broker
            if number == 20:
                kill(second)
            time.sleep(0.02)
        assert sender.settled(60)
        eventually(lambda: stored.ingest() == {"ingest-0": False, "ingest-1": False}, within=120)
        told = installation.run("ingest-1", "serve", "ingest", "--drain", "1")
        assert "its session at the broker is ended" in told
        worked_off = int(told.split(":")[1].split()[0])
        assert worked_off > 0
        sender.send([good(MESSAGES - 1, start_ms)])  # again: dealt to ordinal 0 alone, and stored already
        running.enter_context(installation.running("ingest"))
        eventually(lambda: len(stored.loads()) >= MESSAGES, within=120)
        assert stored.loads() == [number % 100 for number in range(MESSAGES)]
        # the setting still asks for two
        eventually(lambda: stored.ingest() == {"ingest-0": True, "ingest-1": False})
