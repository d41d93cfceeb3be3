"""How fast ingest is, from a device's PUBLISH to the acknowledgement of what is durable.

    python -m bench.ingest [--messages 200000] [--seconds 60] [--loop uvloop|asyncio]

A real Mosquitto, the embedded DuckDB history and the SQLite ledger in a temporary folder; readings of about 180
bytes of 1,000 elevators at QoS 1, made and sent by a process of its own over the same codec. Printed: messages a second
and CPU microseconds a message of the whole ingest process (receive, decode, store, acknowledge; all threads), first
while it works off what waits at the broker, then while publisher and ingest run together. Everything is bounded in
number and time and stays on loopback. Figures to reach: design, section 14.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvloop
from prometheus_client import REGISTRY

from adapters.broker import codec
from adapters.broker.address import BrokerAddress
from adapters.broker.credentials import SERVICE_GRANTS, Credential, keep_credentials
from adapters.broker.mosquitto import find_mosquitto, mosquitto_command, write_mosquitto_files
from adapters.broker.session import MqttSession
from adapters.clock import SystemClock
from adapters.history.duckdb import DuckDBHistory
from adapters.ledger import ledger_key, open_ledger
from devices.registry import kinds
from ingest.loop import IngestLoop

DEVICES = 1000
RECEIVE_MAXIMUM = 10_000
_WINDOW = 500
"""Messages that the publisher has unacknowledged at most."""


@dataclass
class Result:
    """One measured stretch."""

    name: str
    messages: int
    seconds: float
    cpu_seconds: float
    batches: float

    def __str__(self) -> str:
        rate, cost = self.messages / self.seconds, self.cpu_seconds / self.messages * 1e6
        figures = f"{rate:>7.0f} msg/s {cost:>5.1f} us CPU each {self.messages / self.batches:>5.0f} a batch"
        return f"{self.name:<20} {self.messages:>7} messages {figures}"


def publish(address: BrokerAddress, first: int, count: int) -> None:
    """Send readings `first` to `first + count` and return when the broker has acknowledged all. Its own process."""
    start_ms = int(time.time() * 1000) - 3_600_000
    out = socket.create_connection((address.host, address.port))
    out.sendall(
        codec.connect(
            address,
            client_id="bench",
            clean_start=True,
            keep_alive=timedelta(minutes=10),
            session_expiry=timedelta(0),
            receive_maximum=100,
        )
    )
    out.recv(1000)
    rest, unacknowledged = b"", 0
    for begin in range(first, first + count, _WINDOW):
        numbers = range(begin, min(begin + _WINDOW, first + count))
        out.sendall(b"".join(_packet(number, start_ms) for number in numbers))
        unacknowledged += len(numbers)
        while unacknowledged > _WINDOW // 2 or (unacknowledged and begin + _WINDOW >= first + count):
            packets, used = codec.read_all(data := rest + out.recv(65536))
            rest = data[used:]
            unacknowledged -= len(packets)
    out.close()


def _packet(number: int, start_ms: int) -> bytes:
    device, sequence = number % DEVICES, number // DEVICES
    payload = (
        b'{"ts": %d, "values": {"floor": %d, "direction": "up", "door": "closed", "door_zone": false, '
        b'"speed_mps": 1.75, "load_pct": %d, "motor_temp_c": 48.5, "mode": "normal", "power": true}}'
        % (start_ms + sequence * 1000, sequence % 60, number % 100)
    )
    topic = f"wk/v1/demo/elevator/E-{device:04}/telemetry"
    return codec.publish(number % 65535 + 1, topic, payload, retain=False)


@contextmanager
def mosquitto(folder: Path) -> Iterator[tuple[int, dict[str, Credential]]]:
    """A running broker: its port and the services' accounts."""
    program = find_mosquitto()
    if program is None:
        raise SystemExit("this needs an installed Mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir()
    credentials = keep_credentials(folder / "passwords.json", SERVICE_GRANTS)
    configuration = write_mosquitto_files(folder, port=port, credentials=credentials)
    process = subprocess.Popen(mosquitto_command(program, configuration), stderr=subprocess.DEVNULL)
    try:
        yield port, {credential.username: credential for credential in credentials}
    finally:
        process.terminate()
        process.wait(20)


async def measure(folder: Path, port: int, accounts: dict[str, Credential], messages: int, limit_s: float) -> None:
    """Both stretches, half of the messages each."""

    def address(username: str) -> BrokerAddress:
        return BrokerAddress(host="127.0.0.1", port=port, username=username, password=accounts[username].password)

    def publisher(first: int, count: int) -> multiprocessing.Process:
        process = multiprocessing.get_context("spawn").Process(
            target=publish, args=(address("wk-simulator"), first, count), daemon=True
        )
        process.start()
        return process

    def session() -> MqttSession:
        return MqttSession(
            address("wk-ingest"), client_id="bench-ingest", filters=("wk/v1/#",), receive_maximum=RECEIVE_MAXIMUM
        )

    half = messages // 2
    (folder / "ledger").mkdir()
    ledger = open_ledger(
        f"sqlite:///{folder}/ledger/ledger.db", key=ledger_key(folder / "ledger"), anchors=folder / "ledger" / "anchors"
    )
    history = DuckDBHistory(folder / "history", kinds())
    async with asyncio.timeout(limit_s):
        async with session() as inbox:
            await _until(lambda: inbox.connected)
        await asyncio.to_thread(publisher(0, half).join)
        async with session() as inbox:
            running = asyncio.create_task(IngestLoop(inbox, history, ledger, kinds(), SystemClock()).run())
            print(await _acknowledged(inbox, "work off what waits", half))
            publisher(half, half)
            await _until(lambda: inbox.counters.received > half)
            print(await _acknowledged(inbox, "beside its publisher", 2 * half))
            running.cancel()
            await asyncio.wait((running,))
    history.close()
    ledger.close()


async def _acknowledged(inbox: MqttSession, name: str, upto: int) -> Result:
    """Measure until so many were acknowledged in all."""
    before = inbox.counters.acknowledged
    began, cpu, batches = time.perf_counter(), time.process_time(), _batches()
    await _until(lambda: inbox.counters.acknowledged >= upto)
    return Result(name, upto - before, time.perf_counter() - began, time.process_time() - cpu, _batches() - batches)


def _batches() -> float:
    return REGISTRY.get_sample_value("watchkeeper_ingest_batch_messages_count") or 0.0


async def _until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - polled, so that what is measured is left alone
        await asyncio.sleep(0.01)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200_000, choices=range(2_000, 1_000_001), metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, help="give up after so long")
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="uvloop")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        mosquitto(Path(name) / "broker") as (port, accounts),
        asyncio.Runner(loop_factory=uvloop.new_event_loop if options.loop == "uvloop" else None) as runner,
    ):
        runner.run(measure(Path(name), port, accounts, options.messages, options.seconds))


if __name__ == "__main__":
    main()
