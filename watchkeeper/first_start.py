"""What a data folder needs before anything can run in it.

Promises: done once, found done the next time: the ledger, the demo property, the first sign-in, the broker's accounts
and files. Leaves to others: running the processes (`watchkeeper.machine`).
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from domain.assets import Device
from domain.errors import ConfigError
from domain.people import Role
from watchkeeper.settings import BrokerChoice, Settings
from watchkeeper.supervisor import Program

FIRST_PERSON = "admin"
_SIGN_IN_FILE = "first-sign-in.txt"


class Prepared(msgspec.Struct, frozen=True):
    """What the machine needs to know: the broker to run (None for an external one) and what to tell the user."""

    broker: Program | None
    broker_told: str
    sign_in: str | None
    logins: tuple[Path, ...]
    environment: dict[str, str]


def prepare(settings: Settings, *, demo: bool) -> Prepared:
    """Make ready whatever one machine needs. Raises ConfigError for a config that cannot be used."""
    devices, sign_in = prepare_ledger(settings, settings.config / "property" / "demo.toml" if demo else None)
    return _with_broker(settings, devices, sign_in)


def prepare_ledger(settings: Settings, content: Path | None) -> tuple[Sequence[Device], str | None]:
    """The ledger with a property, if `content` names one, and a first person; its devices and the first sign-in.

    A site that the registry has already is left as people made it.
    """
    from devices.registry import kinds
    from watchkeeper.composition import import_into_registry, opened_ledger
    from watchkeeper.config_files import load_property
    from watchkeeper.starting import starting_config

    sites = {site.id for site in load_property(content, kinds()).sites} if content is not None else set()
    with opened_ledger(settings) as ledger:
        starting_config(settings, ledger)  # refuses what no role could start with
        with ledger.read() as rows:
            known = {site.id for site in rows.devices.sites()} & {route.site for route in rows.routes.every()}
            anybody = bool(rows.accounts.people())
        sign_in = _known_sign_in(settings) if anybody else _first_sign_in(settings)
    if content is not None and not sites <= known:
        import_into_registry(settings, content)
    with opened_ledger(settings) as ledger, ledger.read() as rows:
        return rows.devices.every(), sign_in


def prepare_servers(settings: Settings, content: Path | None, accounts: Path | None) -> str | None:
    """Make ready the servers that somebody else runs: tables, history, property, the broker's accounts into a folder.

    Returns the first sign-in. Doing it again changes nothing that is there.
    """
    from adapters.broker.mosquitto import write_accounts
    from adapters.ledger import migrate
    from watchkeeper.broker_accounts import broker_accounts, write_demo_logins
    from watchkeeper.composition import prepare_history

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate(settings.ledger_address)
    prepare_history(settings)
    devices, sign_in = prepare_ledger(settings, content)
    if accounts is not None:
        credentials = broker_accounts(settings, devices)
        accounts.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_accounts(accounts, credentials)
        write_demo_logins(settings, devices, credentials)
    return sign_in


def _first_sign_in(settings: Settings) -> str:
    from adapters.broker.credentials import write_private
    from api.accounts import create_person
    from watchkeeper.composition import SYSTEM, opened_ledger

    password = secrets.token_urlsafe(12)
    with opened_ledger(settings) as ledger:
        create_person(ledger, name=FIRST_PERSON, role=Role.ADMIN, password=password, at=datetime.now(UTC), actor=SYSTEM)
    sign_in = f"{FIRST_PERSON} / {password}"
    write_private(settings.data / _SIGN_IN_FILE, f"{sign_in}\n".encode())
    return sign_in


def _known_sign_in(settings: Settings) -> str | None:
    file = settings.data / _SIGN_IN_FILE
    return file.read_text().strip() if file.exists() else None


def _with_broker(settings: Settings, devices: Sequence[Device], sign_in: str | None) -> Prepared:
    from adapters.broker.embedded import embedded_command, write_embedded_config
    from adapters.broker.mosquitto import find_mosquitto, mosquitto_command, write_mosquitto_files
    from watchkeeper.broker_accounts import BROKER_FOLDER, broker_accounts, write_demo_logins

    if settings.broker is BrokerChoice.EXTERNAL:
        told = f"{settings.mqtt_host}:{settings.mqtt_port}, run by somebody else"
        return Prepared(None, told, sign_in, (), {})
    accounts = broker_accounts(settings, devices)
    logins = tuple(write_demo_logins(settings, devices, accounts))
    folder = settings.data / BROKER_FOLDER
    program = None if settings.broker is BrokerChoice.EMBEDDED else find_mosquitto()
    if program is not None:
        certificate = None
        if settings.mqtt_certificate is not None and settings.mqtt_key is not None:
            certificate = (settings.mqtt_certificate, settings.mqtt_key)
        inner_port = _free_port() if certificate else None  # our own services need no TLS within the machine
        configuration = write_mosquitto_files(
            folder,
            port=settings.mqtt_port,
            bind=settings.mqtt_bind,
            certificate=certificate,
            device_ca=settings.mqtt_device_ca,
            inner_port=inner_port,
            credentials=accounts,
        )
        broker = Program("broker", mosquitto_command(program, configuration), base=True)
        environment = {"WATCHKEEPER_BROKER": BrokerChoice.MOSQUITTO.value}
        if inner_port is not None:
            environment["WATCHKEEPER_MQTT_INNER_PORT"] = str(inner_port)
        told = f"Mosquitto on {settings.mqtt_bind}:{settings.mqtt_port}" + (" with TLS" if certificate else "")
        told += " and certificates of devices" if settings.mqtt_device_ca else ""
        return Prepared(broker, told, sign_in, logins, environment)
    if settings.broker is BrokerChoice.MOSQUITTO:
        raise ConfigError(
            file="settings",
            place="broker",
            problem="Mosquitto is not installed",
            remedy="Install it (Debian: apt install mosquitto), or set --broker embedded.",
        )
    inner_port = _free_port()
    configuration = write_embedded_config(folder, port=settings.mqtt_port, inner_port=inner_port, credentials=accounts)
    told = f"embedded on port {settings.mqtt_port} (not durable; install Mosquitto for more than trying out)"
    broker = Program("broker", embedded_command(configuration), base=True)
    environment = {
        "WATCHKEEPER_BROKER": BrokerChoice.EMBEDDED.value,
        "WATCHKEEPER_MQTT_INNER_PORT": str(inner_port),
    }
    return Prepared(broker, told, sign_in, logins, environment)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
