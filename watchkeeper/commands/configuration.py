"""Commands about config: check it, make servers ready, load a property, print a payload's schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import NotFound
from watchkeeper.commands import options


def check_config(context: typer.Context, config: options.Config = None) -> None:
    """Load every config file and say what is wrong, without starting anything."""
    settings = options.settings_of(context)
    from devices.registry import kinds
    from watchkeeper.config_files import load_config, load_property

    configuration = load_config(settings.config, kinds())
    rules, templates, duties = configuration.rules, configuration.templates, configuration.duties.duties
    typer.echo(f"{settings.config}: {len(rules)} rules, {len(templates)} order templates, {len(duties)} duties")
    for path in sorted((settings.config / "property").glob("*.toml")):
        content = load_property(path, kinds())
        typer.echo(f"{path}: {len(content.sites)} sites, {len(content.devices)} devices")


def reload(context: typer.Context, config: options.Config = None, data: options.Data = None) -> None:
    """Put the config folder in force without a restart.

    Rules, fault codes, work orders, people, channels, escalation, duties and maintenance windows follow. Files with a
    mistake change nothing. Settings of the processes, secrets behind a channel that is declared as before, and kinds of
    devices are read at the next start.
    """
    settings = options.settings_of(context)
    from devices.registry import kinds
    from watchkeeper.composition import RELOAD, opened_ledger, put_in_force
    from watchkeeper.config_files import load_config

    configuration = load_config(settings.config, kinds())
    with opened_ledger(settings) as ledger:
        revised = put_in_force(ledger, configuration, RELOAD)
    if not revised.changes:
        typer.echo(f"revision {revised.revision.number} is in force already: nothing changed")
        return
    typer.echo(f"revision {revised.revision.number} is in force")
    for what in ("added", "changed", "removed"):
        for rule in getattr(revised.changes, what):
            typer.echo(f"  {what:8} {rule}")
    for part in revised.changes.arrangements:
        typer.echo(f"  revised  {part}")


def prepare(
    context: typer.Context,
    property_file: Annotated[
        Path | None, typer.Option("--property", help="Load this property, unless its site is there already")
    ] = None,
    broker_accounts: Annotated[
        Path | None, typer.Option("--broker-accounts", help="Write Mosquitto's password file and access list here")
    ] = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make the servers of an installation ready: ledger, history, property, first sign-in, broker accounts."""
    settings = options.settings_of(context)
    from watchkeeper.first_start import prepare_servers

    sign_in = prepare_servers(settings, property_file, broker_accounts)
    typer.echo(f"prepared; sign in as {sign_in}" if sign_in else "prepared")


def import_property(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A property file (TOML), or a spreadsheet of devices saved as CSV")],
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Load sites, devices and routes into the registry. Importing again updates them; no device is removed.

    Routes that a file with routes has no more are retired: they are not walked, and their rounds are kept.
    """
    settings = options.settings_of(context)
    from watchkeeper.composition import import_into_registry

    sites, devices = import_into_registry(settings, file)
    typer.echo(f"{file}: {sites} sites and {devices} devices are in the registry")


def schema(kind: Annotated[str, typer.Argument(help="Name of a kind, such as elevator")]) -> None:
    """Print the JSON Schema of a kind's payload, for device vendors."""
    from devices.registry import kinds
    from devices.schema import payload_schema

    if kind not in kinds():
        raise NotFound(f"there is no kind {kind!r}; there are {', '.join(sorted(kinds()))}")
    typer.echo(json.dumps(payload_schema(kinds()[kind]), ensure_ascii=False, indent=2))
