"""Real brokers for tests, each on a free port with its files in the test's own folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.broker import codec
from adapters.broker.address import BrokerAddress
from adapters.broker.credentials import Credential, Grant, keep_credentials
from adapters.broker.embedded import embedded_command, write_embedded_config
from adapters.broker.mosquitto import mosquitto_command, write_accounts, write_mosquitto_files
from adapters.broker.session import MqttSession
from tests.services import free_port, require

GRANTS = (
    Grant(username="wk-ingest", subscribe=("wk/v1/#",)),
    Grant(username="wk-simulator", publish=("wk/v1/#",), subscribe=("wk/v1/#",)),
    Grant(username="main.E-01", publish=("wk/v1/main/elevator/E-01/#",)),
)
"""A consumer, somebody who may publish everything, and a device."""

_START_LIMIT_SECONDS = 10


class Broker:
    """A broker's process. `port` speaks MQTT 3.1.1 to devices, `inner_port` MQTT 5 to our sessions."""

    def __init__(self, command: list[str], folder: Path, port: int, inner_port: int) -> None:
        self._command, self.folder = command, folder
        self.port, self.inner_port = port, inner_port
        self._process: subprocess.Popen[bytes] | None = None
        self.credentials: tuple[Credential, ...] = ()

    def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for port in {self.port, self.inner_port}:
            _wait_for_listener(port, self._process)

    def stop(self) -> None:
        """End it cleanly: it saves what it must keep."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_START_LIMIT_SECONDS)
            self._process = None

    def freeze(self) -> None:
        """Stop it from doing anything, its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)  # returns when all its threads have stopped

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once: it saves nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_START_LIMIT_SECONDS)
            self._process = None

    def set_accounts(self, grants: Sequence[Grant]) -> None:
        """Write other accounts and tell Mosquitto to read them."""
        assert self._process is not None
        self.credentials = keep_credentials(self.folder / "secrets.json", grants)
        write_accounts(self.folder, self.credentials)
        self._process.send_signal(signal.SIGHUP)

    def password(self, username: str) -> str:
        """The password of an account."""
        return next(each.password for each in self.credentials if each.username == username)

    def address(self, username: str, password: str | None = None) -> BrokerAddress:
        """Where our sessions connect, as that account."""
        return BrokerAddress(
            host="127.0.0.1",
            port=self.inner_port,
            username=username,
            password=self.password(username) if password is None else password,
        )


def _wait_for_listener(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _START_LIMIT_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None, f"the broker ended with {process.returncode}"
        assert time.monotonic() < give_up, "the broker does not listen"
        time.sleep(0.02)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Broker]:
    """A running Mosquitto with the accounts of `GRANTS`."""
    require("mosquitto")
    yield from _run_mosquitto(tmp_path / "mosquitto")


def _run_mosquitto(folder: Path) -> Iterator[Broker]:
    port = free_port()
    folder.mkdir()
    credentials = keep_credentials(folder / "secrets.json", GRANTS)
    configuration = write_mosquitto_files(folder, port=port, credentials=credentials)
    broker = Broker(mosquitto_command(Path(require("mosquitto")), configuration), folder, port, port)
    broker.credentials = credentials
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def embedded_broker(tmp_path: Path) -> Iterator[Broker]:
    """A running embedded broker with the accounts of `GRANTS`."""
    folder = tmp_path / "embedded"
    folder.mkdir()
    port, inner_port = free_port(), free_port()
    credentials = keep_credentials(folder / "secrets.json", GRANTS)
    config = write_embedded_config(folder, port=port, inner_port=inner_port, credentials=credentials)
    broker = Broker(embedded_command(config), folder, port, inner_port)
    broker.credentials = credentials
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=["mosquitto", "embedded_broker"])
def any_broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn."""
    broker: Broker = request.getfixturevalue(request.param)
    return broker


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for something that must come true; the test fails when it does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what it waits for has no event
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def session(
    broker: Broker, username: str = "wk-ingest", *, filters: tuple[str, ...] = ("wk/v1/#",), receive_maximum: int = 1000
) -> AsyncIterator[MqttSession]:
    """A connected session, named after its account."""
    made = MqttSession(broker.address(username), client_id=username, filters=filters, receive_maximum=receive_maximum)
    async with made:
        await until(lambda: made.connected)
        yield made


def publisher(broker: Broker) -> contextlib.AbstractAsyncContextManager[MqttSession]:
    """A connected session that only publishes, and may publish everything."""
    return session(broker, "wk-simulator", filters=())


async def cut(broker: Broker, victim: MqttSession) -> None:
    """Make the broker drop the connection of a session, by taking its session over and leaving at once."""
    before = victim.counters.connections
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.inner_port)
    writer.write(
        codec.connect(
            victim.address,
            client_id=victim.client_id,
            clean_start=False,
            keep_alive=timedelta(seconds=30),
            session_expiry=timedelta(days=1),
            receive_maximum=1,
        )
    )
    await reader.read(1)
    writer.close()
    await until(lambda: not victim.connected or victim.counters.connections > before)
