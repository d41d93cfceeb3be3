"""Claims: what a machine must have for itself before anything starts.

Promises: one `run` a data folder, and ports that nobody else has, or a sentence that says who is in the way of what.
Leaves to others: using them (`watchkeeper.machine`).
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import ConfigError
from watchkeeper.settings import BrokerChoice, Settings


@contextmanager
def claimed(settings: Settings) -> Iterator[None]:
    """Hold the data folder for the length of the block, after a look at the ports. Raises ConfigError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(settings.data / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                file="settings",
                place="data",
                problem=f"another Watchkeeper runs in {settings.data.resolve()}",
                remedy="Stop it first, or give this one another folder with --data.",
            ) from error
        _require_free(settings.http_host, settings.http_port, "http_port")
        if settings.broker is not BrokerChoice.EXTERNAL:
            _require_free(settings.mqtt_bind, settings.mqtt_port, "mqtt_port")
        yield
    finally:
        os.close(descriptor)  # the kernel lets go of the lock with it, also after a crash


def _require_free(host: str, port: int, place: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(
                file="settings",
                place=place,
                problem=f"{host}:{port} cannot be listened on ({error.strerror})",
                remedy=f"Stop what listens there, or choose another with --{place.replace('_', '-')}.",
            ) from error
