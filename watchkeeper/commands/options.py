"""Options that several commands share, each also an environment variable (`watchkeeper.settings`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watchkeeper.settings import BrokerChoice, Settings, load_settings

Config = Annotated[
    Path | None, typer.Option("--config", help="Folder of rules.toml, orders.toml ... [default: shipped]")
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder of ledger, history and credentials [default: data]")]
HttpHost = Annotated[str | None, typer.Option("--http-host", help="Address to listen on [default: 127.0.0.1]")]
HttpPort = Annotated[int | None, typer.Option("--http-port", help="Port of console and API [default: 8080]")]
HttpCertificate = Annotated[Path | None, typer.Option("--http-certificate", help="TLS certificate chain, PEM")]
HttpKey = Annotated[Path | None, typer.Option("--http-key", help="Its private key, PEM")]
MqttHost = Annotated[str | None, typer.Option("--mqtt-host", help="Address of the broker [default: 127.0.0.1]")]
MqttPort = Annotated[int | None, typer.Option("--mqtt-port", help="Port of the broker [default: 1883]")]
MqttBind = Annotated[
    str | None, typer.Option("--mqtt-bind", help="Address where `run`'s broker listens [default: 127.0.0.1]")
]
MqttCertificate = Annotated[Path | None, typer.Option("--mqtt-certificate", help="Its TLS certificate chain, PEM")]
MqttKey = Annotated[Path | None, typer.Option("--mqtt-key", help="Its private key, PEM")]
MqttDeviceCa = Annotated[
    Path | None,
    typer.Option("--mqtt-device-ca", help="Who signs devices' certificates, PEM; each then needs one, no password"),
]
Broker = Annotated[BrokerChoice | None, typer.Option("--broker", help="Which broker `run` uses [default: auto]")]
IngestReplicas = Annotated[
    int | None, typer.Option("--ingest-replicas", help="How many `serve ingest` share the messages [default: 1]")
]
IngestOrdinal = Annotated[
    int | None, typer.Option("--ingest-ordinal", help="Which of them this one is, from 0 [default: 0]")
]
InsecureLan = Annotated[
    bool | None, typer.Option("--insecure-lan", help="Allow leaving this machine without TLS of our own")
]


def settings_of(context: typer.Context) -> Settings:
    """The settings, with the options of this call that are settings by name. Raises ConfigError."""
    return load_settings(**{name: value for name, value in context.params.items() if name in Settings.model_fields})
