"""Servers and roles as processes of their own, to be killed and started again."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from tests.acceptance.machine import eventually
from tests.services import REPOSITORY, require

_LARGEST_FILE_BYTES = 1024
SHIPPED_MOSQUITTO = REPOSITORY / "config" / "mosquitto.conf"


class Part:
    """One process: a role of ours, or a server. `pid` is the newest one's."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self._command, self._log, self._environment = list(command), log, environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running process; None while there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it; what it logs is added to its file."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env={**os.environ, **(self._environment or {})},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it at once: it saves nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


def role(name: str, log: Path, environment: dict[str, str]) -> Part:
    """`serve NAME` as a process of its own."""
    return Part([sys.executable, "-m", "watchkeeper", "serve", name], log, environment)


class Mosquitto(Part):
    """Debian's Mosquitto with the configuration that is shipped for it; only its folders and its port are ours."""

    def __init__(self, folder: Path, port: int) -> None:
        """`folder / "accounts"` holds the accounts that `watchkeeper prepare` wrote."""
        data = folder / "broker-data"
        data.mkdir()
        text = SHIPPED_MOSQUITTO.read_text()
        text = text.replace("listener 1883", f"listener {port} 127.0.0.1")
        text = text.replace("/mosquitto/accounts", str(folder / "accounts")).replace("/mosquitto/data", str(data))
        configuration = folder / "mosquitto.conf"
        configuration.write_text(f"{text}\nuser root\n")
        super().__init__([require("mosquitto"), "-c", str(configuration)], folder / "mosquitto.log")
        self._port, self._store = port, data / "mosquitto.db"

    def start(self) -> None:
        """Start it and wait until it listens."""
        super().start()
        eventually(self._listens, within=60)

    def _listens(self) -> bool:
        with socket.create_connection(("127.0.0.1", self._port), timeout=2):
            return True

    def saved_at(self) -> float:
        """When it saved last, in seconds of the epoch; 0 when it never did."""
        return self._store.stat().st_mtime if self._store.exists() else 0.0


def autosave_seconds() -> int:
    """How often the shipped configuration lets Mosquitto save: what its crash may cost."""
    found = re.search(r"^autosave_interval (\d+)$", SHIPPED_MOSQUITTO.read_text(), re.MULTILINE)
    assert found, "the shipped configuration does not say how often it saves"
    return int(found[1])


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """Every disk is full for one process: none of its files grows beyond a size, its log's neither.

    The operating system sees to it, so that writes fail in the middle of whatever is being done; it needs no disk of
    its own and nobody's privileges. Afterwards there is room again, if the process still lives.
    """
    process = psutil.Process(pid)
    as_it_was = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, as_it_was[1]))
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.rlimit(psutil.RLIMIT_FSIZE, as_it_was)


class PostgresServer:
    """One server on a socket in a folder of its own."""

    def __init__(self) -> None:
        self._programs = Path(require("initdb")).parent
        self._folder = Path(tempfile.mkdtemp(prefix="wk-pg-"))
        self._owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self._folder, self._owner)
        self._data = self._folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@/postgres?host={self._folder}"
        with (self._folder / "initdb.log").open("wb") as log:
            command = [str(self._programs / "initdb"), "-D", str(self._data), "-A", "trust", "-U", "postgres"]
            command += ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            subprocess.run(command, check=True, cwd=self._folder, stdout=log, stderr=log, user=self._owner)

    def start(self) -> None:
        """Start it, again and again while what a kill left is still going, and wait until it answers."""
        eventually(self._started, within=60)

    def _started(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            command = [str(self._programs / "postgres"), "-D", str(self._data), "-k", str(self._folder)]
            command += ["-c", "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=16MB"]
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, user=self._owner)
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def remove(self) -> None:
        """End it and take its files away."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs, removed afterwards."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()
