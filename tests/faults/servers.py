"""A PostgreSQL of its own, to be killed and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.acceptance.machine import eventually
from tests.services import require


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
