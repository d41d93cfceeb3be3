"""Channels, opened with their secrets.

Promises: a secret that is missing, empty or readable by others is a ConfigError with its remedy, before anything is
sent; no secret is repeated in it. Leaves to others: what channels there are (`watchkeeper.config_channels`), sending.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from adapters.notify.email import Email, MailServer
from adapters.notify.mqtt import Mqtt
from adapters.notify.webhook import Webhook
from domain.errors import ConfigError
from domain.ports.broker import Publisher
from domain.ports.clock import Clock
from domain.ports.notifier import Notifier
from watchkeeper.config_channels import (
    FILE,
    AppriseSpec,
    ChannelSpec,
    ConsoleSpec,
    EmailSpec,
    MqttSpec,
    WebhookSpec,
    check_url,
)
from watchkeeper.config_errors import Problems, refuse

_MOST_SECRET_BYTES = 16 * 1024


def open_notifiers(specs: Mapping[str, ChannelSpec], publisher: Publisher, clock: Clock) -> dict[str, Notifier]:
    """Every channel that leaves the console, by name. Raises ConfigError."""
    opened: dict[str, Notifier] = {}
    for name, spec in specs.items():
        match spec:
            case ConsoleSpec():
                pass
            case WebhookSpec():
                opened[name] = _webhook(spec, clock)
            case MqttSpec():
                opened[name] = Mqtt(name, publisher)
            case EmailSpec():
                opened[name] = _email(spec)
            case AppriseSpec():
                from adapters.notify.apprise_ import Apprise  # it loads a hundred services

                opened[name] = Apprise(name, read_secret(spec.address, f"{name}.address"))
    return opened


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
