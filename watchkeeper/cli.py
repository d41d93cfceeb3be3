"""The command line.

Promises: every error that Watchkeeper raises on purpose is one readable sentence on standard error and an exit code
(below); nothing heavy is imported before a command needs it. Leaves to others: the work of each command.

Exit codes: 0 done, 1 unexpected, 2 usage, 3 a setting or config file is wrong, 4 refused, 5 a part is unavailable,
6 the ledger is damaged.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from domain.errors import ConfigError, LedgerDamaged, Refused, Unavailable, WatchkeeperError
from watchkeeper import __version__
from watchkeeper.commands import (
    accounts,
    broker,
    care,
    configuration,
    history,
    ledger,
    options,
    rehearsal,
    rules,
    simulation,
)
from watchkeeper.settings import Role

_EXIT_CODES: tuple[tuple[type[WatchkeeperError], int], ...] = (
    (ConfigError, 3),
    (Refused, 4),
    (Unavailable, 5),
    (LedgerDamaged, 6),
    (WatchkeeperError, 1),
)

app = typer.Typer(
    name="watchkeeper",
    help="Watches the equipment and the rounds of a property.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(accounts.tokens, name="token")
app.add_typer(accounts.people, name="user")
app.add_typer(history.app, name="history")
app.add_typer(broker.app, name="broker")
app.add_typer(ledger.app, name="ledger")
app.add_typer(rules.app, name="rules")
app.add_typer(rehearsal.scenarios, name="scenario")
app.command("prepare")(configuration.prepare)
app.command("check-config")(configuration.check_config)
app.command("import")(configuration.import_property)
app.command("schema")(configuration.schema)
app.command("reload")(configuration.reload)
app.command("backup")(care.backup)
app.command("restore")(care.restore)
app.command("simulate")(simulation.simulate)
app.command("rehearse")(rehearsal.rehearse)


@app.command()
def run(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Watch the demo property, with simulated devices")] = False,
    config: options.Config = None,
    data: options.Data = None,
    http_host: options.HttpHost = None,
    http_port: options.HttpPort = None,
    http_certificate: options.HttpCertificate = None,
    http_key: options.HttpKey = None,
    mqtt_port: options.MqttPort = None,
    mqtt_bind: options.MqttBind = None,
    mqtt_certificate: options.MqttCertificate = None,
    mqtt_key: options.MqttKey = None,
    mqtt_device_ca: options.MqttDeviceCa = None,
    broker: options.Broker = None,
    insecure_lan: options.InsecureLan = None,
) -> None:
    """Run everything on this machine, supervised, until Ctrl-C."""
    settings = options.settings_of(context)
    from watchkeeper.machine import run_machine

    raise typer.Exit(run_machine(settings, demo=demo))


@app.command()
def serve(
    context: typer.Context,
    roles: Annotated[
        list[Role], typer.Argument(help="Roles of this process; ingest and api share the embedded history")
    ],
    config: options.Config = None,
    data: options.Data = None,
    http_host: options.HttpHost = None,
    http_port: options.HttpPort = None,
    http_certificate: options.HttpCertificate = None,
    http_key: options.HttpKey = None,
    mqtt_host: options.MqttHost = None,
    mqtt_port: options.MqttPort = None,
    insecure_lan: options.InsecureLan = None,
    ingest_replicas: options.IngestReplicas = None,
    ingest_ordinal: options.IngestOrdinal = None,
    drain: Annotated[
        int | None, typer.Option("--drain", help="Take this ordinal of ingest out: store what it still holds, then end")
    ] = None,
) -> None:
    """Run one or more roles in this process until SIGTERM."""
    settings = options.settings_of(context)
    if drain is not None:
        if roles != [Role.INGEST]:
            raise typer.BadParameter("--drain takes out an ordinal of ingest: `serve ingest --drain 1`")
        from watchkeeper.draining import drain as take_out

        typer.echo(take_out(settings, drain))
        return
    from watchkeeper.roles import serve_roles

    serve_roles(settings, frozenset(roles))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"watchkeeper {__version__}")


def main() -> None:
    """The entry point: runs the command, turns errors into sentences and exit codes."""
    try:
        app(standalone_mode=True)
    except WatchkeeperError as error:
        typer.echo(f"watchkeeper: {error}", err=True)
        sys.exit(next(code for kind, code in _EXIT_CODES if isinstance(error, kind)))
