"""A whole Watchkeeper as a user starts it: `watchkeeper run` as a process, spoken to by real clients."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from tests.services import REPOSITORY, free_port, require

T = TypeVar("T")


class Reach:
    """How to reach an installation, however its processes are run."""

    def __init__(self, data: Path, http_port: int, mqtt_port: int) -> None:
        self.data, self.http_port, self.mqtt_port = data, http_port, mqtt_port
        self._token: str | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def token(self) -> str:
        """An operator's bearer token, made by the command line."""
        if self._token is None:
            self._token = cli("token", "create", "--role", "engineer", "--data", str(self.data)).stdout.strip()
        return self._token

    def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call the API with the token; a refused call is returned, not raised."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(method, f"{self.address}{path}", headers=headers, timeout=20, **options)

    def items(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page after page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            separator = "&" if "?" in path else "?"
            page = self.api("GET", path + (f"{separator}cursor={cursor}" if cursor else "")).raise_for_status().json()
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def ready(self) -> dict[str, Any]:
        """What /readyz says, whatever its status."""
        answer: dict[str, Any] = httpx.get(f"{self.address}/readyz", timeout=5).json()
        return answer

    def credentials(self, who: str) -> dict[str, str]:
        """What the data folder holds for the demo's device or gateway."""
        lines = (self.data / f"demo-{who}.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def publish(self, topic: str, payload: bytes, who: str = "gateway") -> None:
        """One message by mosquitto_pub at QoS 1, through the credentials of `who`."""
        login = self.credentials(who)
        command = [require("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(self.mqtt_port), "-q", "1"]
        command += ["-u", login["MQTT_USERNAME"], "-P", login["MQTT_PASSWORD"], "-t", topic, "-s"]
        subprocess.run(command, input=payload, check=True, timeout=20, capture_output=True)


class Machine(Reach):
    """One running installation on one machine: `watchkeeper run` and its children."""

    def __init__(self, data: Path, http_port: int, mqtt_port: int, process: subprocess.Popen[bytes]) -> None:
        super().__init__(data, http_port, mqtt_port)
        self.process = process

    def process_of(self, *words: str) -> psutil.Process:
        """The child process whose command line holds all these words; waits for one that is just being restarted."""

        def find() -> psutil.Process | None:
            children = psutil.Process(self.process.pid).children(recursive=True)
            return next((child for child in children if set(words) <= set(child.cmdline())), None)

        return eventually(find)

    def stop(self) -> float:
        """Ctrl-C; seconds until everything ended."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        return time.monotonic() - began


def eventually(what: Callable[[], T | None], *, within: float = 60.0) -> T:
    """The first truthy answer; fails after `within` seconds with the last one seen."""
    deadline = time.monotonic() + within
    while True:
        seen = None
        try:
            seen = what()
        except (httpx.HTTPError, psutil.Error, OSError) as error:
            seen_error: object = error
        else:
            seen_error = seen
            if seen:
                return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {seen_error!r}")
        time.sleep(0.05)


def cli(
    *words: str, check: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end; with `check`, fails with what it said when it did not end well."""
    ended = subprocess.run(
        [sys.executable, "-m", "watchkeeper", *words],
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert not check or ended.returncode == 0, f"watchkeeper {words[0]}: exit code {ended.returncode}: {ended.stderr}"
    return ended


@contextmanager
def running(data: Path, *options: str, http_port: int | None = None, mqtt_port: int | None = None) -> Iterator[Machine]:
    """`watchkeeper run` with these options, ready; ended afterwards whatever happened."""
    http_port, mqtt_port = http_port or free_port(), mqtt_port or free_port()
    words = ["run", "--data", str(data), "--http-port", str(http_port), "--mqtt-port", str(mqtt_port), *options]
    log = (data.parent / f"{data.name}.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "watchkeeper", *words], cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT
    )
    machine = Machine(data, http_port, mqtt_port, process)
    try:
        eventually(lambda: machine.ready()["ready"])
        yield machine
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
                process.kill()
                process.wait()
        log.close()
