"""The broker's accounts of this installation.

Promises: one list of who may sign in to the broker, from the registry; passwords made once and kept in the data folder
(mode 600); what a role or a simulator needs to connect. Leaves to others: what an account may do
(`adapters.broker.credentials`), enforcing it (the broker).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from adapters.broker.address import BrokerAddress
from adapters.broker.credentials import (
    READINGS,
    SERVICE_GRANTS,
    Credential,
    client_id_of,
    commissioning_grant,
    device_grants,
    keep_credentials,
    new_password,
    set_password,
    write_private,
)
from adapters.broker.mosquitto import tell_accounts_changed, write_accounts
from domain.assets import Adoption, Device
from domain.errors import ConfigError, Invalid, NotFound
from watchkeeper.settings import BrokerChoice, Role, Settings

_FILE = "broker-passwords.json"
BROKER_FOLDER = "broker"
"""Where `run` keeps its broker's files, below the data folder."""

_SERVICES = {Role.INGEST: "wk-ingest", Role.ALERTING: "wk-alerting", Role.API: "wk-api"}
SIMULATOR = "wk-simulator"

_NOT_IN_A_GROUP = re.compile(r"[/+#]")


def broker_accounts(settings: Settings, devices: Sequence[Device]) -> tuple[Credential, ...]:
    """Every account: our services, the registry's devices and gateways, and one a site for commissioning."""
    registered = [device for device in devices if device.adoption is Adoption.REGISTERED]
    sites = sorted({device.site for device in registered})
    grants = (*SERVICE_GRANTS, *device_grants(registered), *map(commissioning_grant, sites))
    return keep_credentials(settings.data / _FILE, grants)


def provision(settings: Settings, devices: Sequence[Device]) -> bool:
    """Write the accounts for the broker of this data folder and tell it; whether one was running to be told."""
    folder = settings.data / BROKER_FOLDER
    if not folder.is_dir():
        raise NotFound(f"{folder} is not there: `watchkeeper run` makes it, or the broker is somebody else's")
    write_accounts(folder, broker_accounts(settings, devices))
    return tell_accounts_changed(folder)


def account_of(settings: Settings, devices: Sequence[Device], username: str) -> Credential:
    """One account with its password. Raises NotFound for one that nobody has, or that is revoked."""
    found = next((each for each in broker_accounts(settings, devices) if each.username == username), None)
    if found is None:
        raise NotFound(f"there is no broker account {username!r}, or it is revoked; accounts are named SITE.DEVICE")
    return found


def change_password(settings: Settings, devices: Sequence[Device], username: str, *, revoke: bool) -> bool:
    """Give an account a new password, or take it away, and tell the broker. Raises NotFound for an unknown one."""
    ours = {grant.username for grant in SERVICE_GRANTS}
    known = {grant.username for grant in (*SERVICE_GRANTS, *device_grants(devices))}
    known |= {commissioning_grant(device.site).username for device in devices}
    if username not in known:
        raise NotFound(f"there is no broker account {username!r}; accounts are named SITE.DEVICE")
    if revoke and username in ours:
        raise Invalid(f"{username} is one of our own services: without it nobody watches. Rotate it instead")
    set_password(settings.data / _FILE, username, None if revoke else new_password())
    return provision(settings, devices)


def service_account(settings: Settings, username: str) -> Credential:
    """The account of one of our services. Raises ConfigError when the data folder does not have it yet."""
    grant = next(grant for grant in SERVICE_GRANTS if grant.username == username)
    if not (settings.data / _FILE).exists():
        raise ConfigError(
            file=str(settings.data / _FILE),
            place="the whole file",
            problem="this data folder has no broker accounts",
            remedy="Start `watchkeeper run` with it once, or set WATCHKEEPER_MQTT_USERNAME and _MQTT_PASSWORD.",
        )
    return keep_credentials(settings.data / _FILE, [grant])[0]


def address_for(settings: Settings, username: str, *, part: str = "") -> tuple[BrokerAddress, str]:
    """Where a service connects, and its client id. The settings' own account comes first, then the data folder's.

    `part` tells apart the sessions of one service.
    """
    names = [settings.mqtt_client_suffix, part]
    # the embedded broker's inner port speaks MQTT 5 alone, and simulated devices speak 3.1.1 like real ones
    outside = username == SIMULATOR and settings.broker is BrokerChoice.EMBEDDED
    if settings.mqtt_username is not None:
        password = settings.mqtt_password.get_secret_value() if settings.mqtt_password else ""
        account = Credential(username=settings.mqtt_username, password=password)
        client_id = client_id_of(account, "-".join(filter(None, (username, *names))))
    elif settings.broker is BrokerChoice.EXTERNAL and not (settings.data / _FILE).exists():
        # a broker that lets everybody in: there is nothing that others could not guess
        anonymous = _address(settings, settings.mqtt_port)
        return anonymous, "-".join(filter(None, (username, *names)))
    else:
        account = service_account(settings, username)
        client_id = client_id_of(account, "-".join(filter(None, names)))
    port = settings.mqtt_port if outside else settings.mqtt_inner_port or settings.mqtt_port
    return _address(settings, port, account), client_id


def _address(settings: Settings, port: int, account: Credential | None = None) -> BrokerAddress:
    return BrokerAddress(
        host=settings.mqtt_host,
        port=port,
        username=None if account is None else account.username,
        password=None if account is None else account.password,
        ca=settings.mqtt_ca,
        certificate=settings.mqtt_client_certificate,
        key=settings.mqtt_client_key,
    )


def ingest_part(ordinal: int) -> str:
    """What tells apart the sessions of several ingest processes. Ordinal 0 has the one of a lone ingest."""
    return str(ordinal) if ordinal else ""


def ingest_share(settings: Settings) -> str:
    """The shared subscription of several ingest processes.

    Its group is named like the session of a lone one, which nobody else can guess: a broker deals messages to every
    member of a group, whatever it may read. With a plain name any device could join and make its part of them vanish.
    """
    _, group = address_for(settings, service_of(Role.INGEST))
    return f"$share/{_NOT_IN_A_GROUP.sub('-', group)}/{READINGS}"


def service_of(role: Role) -> str:
    """The broker account of a role."""
    return _SERVICES[role]


def write_demo_logins(settings: Settings, devices: Sequence[Device], accounts: Sequence[Credential]) -> list[Path]:
    """Write `demo-device.env` and `demo-gateway.env` (mode 600) for a shell: user name, password and topic.

    The device is elevator E-03; the gateway the one that it is behind, if any.
    """
    device = next((each for each in devices if each.id == "E-03"), None)
    gateway = next((each for each in devices if device is not None and each.id == device.gateway), None)
    by_name = {account.username: account for account in accounts}
    written = []
    for name, each in (("device", device), ("gateway", gateway)):
        if each is None:
            continue
        account = by_name[f"{each.site}.{each.id}"]
        file = settings.data / f"demo-{name}.env"
        lines = (
            f"# The broker account of {each.id}; read it into a shell with `. {file.name}`",
            f"MQTT_USERNAME={account.username}",
            f"MQTT_PASSWORD={account.password}",
            f"MQTT_TOPIC=wk/v1/{each.site}/{each.kind}/{each.id}",
        )
        write_private(file, ("\n".join(lines) + "\n").encode())
        written.append(file)
    return written
