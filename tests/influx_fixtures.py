"""A real InfluxDB 1.x for tests, on free ports, with its files in the test's own folder and its memory bounded."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import free_port, require

_START_LIMIT_SECONDS = 20

_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{inner_port}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  query-log-enabled = false
  cache-max-memory-size = 67108864
  series-id-set-cache-size = 0
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
"""


class InfluxServer:
    """One server's process."""

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        self._program = require("influxd")
        self._config = folder / "influxdb.conf"
        self._port = free_port()
        folder.mkdir(parents=True)
        self._config.write_text(
            _CONFIG.format(folder=folder, port=self._port, inner_port=free_port(), auth=str(auth).lower())
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [self._program, "-config", str(self._config)],
            env={**os.environ, "GOMAXPROCS": "2", "GOGC": "50"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + _START_LIMIT_SECONDS
        while True:
            assert self._process.poll() is None, f"influxd ended with {self._process.returncode}"
            assert time.monotonic() < give_up, "influxd does not answer"
            try:
                with urllib.request.urlopen(f"{self.url}/ping", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)

    def kill(self) -> None:
        """End it at once: it saves nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One running server for all tests; each makes databases of its own in it."""
    server = InfluxServer(tmp_path_factory.mktemp("influx") / "server")
    server.start()
    yield server
    server.kill()
