"""One machine: `watchkeeper run`.

Promises: broker, ingest with API, alerting and, for the demo, the simulators run supervised; the user is told the
address and the first sign-in, and when everything is ready. Leaves to others: keeping the processes running
(`watchkeeper.supervisor`), making the data folder ready (`watchkeeper.first_start`).
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from time import monotonic

import structlog
import typer

from adapters.broker.credentials import SIMULATED_SITE
from domain.errors import ConfigError, WatchkeeperError
from domain.ports.ledger import Ledger
from watchkeeper import __version__
from watchkeeper.broker_accounts import provision
from watchkeeper.claims import claimed
from watchkeeper.composition import opened_ledger
from watchkeeper.first_start import Prepared, prepare
from watchkeeper.logs import configure_logs
from watchkeeper.settings import Settings
from watchkeeper.supervisor import Program, Supervisor

log = structlog.get_logger()

_READY_POLL_SECONDS = 0.2
_ACCOUNTS_EVERY_SECONDS = 5.0
"""How soon a device that was adopted or imported may sign in to the broker."""


def run_machine(settings: Settings, *, demo: bool) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code."""
    began = monotonic()
    if settings.ingest_replicas > 1:
        raise ConfigError(
            file="settings",
            place="ingest_replicas",
            problem="`run` has one ingest",
            remedy="Leave it out here, or start each role by `watchkeeper serve`.",
        )
    configure_logs(settings, "supervisor")
    typer.echo(f"Watchkeeper {__version__}")
    if settings.clock_speed != 1:
        settings = settings.model_copy(
            update={"clock_from": settings.clock_from or datetime.now(UTC).replace(microsecond=0)}
        )
        since = f"since {settings.clock_from:%Y-%m-%dT%H:%M:%SZ}; its data folder serves nothing else"
        typer.echo(f"  REHEARSAL: time runs {settings.clock_speed:g} times as fast {since}")
    with claimed(settings):
        typer.echo(f"  preparing {settings.data.resolve()}")
        prepared = prepare(settings, demo=demo)
        return asyncio.run(_supervise(settings, prepared, demo=demo, began=began))


def programs(settings: Settings, prepared: Prepared, *, demo: bool) -> list[Program]:
    """Everything that runs on one machine, the broker first."""
    environment = {**settings.environment(), **prepared.environment}
    roles = {"ingest+api": ["serve", "ingest", "api"], "alerting": ["serve", "alerting"]}
    if demo:
        roles["simulators"] = ["simulate", "--site", SIMULATED_SITE, "--random-faults"]
    running = [
        Program(name, [sys.executable, "-m", "watchkeeper", *words], environment) for name, words in roles.items()
    ]
    return ([prepared.broker] if prepared.broker else []) + running


async def _supervise(settings: Settings, prepared: Prepared, *, demo: bool, began: float) -> int:
    supervisor = Supervisor(programs(settings, prepared, demo=demo))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, supervisor.stop)
    beside = [asyncio.create_task(_tell_when_ready(settings, prepared, began))]
    if prepared.broker is not None:
        beside.append(asyncio.create_task(_keep_accounts(settings)))
    try:
        await supervisor.run(base_ready=lambda: _listens(settings))
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    typer.echo("  stopped")
    return 0


def _listens(settings: Settings) -> bool:
    try:
        with socket.create_connection((settings.mqtt_host, settings.mqtt_port), timeout=1):
            return True
    except OSError:
        return False


async def _tell_when_ready(settings: Settings, prepared: Prepared, began: float) -> None:
    typer.echo(f"  broker    {prepared.broker_told}")
    typer.echo("  starting  ingest, API and alerting ...")
    while not await asyncio.to_thread(_ready, settings):  # noqa: ASYNC110  another process: nothing here to wait on
        await asyncio.sleep(_READY_POLL_SECONDS)
    typer.echo(f"  ready     in {monotonic() - began:.1f} s")
    for file in prepared.logins:
        typer.echo(f"  device    {file}")
    if prepared.sign_in is not None:
        typer.echo(f"  sign in   {prepared.sign_in}   (first sign-in; change it in the console)")
    typer.echo(f"  console   {settings.http_address}")
    typer.echo("  Ctrl-C stops everything")


async def _keep_accounts(settings: Settings) -> None:
    """Let whatever is adopted or imported while we run sign in to the broker."""
    with opened_ledger(settings) as ledger:
        seen: int | None = None
        while True:
            try:
                seen = await asyncio.to_thread(_provision_if_changed, settings, ledger, seen)
            except (WatchkeeperError, OSError) as error:
                log.warning("broker accounts not written, trying again", error=str(error))
            await asyncio.sleep(_ACCOUNTS_EVERY_SECONDS)


def _provision_if_changed(settings: Settings, ledger: Ledger, seen: int | None) -> int:
    with ledger.read() as rows:
        revision = rows.devices.revision()
        devices = rows.devices.every() if seen not in (None, revision) else []
    if devices:
        provision(settings, devices)
        log.info("broker accounts follow the registry", devices=len(devices))
    return revision


def _ready(settings: Settings) -> bool:
    if settings.http_certificate is not None:
        return _answers(settings)
    try:
        with urllib.request.urlopen(f"{settings.http_address}/readyz", timeout=2) as answer:  # noqa: S310
            return bool(json.load(answer)["ready"])
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _answers(settings: Settings) -> bool:
    """With a certificate that this machine need not trust, a listening port is all that is asked."""
    try:
        with socket.create_connection((settings.http_host, settings.http_port), timeout=1):
            return True
    except OSError:
        return False
