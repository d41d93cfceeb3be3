"""Who may sign in to the broker, and which topics each may use.

Promises: grants follow from the registry alone: a device may publish its own names, a gateway its own and those of
the devices behind it, our services what their work needs, and nobody else anything. Passwords are random, made once
and kept in one file that only its owner reads. Leaves to others: enforcing them (`adapters.broker.mosquitto`;
`adapters.broker.embedded` knows passwords but no topics).
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from domain.assets import Device
from domain.errors import ConfigError

READINGS = "wk/v1/#"
EVENTS = "wk-events/v1/#"
NOTICES = "wk-notices/v1/#"
SIMULATORS = "wk-simulators/v1/#"

SIMULATED_SITE = "demo"
"""The only site for which our simulators have an account: nothing of ours can pretend to be a real site's device."""

_PASSWORD_BYTES = 24
_USERNAME = re.compile(r"[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64})?")
_PASSWORD = re.compile(r"[A-Za-z0-9_.~-]+")
_TOPIC = re.compile(r"[A-Za-z0-9_+/-]+#?")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """An account without its password: topic filters that it may publish to and subscribe to."""

    username: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Credential(Grant):
    """An account with its password, which never shows in its text."""

    password: str = field(repr=False)


SERVICE_GRANTS = (
    Grant(username="wk-ingest", subscribe=(READINGS,)),
    Grant(username="wk-alerting", subscribe=(READINGS,), publish=(EVENTS, NOTICES)),
    Grant(username="wk-api", subscribe=(EVENTS,)),
    Grant(username="wk-simulator", publish=(f"wk/v1/{SIMULATED_SITE}/#", SIMULATORS), subscribe=(SIMULATORS,)),
)
"""Our own services."""


def device_grants(devices: Sequence[Device]) -> tuple[Grant, ...]:
    """One account for each device, `{site}.{device}`, in the order given. Devices subscribe to nothing."""
    behind: dict[tuple[str, str], list[Device]] = {}
    for device in devices:
        if device.gateway is not None:
            behind.setdefault((device.site, device.gateway), []).append(device)
    return tuple(
        Grant(
            username=f"{device.site}.{device.id}",
            publish=tuple(_names_of(each) for each in (device, *behind.get((device.site, device.id), ()))),
        )
        for device in devices
    )


def commissioning_grant(site: str) -> Grant:
    """For those who set up devices: it may publish for any device of the site, also one that nobody registered yet."""
    return Grant(username=f"wk-commissioning.{site}", publish=(f"wk/v1/{site}/#",))


def _names_of(device: Device) -> str:
    return f"wk/v1/{device.site}/{device.kind}/{device.id}/#"


def keep_credentials(file: Path, grants: Iterable[Grant]) -> tuple[Credential, ...]:
    """The grants with their passwords, but for revoked ones. Those that `file` does not have yet are made and added.

    The file is JSON, `{username: password, or null for a revoked one}`, mode 600. A name that has no grant any more
    stays in it: it opens nothing, and a device that returns to the registry keeps working. Raises ConfigError for a
    file that is not such a thing.
    """
    passwords = _read(file)
    known = len(passwords)
    credentials = []
    for grant in grants:
        password = passwords.setdefault(grant.username, new_password())
        if password is not None:
            credentials.append(
                Credential(username=grant.username, publish=grant.publish, subscribe=grant.subscribe, password=password)
            )
    if len(passwords) > known:
        _write(file, passwords)
    return tuple(credentials)


def new_password() -> str:
    """192 random bits, as text that needs no quoting anywhere."""
    return secrets.token_urlsafe(_PASSWORD_BYTES)


def set_password(file: Path, username: str, password: str | None) -> None:
    """Give an account another password; None revokes it until it gets one again. The broker learns it separately."""
    passwords = _read(file)
    passwords[username] = password
    _write(file, passwords)


def _write(file: Path, passwords: dict[str, str | None]) -> None:
    write_private(file, msgspec.json.format(msgspec.json.encode(passwords), indent=2))


def _read(file: Path) -> dict[str, str | None]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str | None])
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        raise ConfigError(
            file=str(file),
            place="the whole file",
            problem=f"it does not hold the broker's passwords ({error})",
            remedy="Put back a copy, or delete it: new passwords are made, and devices need theirs again.",
        ) from error


def require_plain(credentials: Iterable[Credential]) -> None:
    """Raises ValueError for a name, password or topic that could mean something else in a broker's files."""
    for each in credentials:
        if not _USERNAME.fullmatch(each.username):
            raise ValueError(f"{each.username!r} is not a user name that a broker's file can hold")
        if not _PASSWORD.fullmatch(each.password):
            raise ValueError(f"the password of {each.username} has other characters than A-Z a-z 0-9 _ . ~ -")
        for topic in (*each.publish, *each.subscribe):
            if not _TOPIC.fullmatch(topic):
                raise ValueError(f"{topic!r} is not a topic filter that a broker's file can hold")


def write_private(file: Path, content: bytes) -> None:
    """Replace a file in one step; only its owner can read it, from its first byte on. Durable on return."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def client_id_of(credential: Credential, part: str = "") -> str:
    """A client id that stays the same and that nobody else can guess: `wk-alerting-main-3f9c...`.

    A broker hands a session to whoever signs in with its client id, whatever the account: with a plain name any
    device's password would be enough to cut off an alarm service.
    """
    secret = hashlib.sha256(f"{credential.username} {credential.password}".encode()).hexdigest()[:16]
    return "-".join(filter(None, (credential.username, part, secret)))
