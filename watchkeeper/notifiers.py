"""Channels, opened with their secrets.

Promises: a secret that is missing, empty or readable by others is told with its remedy and never repeated. Such a
channel keeps its notices waiting, which becomes an alarm; the others work, and so does everything that judges.
Leaves to others: what channels there are (`watchkeeper.config_channels`), sending.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from adapters.notify.email import Email, MailServer
from adapters.notify.mqtt import Mqtt
from adapters.notify.webhook import Webhook
from domain.errors import ConfigError, NotifierUnavailable
from domain.ports.broker import Publisher
from domain.ports.clock import Clock
from domain.ports.notifier import Letter, Notifier
from watchkeeper.config_channels import (
    FILE,
    AppriseSpec,
    ChannelSpec,
    ConsoleSpec,
    EmailSpec,
    MqttSpec,
    WebhookSpec,
    check_url,
    read_declared,
)
from watchkeeper.config_errors import Problems, refuse

log = structlog.get_logger(__name__)

_MOST_SECRET_BYTES = 16 * 1024


class Unopened:
    """A channel whose secret is missing: what is to be told waits until it is there."""

    def __init__(self, why: ConfigError) -> None:
        self._why = why

    async def send(self, letter: Letter) -> None:
        """Raises NotifierUnavailable."""
        raise NotifierUnavailable(f"{self._why.place}: {self._why.problem}")

    def close(self) -> None:
        """There is nothing to let go of."""


class Notifiers:
    """The channels that leave the console, opened, and opened anew where they are declared differently.

    A secret behind a declaration that stays the same is read at the next start.
    """

    def __init__(self, specs: Mapping[str, ChannelSpec], publisher: Publisher, clock: Clock) -> None:
        self._publisher, self._clock = publisher, clock
        self._specs = dict(specs)
        self._open = open_notifiers(specs, publisher, clock)

    def get(self, name: str) -> Notifier | None:
        """The channel of that name, if it is open."""
        return self._open.get(name)

    def follow(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        """Open what is declared differently now, and close what is declared no more. A try under way ends by itself."""
        specs = read_declared(kept)
        fresh = {name: spec for name, spec in specs.items() if self._specs.get(name) != spec}
        gone = [name for name in self._open if name in fresh or name not in specs]
        for name in gone:
            self._open.pop(name).close()
        self._open |= open_notifiers(fresh, self._publisher, self._clock)
        self._specs = specs
        if fresh or gone:
            log.info("channels_reopened", opened=sorted(fresh), closed=sorted(gone))

    def close(self) -> None:
        """Let go of all of them."""
        for notifier in self._open.values():
            notifier.close()


def open_notifiers(specs: Mapping[str, ChannelSpec], publisher: Publisher, clock: Clock) -> dict[str, Notifier]:
    """Every channel that leaves the console, by name."""
    opened: dict[str, Notifier] = {}
    for name, spec in specs.items():
        if isinstance(spec, ConsoleSpec):
            continue
        try:
            opened[name] = open_notifier(spec, publisher, clock)
        except ConfigError as error:
            log.warning("a channel cannot be opened: its notices wait", channel=name, error=str(error))
            opened[name] = Unopened(error)
    return opened


def open_notifier(spec: ChannelSpec, publisher: Publisher, clock: Clock) -> Notifier:
    """One channel. Raises ConfigError."""
    match spec:
        case WebhookSpec():
            return _webhook(spec, clock)
        case MqttSpec():
            return Mqtt(spec.name, publisher)
        case EmailSpec():
            return _email(spec)
        case AppriseSpec():
            from adapters.notify.apprise_ import Apprise  # it loads a hundred services

            return Apprise(spec.name, read_secret(spec.address, f"{spec.name}.address"))
    raise ValueError(f"{spec.name} does not leave the console")


def read_secret(reference: str, place: str) -> str:
    """What `env:VARIABLE` or `file:/path` holds. Raises ConfigError."""
    kind, _, where = reference.partition(":")
    try:
        found = os.environ.get(where, "") if kind == "env" else _read_private(Path(where))
    except (OSError, ValueError) as error:
        raise _refusal(place, f"{where}: {error}", f"Put the secret there and run: chmod 600 {where}") from error
    secret = found.strip()
    if not secret:
        raise _refusal(place, f"{where} is empty or not there", f"Set {where} for the process that runs alerting.")
    return secret


def _read_private(path: Path) -> str:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise ValueError("others than its owner can read it")
        return file.read(_MOST_SECRET_BYTES).decode()


def _webhook(spec: WebhookSpec, clock: Clock) -> Webhook:
    url, place = spec.url, f"{spec.name}.url"
    if url.startswith(("env:", "file:")):
        url = read_secret(url, place)
        problems = Problems(FILE)
        check_url(url, place, problems)
        refuse((problems,))
    key = read_secret(spec.key, f"{spec.name}.key").encode() if spec.key is not None else None
    return Webhook(spec.name, url, form=spec.form, key=key, ca=_path(spec.ca), clock=clock)


def _email(spec: EmailSpec) -> Email:
    password = read_secret(spec.password, f"{spec.name}.password") if spec.password is not None else None
    server = MailServer(
        host=spec.host,
        port=spec.port,
        sender=spec.sender,
        tls=spec.tls,
        username=spec.username,
        password=password,
        ca=_path(spec.ca),
    )
    return Email(spec.name, server)


def _path(text: str | None) -> Path | None:
    return Path(text) if text is not None else None


def _refusal(place: str, problem: str, remedy: str) -> ConfigError:
    return ConfigError(file=FILE, place=place, problem=problem, remedy=remedy)
