"""Settings: what differs between one installation and another.

Promises: every setting is an option of the command line and an environment variable `WATCHKEEPER_<NAME>`; an unknown
`WATCHKEEPER_` variable or a contradiction is refused with its remedy. Leaves to others: rules, templates and the
property, which are config files (`watchkeeper.config_files`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigError

PREFIX = "WATCHKEEPER_"

# Read by the Makefile and the tests, not by the product.
_OTHERS = frozenset({"WATCHKEEPER_REQUIRE_SERVICES", "WATCHKEEPER_SEEDS"})

MOST_REPLICAS = 64
"""Ingest processes of one installation. One of them stores more than a property company sends (`bench/`)."""

Port = Annotated[int, Field(ge=1, le=65535)]


class BrokerChoice(StrEnum):
    """Which broker `run` uses."""

    AUTO = "auto"  # an installed Mosquitto, else the embedded one
    MOSQUITTO = "mosquitto"
    EMBEDDED = "embedded"
    EXTERNAL = "external"  # one that somebody else runs, at mqtt_host and mqtt_port


class Role(StrEnum):
    """What a process can do. Each runs alone in production; on one machine `ingest` and `api` share the history."""

    INGEST = "ingest"
    ALERTING = "alerting"
    API = "api"


class HistoryChoice(StrEnum):
    """Where readings are kept."""

    DUCKDB = "duckdb"  # embedded, in the data folder, owned by one process
    INFLUXDB = "influxdb"  # a server, shared by any number of processes


class HistoryMode(StrEnum):
    """Which InfluxDB `history_url` names."""

    V1 = "v1"  # 1.6 or newer: database, user name and password
    V2 = "v2"  # 2.x, 3.x: bucket, organisation and token


class LogFormat(StrEnum):
    """How log lines are written."""

    CONSOLE = "console"
    JSON = "json"


def shipped_config() -> Path:
    """The config folder that comes with the code."""
    return Path(__file__).resolve().parent.parent / "config"


class Settings(BaseSettings):
    """All settings. Ports are TCP; sizes carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    config: Path = Field(default_factory=shipped_config)
    data: Path = Path("data")
    http_host: str = "127.0.0.1"
    http_port: Port = 8080
    http_certificate: Path | None = None
    http_key: Path | None = None
    mqtt_host: str = "127.0.0.1"
    mqtt_port: Port = 1883
    mqtt_inner_port: Port | None = None  # for our own sessions, where it is not mqtt_port; `run` sets it
    mqtt_bind: str = "127.0.0.1"
    mqtt_certificate: Path | None = None
    mqtt_key: Path | None = None
    mqtt_username: str | None = None
    mqtt_password: SecretStr | None = None
    mqtt_ca: Path | None = None
    mqtt_client_certificate: Path | None = None  # of our own sessions, for a broker that asks for one
    mqtt_client_key: Path | None = None
    mqtt_device_ca: Path | None = None  # signs devices' certificates; `run`'s broker then asks for one
    mqtt_client_suffix: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,32}$")
    broker: BrokerChoice = BrokerChoice.AUTO
    ledger_url: str | None = None
    history: HistoryChoice = HistoryChoice.DUCKDB
    history_url: str | None = Field(default=None, pattern=r"^https?://[^@\s]+$")
    history_mode: HistoryMode = HistoryMode.V2
    history_bucket: str = Field(default="watchkeeper", pattern=r"^[A-Za-z0-9_.-]{1,64}$")  # the database of 1.x
    history_org: str | None = None
    history_token: SecretStr | None = None
    history_username: str | None = None
    history_password: SecretStr | None = None
    history_memory_mib: int = Field(default=192, ge=64, le=65536)
    history_retention_days: int | None = Field(default=None, ge=1)
    metrics_host: str = "127.0.0.1"
    metrics_port: Port | None = None  # of a process without the API; the API has its own /metrics
    ledger_retention_days: int | None = Field(default=None, ge=30)  # events, and what ended with them
    position_retention_days: int = Field(default=90, ge=0)  # readings that say where a guard was; 0: as all others
    ingest_replicas: int = Field(default=1, ge=1, le=MOST_REPLICAS)  # how many `serve ingest` share the messages
    ingest_ordinal: int = Field(default=0, ge=0, lt=MOST_REPLICAS)  # which of them this process is, from 0
    files_mib: int = Field(default=4096, ge=0, le=1024 * 1024)  # all files of work orders together
    spool_mib: int = Field(default=512, ge=0, le=1024 * 1024)  # 0: none, messages wait at the broker
    clock_speed: float = Field(default=1.0, gt=0, le=1000)  # for rehearsals: how fast time runs
    clock_from: datetime | None = None  # and since when; `run` sets it
    insecure_lan: bool = False
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @property
    def ledger_address(self) -> str:
        """The ledger's SQLAlchemy URL: a SQLite file in the data folder unless set."""
        return self.ledger_url or f"sqlite:///{(self.data / 'ledger.sqlite').resolve()}"

    @property
    def history_folder(self) -> Path:
        """Where the embedded history lives."""
        return self.data / "history"

    @property
    def files_folder(self) -> Path:
        """Where the files of work orders are."""
        return self.data / "files"

    def spool_folder(self, ordinal: int) -> Path:
        """Where messages wait while history is away. Of its own for each ingest that shares a data folder."""
        name = self.mqtt_client_suffix or "ingest"
        return self.data / "spool" / (f"{name}-{ordinal}" if ordinal else name)

    @property
    def console_folder(self) -> Path | None:
        """The built console, if it was built."""
        built = Path(__file__).resolve().parent.parent / "console" / "dist"
        return built if (built / "index.html").is_file() else None

    @property
    def http_address(self) -> str:
        """Where a browser on this machine finds the console."""
        scheme = "https" if self.http_certificate else "http"
        host = "localhost" if self.http_host in ("0.0.0.0", "::", "127.0.0.1") else self.http_host  # noqa: S104
        return f"{scheme}://{host}:{self.http_port}"

    def environment(self) -> dict[str, str]:
        """The settings as variables, so that child processes see what this one was told."""
        told: dict[str, str] = {}
        for name in self.model_fields_set:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = value.get_secret_value()
            if value is not None:
                told[PREFIX + name.upper()] = str(value.resolve() if isinstance(value, Path) else value)
        return told


def load_settings(**options: Any) -> Settings:
    """The settings of the environment, overridden by `options` that are not None. Raises ConfigError."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for variable in sorted(os.environ):
        ours = variable.startswith(PREFIX) and not variable.startswith(f"{PREFIX}TEST_")
        if ours and variable not in known | _OTHERS:
            near = difflib.get_close_matches(variable, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Known are: " + ", ".join(sorted(known)) + "."
            raise ConfigError(file="environment", place=variable, problem="no such setting", remedy=remedy)
    try:
        settings = Settings(**{name: value for name, value in options.items() if value is not None})
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise ConfigError(
            file="settings",
            place=name,
            problem=first["msg"],
            remedy=f"Change --{name.replace('_', '-')} or {PREFIX}{name.upper()}.",
        ) from error
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    def refuse(place: str, problem: str, remedy: str) -> None:
        raise ConfigError(file="settings", place=place, problem=problem, remedy=remedy)

    if not settings.config.is_dir():
        refuse("config", f"{settings.config} is not a folder", "Name the folder that holds rules.toml with --config.")
    if bool(settings.http_certificate) != bool(settings.http_key):
        refuse("http_certificate", "a certificate needs its key and a key its certificate", "Set both, or neither.")
    if not is_loopback(settings.http_host) and not settings.http_certificate and not settings.insecure_lan:
        refuse(
            "http_host",
            f"{settings.http_host} leaves this machine without TLS",
            "Set --http-certificate and --http-key, or --insecure-lan if a proxy in front of it does TLS.",
        )
    _refuse_history(settings, refuse)
    _refuse_replicas(settings, refuse)
    if bool(settings.mqtt_certificate) != bool(settings.mqtt_key):
        refuse("mqtt_certificate", "a certificate needs its key and a key its certificate", "Set both, or neither.")
    if bool(settings.mqtt_client_certificate) != bool(settings.mqtt_client_key):
        refuse("mqtt_client_certificate", "it needs its key and a key its certificate", "Set both, or neither.")
    if settings.mqtt_client_certificate and not settings.mqtt_ca:
        refuse("mqtt_ca", "a certificate of our own is for TLS", f"Set {PREFIX}MQTT_CA to the broker's authority.")
    if settings.mqtt_device_ca and not settings.mqtt_certificate:
        refuse("mqtt_certificate", "devices show certificates by TLS alone", "Set --mqtt-certificate and --mqtt-key.")
    if not is_loopback(settings.mqtt_bind) and not settings.mqtt_certificate and not settings.insecure_lan:
        refuse(
            "mqtt_bind",
            f"{settings.mqtt_bind} leaves this machine without TLS",
            "Set --mqtt-certificate and --mqtt-key, or --insecure-lan for a network of devices alone.",
        )
    if settings.broker is BrokerChoice.EMBEDDED and settings.mqtt_certificate:
        refuse("mqtt_certificate", "the embedded broker has no TLS", "Install Mosquitto, or leave it on loopback.")
    if settings.http_port == settings.mqtt_port and settings.broker is not BrokerChoice.EXTERNAL:
        refuse("mqtt_port", "the broker and the console cannot share a port", "Change --mqtt-port or --http-port.")


def _refuse_history(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    told = settings.model_fields_set
    if settings.history is HistoryChoice.DUCKDB:
        for name in ("history_url", "history_org", "history_token", "history_username", "history_password"):
            if getattr(settings, name) is not None:
                refuse(name, "the embedded history has no server", "Set --history influxdb, or leave this out.")
        return
    if settings.history_url is None:
        refuse("history_url", "an InfluxDB needs an address", "Set it, like http://localhost:8086.")
    if "history_memory_mib" in told:
        refuse("history_memory_mib", "this bounds the embedded history", "Leave it out: InfluxDB has its own limits.")
    of_v1, of_v2 = ("history_username", "history_password"), ("history_org", "history_token")
    old = settings.history_mode is HistoryMode.V1
    if old and bool(settings.history_username) != bool(settings.history_password):
        refuse("history_password", "a user name needs a password and a password a user name", "Set both, or none.")
    for name in of_v2:
        if not old and not getattr(settings, name):
            refuse(name, "InfluxDB 2.x asks for it", f"Set {PREFIX}{name.upper()}, or {PREFIX}HISTORY_MODE=v1.")
    for name in of_v2 if old else of_v1:
        if getattr(settings, name) is not None:
            other = HistoryMode.V2 if old else HistoryMode.V1
            refuse(name, f"this is for InfluxDB {other}", f"Leave it out, or set {PREFIX}HISTORY_MODE={other}.")


def _refuse_replicas(settings: Settings, refuse: Callable[[str, str, str], None]) -> None:
    if settings.ingest_ordinal >= settings.ingest_replicas:
        refuse(
            "ingest_ordinal",
            f"there is no ordinal {settings.ingest_ordinal} among {settings.ingest_replicas}",
            f"Ordinals count from 0. Set {PREFIX}INGEST_REPLICAS to {settings.ingest_ordinal + 1} or more, for all.",
        )
    if settings.ingest_replicas == 1:
        return
    if settings.history is HistoryChoice.DUCKDB:
        refuse(
            "history",
            f"the embedded history has one owner, and {settings.ingest_replicas} ingest processes want to write it",
            f"Set {PREFIX}HISTORY=influxdb, or {PREFIX}INGEST_REPLICAS=1.",
        )
    if settings.broker is BrokerChoice.EMBEDDED:
        refuse(
            "broker",
            "the embedded broker keeps no session for each of several ingest processes",
            f"Set {PREFIX}BROKER=external with a Mosquitto or EMQX, or {PREFIX}INGEST_REPLICAS=1.",
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: its own name for itself, or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
