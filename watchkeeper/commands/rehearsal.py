"""Commands that rehearse: scenarios, and days of chance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from domain.errors import WatchkeeperError
from watchkeeper.commands import options

scenarios = typer.Typer(help="Scripts of what happens and what must come of it.", no_args_is_help=True)


@scenarios.callback()
def _group() -> None:
    """Scripts of what happens and what must come of it."""


@scenarios.command("run")
def run_scenarios(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="Scenario files [default: all of the config]")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only one line a scenario, and what was missed")] = False,
    config: options.Config = None,
) -> None:
    """Play scenarios in simulated time, step by step. Exit code 1 when something was not as expected."""
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
        for played in Play(script, known, configuration).run():
            missed += len(played.problems)
            if played.problems or not quiet:
                typer.echo(f"  {played.shown}  {played.what}")
            for problem in played.problems:
                typer.echo(f"                MISSED: {problem}")
        typer.echo(f"{'FAILED' if missed else 'passed'}  {script.name}")
        failed += bool(missed)
    if failed:
        raise WatchkeeperError(f"{failed} of {len(paths)} scenarios went otherwise than expected")
