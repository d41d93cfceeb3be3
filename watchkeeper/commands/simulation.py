"""The command that simulates devices, or tells a running fleet what to break."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from watchkeeper.commands import options


def simulate(
    context: typer.Context,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="Break a device: entrapment:E-03 (repeatable)")
    ] = None,
    repair: Annotated[list[str] | None, typer.Option("--repair", help="Mend a device: E-03 (repeatable)")] = None,
    random_faults: Annotated[
        bool, typer.Option("--random-faults", help="Break and mend at random, by the seed")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same day")] = 1,
    site: Annotated[str, typer.Option("--site", help="The site to simulate")] = "demo",
    config: options.Config = None,
    data: options.Data = None,
    mqtt_host: options.MqttHost = None,
    mqtt_port: options.MqttPort = None,
) -> None:
    """Simulate the registered devices of a site. With --fault or --repair, tell the fleet that runs already."""
    settings = options.settings_of(context)
    from simulators.control import parse_fault
    from simulators.faults import Act
    from watchkeeper.simulation import simulate_site

    acts = [Act(device, name) for name, device in map(parse_fault, fault or [])]
    acts += [Act(device, None) for device in repair or []]
    told = asyncio.run(simulate_site(settings, site=site, acts=acts, random_faults=random_faults, seed=seed))
    for act in told:
        typer.echo(f"{act.device}: {act.fault or 'mended'}")
