"""Command: scenarios on a server that runs, one after the other, as `watchkeeper scenario run --live` plays them.

Promises: what is asked for wrongly is refused before anything is sent; each step is shown as it goes. Leaves to others:
the play (`play`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from devices.registry import kinds
from domain.errors import ConfigError, Invalid, WatchkeeperError
from domain.kinds import Kind
from simulators.scenario import Scenario
from simulators.wire import Link, Login, Place
from watchkeeper.broker_accounts import SIMULATOR, address_for
from watchkeeper.clocks import open_clock
from watchkeeper.config_files import load_config
from watchkeeper.config_scenarios import load_scenario
from watchkeeper.config_toml import read_toml
from watchkeeper.rehearsal.live.play import LivePlay
from watchkeeper.rehearsal.live.server import Server
from watchkeeper.settings import Settings


def play_on(address: str, settings: Settings, files: Sequence[Path], tokens: Path | None, *, quiet: bool) -> None:
    """Play the files on the server at `address`. Raises WatchkeeperError when something went otherwise."""
    if not files:
        raise Invalid("name the scenario files to play live; not every shipped one can be")
    known = dict(kinds())
    configuration = load_config(settings.config, known)
    scripts = [load_scenario(file, settings.config, known, configuration) for file in files]
    server = Server(address, _tokens(tokens))
    missed = asyncio.run(_play_all(scripts, known, server, settings, quiet=quiet))
    if missed:
        raise WatchkeeperError(f"{missed} of {len(scripts)} scenarios went otherwise than expected")


def _tokens(file: Path | None) -> dict[str, str]:
    if file is None:
        raise Invalid('tokens: name a file with a line for each person who acts, like lin = "wk_..."')
    found = read_toml(file)
    for name, token in found.items():
        if not isinstance(token, str):
            raise ConfigError(file=file.name, place=name, problem="it is no token", remedy='Write it like "wk_...".')
    return found


async def _play_all(
    scripts: Sequence[Scenario], known: Mapping[str, Kind], server: Server, settings: Settings, *, quiet: bool
) -> int:
    """How many went otherwise than expected."""
    clock = open_clock(settings)
    address, client_id = address_for(settings, SIMULATOR)
    login = Login(f"{client_id}-{secrets.token_hex(3)}", address.username, address.password)
    failed = 0
    async with Link(Place(address.host, address.port), login) as link:
        await link.ready()
        for script in scripts:
            if not quiet:
                typer.echo(f"{script.name}: {script.title.en} ({script.stands_for})")
            try:
                missed = await _play(LivePlay(script, known, server, link, clock), quiet=quiet)
            except Invalid as refusal:
                typer.echo(f"                NOT PLAYED: {refusal}")
                missed = 1
            typer.echo(f"{'FAILED' if missed else 'passed'}  {script.name}")
            failed += bool(missed)
    return failed


async def _play(play: LivePlay, *, quiet: bool) -> int:
    """How much was missed."""
    missed = 0
    async for played in play.run():
        missed += len(played.problems)
        if played.problems or not quiet:
            typer.echo(f"  {played.shown}  {played.what}")
        for problem in played.problems:
            typer.echo(f"                MISSED: {problem}")
    return missed
