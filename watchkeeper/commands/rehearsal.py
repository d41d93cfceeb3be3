"""Commands that rehearse: scenarios, and days of chance."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import WatchkeeperError
from watchkeeper.commands import options
from watchkeeper.settings import load_settings

scenarios = typer.Typer(help="Scripts of what happens and what must come of it.", no_args_is_help=True)


@scenarios.callback()
def _group() -> None:
    """Scripts of what happens and what must come of it."""


@scenarios.command("run")
def run_scenarios(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="Scenario files [default: all of the config]")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only one line a scenario, and what was missed")] = False,
    restarts: Annotated[bool, typer.Option("--restarts", help="Kill alerting after every line")] = False,
    live: Annotated[
        str | None, typer.Option("--live", metavar="URL", help="Play them on the server that runs there")
    ] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", min=0.01, max=1000, help="How fast that server's clock runs [default: 1]")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="INSTANT", help="Since when, as the server said at its start")
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help='With --live: a bearer token a person, `lin = "wk_..."`, TOML')
    ] = None,
    mqtt_host: options.MqttHost = None,
    mqtt_port: options.MqttPort = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Play scenarios in simulated time, step by step. Exit code 1 when something was not as expected.

    With --restarts alerting is killed and starts again after every line of those that say nothing against it.

    With --live they are played on a server that runs: devices report by MQTT (with WATCHKEEPER_MQTT_USERNAME and
    _MQTT_PASSWORD, or with the simulators' account of --data), people act through its API.
    """
    if live is not None:
        from watchkeeper.rehearsal.live.command import play_on

        told = {"mqtt_host": mqtt_host, "mqtt_port": mqtt_port, "config": config, "data": data}
        given = load_settings(**told, clock_speed=speed, clock_from=since)
        play_on(live, given, files or [], tokens, quiet=quiet)
        return
    settings = options.settings_of(context)
    from devices.registry import kinds
    from watchkeeper.config_files import load_config
    from watchkeeper.config_scenarios import load_scenario, shipped_scenarios
    from watchkeeper.rehearsal.script import Play

    known = dict(kinds())
    configuration = load_config(settings.config, known)
    failed = 0
    paths = files or shipped_scenarios(settings.config)
    for path in paths:
        script = load_scenario(path, settings.config, known, configuration)
        if not quiet:
            typer.echo(f"{script.name}: {script.title.en} ({script.stands_for})")
        missed = 0
        for played in Play(script, known, configuration, restarts=restarts and script.restarts).run():
            missed += len(played.problems)
            if played.problems or not quiet:
                typer.echo(f"  {played.shown}  {played.what}")
            for problem in played.problems:
                typer.echo(f"                MISSED: {problem}")
        typer.echo(f"{'FAILED' if missed else 'passed'}  {script.name}")
        failed += bool(missed)
    if failed:
        raise WatchkeeperError(f"{failed} of {len(paths)} scenarios went otherwise than expected")


def rehearse(
    context: typer.Context,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds")] = 20,
    first: Annotated[int, typer.Option("--first", min=0, help="The first seed")] = 1,
    days: Annotated[float, typer.Option("--days", min=0.01, help="How long each is, in simulated days")] = 1.0,
    devices: Annotated[int, typer.Option("--devices", min=1, max=10_000, help="Devices of each")] = 50,
    every: Annotated[int, typer.Option("--every", min=1, help="Minutes between two reports of a device")] = 10,
    sqlite: Annotated[
        bool, typer.Option("--sqlite", help="Rows in SQLite, not in memory: three times as long")
    ] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, help="Processes [default: one a processor]")] = None,
    config: options.Config = None,
) -> None:
    """Play days of chance, each from a seed, and hold alerting to what it promises after every step.

    Devices of every kind say plausible, broken and hostile things, people act, processes die and plugs are pulled. Exit
    code 1 when something broke; the same seed alone plays it again.
    """
    settings = options.settings_of(context)
    from rich.progress import track

    from watchkeeper.rehearsal.day import Course
    from watchkeeper.rehearsal.ledgers import LedgerType
    from watchkeeper.rehearsal.seeds import play_seeds

    ledger = LedgerType.SQLITE if sqlite else LedgerType.MEMORY
    course = Course(days=days, devices=devices, every=timedelta(minutes=every), ledger=ledger)
    numbers = range(first, first + seeds)
    played = play_seeds(numbers, course, settings.config, jobs=jobs or os.cpu_count() or 1)
    messages = events = failed = 0
    for result in track(played, description="rehearsing", total=seeds):
        if result.outcome is None:
            failed += 1
            typer.echo(f"BROKEN {result.broken}", err=True)
            options_again = f"--days {days:g} --devices {devices} --every {every}{' --sqlite' * sqlite}"
            typer.echo(f"again: watchkeeper rehearse --first {result.seed} --seeds 1 {options_again}", err=True)
        else:
            messages += result.outcome.messages
            events += sum(result.outcome.events.values())
    typer.echo(f"{seeds - failed} of {seeds} seeds held: {messages} messages judged, {events} events written")
    if failed:
        raise WatchkeeperError(f"{failed} of {seeds} seeds broke something")
