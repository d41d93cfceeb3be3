"""Roles: the parts of a process put together and run until SIGTERM.

Promises: a role that fails ends its process, so that the supervisor (or systemd) starts it anew from what is durable;
a stop finishes and acknowledges the batch at hand. Leaves to others: what the roles do.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from domain.errors import Unavailable
from watchkeeper.broker_accounts import address_for, service_of
from watchkeeper.clocks import open_clock
from watchkeeper.composition import (
    SYSTEM,
    disk_folders,
    ledger_retention,
    open_files,
    open_history,
    open_ledger,
    open_spool,
    put_in_force,
    sweep_files,
)
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.logs import configure_logs
from watchkeeper.probes import Probes, Pulse, serve_probes
from watchkeeper.sessions import alerting_session, ingest_session
from watchkeeper.settings import Role, Settings

if TYPE_CHECKING:
    import uvicorn

    from adapters.broker.session import MqttSession
    from api.parts import FilesSay, HistoryCopy, PartStatus
    from domain.ports.clock import Clock
    from domain.ports.history import History
    from domain.ports.ledger import Ledger
    from ingest.loop import IngestLoop
    from ingest.presence import Health
    from watchkeeper.starting import Starting

log = structlog.get_logger()

_MAINTENANCE_EVERY = timedelta(minutes=5)
_SWEEP_EVERY = timedelta(hours=6)
_STREAM_GRACE_SECONDS = 1

Work = Coroutine[Any, Any, None]


def serve_roles(settings: Settings, roles: frozenset[Role]) -> None:
    """Run these roles in this process until SIGTERM or SIGINT."""
    configure_logs(settings, "+".join(sorted(roles)))
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, roles))


async def _serve(settings: Settings, roles: frozenset[Role]) -> None:
    from watchkeeper.starting import starting_config

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as open_parts:
        readiness: list[Callable[[], Sequence[PartStatus]]] = []
        pulse = Pulse()
        if settings.metrics_port is not None and Role.API not in roles:
            probes = Probes(lambda: pulse.still, readiness)
            open_parts.callback(serve_probes(probes, settings.metrics_host, settings.metrics_port))
        ledger = open_ledger(settings)
        open_parts.callback(ledger.close)
        starting = starting_config(settings, ledger)
        history = None
        if Role.INGEST in roles or Role.API in roles:
            history = open_history(settings)
            open_parts.callback(history.close)
        work: list[Work] = [pulse.keep()]
        servers: list[Work] = []
        if Role.INGEST in roles and history is not None:
            work += await _ingest(settings, open_parts, ledger, history, readiness)
        if Role.ALERTING in roles:
            work.append(_alerting(settings, ledger, starting, readiness))
        if Role.API in roles:
            work.append(_sweep_files(settings, ledger))
            here = Role.INGEST in roles
            readiness.append(lambda: _others_ingest(settings, ledger, here=here))
            servers.append(_api(settings, ledger, history, starting.configuration, readiness, stop))
        await _until(stop, work, servers)


async def _until(stop: asyncio.Event, loops: Sequence[Work], servers: Sequence[Work]) -> None:
    """Run all work until `stop`, or until one of it fails: then everything ends with that error.

    A loop is cancelled and finishes its batch; a server sees `stop` itself and says goodbye to its readers.
    """
    cancelled = [asyncio.create_task(each) for each in loops]
    tasks = cancelled + [asyncio.create_task(each) for each in servers]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    for task in cancelled:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _together(*works: Work) -> None:
    """Run all of it, none of which returns by itself, until one fails or we are cancelled; then all of it ends."""
    tasks = [asyncio.create_task(each) for each in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _ingest(
    settings: Settings,
    open_parts: AsyncExitStack,
    ledger: Ledger,
    history: History,
    readiness: list[Callable[[], Sequence[PartStatus]]],
) -> list[Work]:
    from devices.registry import kinds
    from ingest.loop import IngestLoop
    from ingest.presence import Presence
    from ingest.turn import Replica

    session = await open_parts.enter_async_context(ingest_session(settings))
    spool = open_spool(settings, settings.ingest_ordinal)
    replica = Replica(settings.ingest_ordinal, settings.ingest_replicas)
    clock = open_clock(settings)
    loop = IngestLoop(session, history, ledger, kinds(), clock, spool, replica)
    readiness.append(lambda: _ingest_status(session, loop))
    presence = Presence(ledger, clock, ordinal=settings.ingest_ordinal, process=_this_process())
    return [loop.run(), _maintain(history, clock), presence.keep(lambda: _ingest_health(session, loop))]


async def _maintain(history: History, clock: Clock) -> None:
    """Seal, merge and drop what is due, off the event loop. A failure is told once a round and tried again."""
    from domain.errors import HistoryUnavailable

    while True:
        try:
            await asyncio.to_thread(history.maintain, clock.now())
        except HistoryUnavailable as error:
            log.warning("history not maintained", error=str(error))
        await clock.sleep(_MAINTENANCE_EVERY)


async def _sweep_files(settings: Settings, ledger: Ledger) -> None:
    """Let go of files that no order has any more, off the event loop. What fails is told and tried again."""
    from adapters.clock import SystemClock

    clock = SystemClock()  # the instants of files are the machine's own
    while True:
        try:
            await asyncio.to_thread(sweep_files, settings, ledger, clock.now())
        except (Unavailable, OSError) as error:
            log.warning("files not swept", error=str(error))
        await clock.sleep(_SWEEP_EVERY)


async def _alerting(
    settings: Settings,
    ledger: Ledger,
    starting: Starting,
    readiness: list[Callable[[], Sequence[PartStatus]]],
) -> None:
    """Wait for the lease, then alert while it is ours; hand it over when everything else has ended.

    Until then the broker does not hear of us: two sessions of one name throw each other out. Raises Fenced when another
    process alerts in our place.
    """
    from adapters.place import Place
    from alerting.leading import FencedLedger, Leadership
    from domain.errors import Fenced

    clock, place = open_clock(settings), Place(settings.data / "alerting.lock")
    leadership = Leadership(ledger, clock, _this_process(), place.hold)
    leading: list[MqttSession] = []
    readiness.append(lambda: _alerting_status(leading))
    try:
        lease = await leadership.win()
        async with AsyncExitStack() as open_parts:
            session = await open_parts.enter_async_context(alerting_session(settings))
            leading.append(session)
            work = await _alerting_work(settings, open_parts, session, FencedLedger(ledger, lease), starting)
            await _together(leadership.keep(), *work)
    except Fenced as fenced:
        log.warning("stepping down: this process alerts no more and ends", why=str(fenced))
        raise
    finally:
        await leadership.hand_over()
        place.leave()


async def _alerting_work(
    settings: Settings,
    open_parts: AsyncExitStack,
    session: MqttSession,
    ledger: Ledger,
    starting: Starting,
) -> list[Work]:
    from adapters.broker.session import MqttSession
    from adapters.machine import look_at_machine
    from alerting.desk import Desk
    from alerting.loop import AlertingLoop
    from alerting.notices import Courier
    from alerting.own_machine import OwnMachine
    from alerting.pruning import Pruning
    from alerting.publish import EventPublisher
    from alerting.refused_config import RefusedConfig
    from devices.registry import kinds
    from watchkeeper.notifiers import Notifiers
    from watchkeeper.starting import mistake_in

    clock = open_clock(settings)
    # of its own: while a flood of readings pauses one connection, events must still leave
    address, client_id = address_for(settings, service_of(Role.ALERTING), part="events")
    outgoing = await open_parts.enter_async_context(MqttSession(address, client_id=client_id, clean_start=True))
    publisher = EventPublisher(ledger, outgoing, clock)
    configuration = starting.configuration
    desk = Desk(configuration.templates, configuration.plan, configuration.duties, windows=configuration.windows)
    if starting.refused is None:
        await asyncio.to_thread(put_in_force, ledger, configuration, SYSTEM)
    loop = AlertingLoop(session, ledger, desk, kinds(), configuration.rules, clock, publisher.wake)
    courier = Courier(ledger, desk, Notifiers(configuration.channels, outgoing, clock), clock)
    machine = OwnMachine(ledger, desk, clock, lambda: look_at_machine(disk_folders(settings)))
    pruning = Pruning(ledger, clock, ledger_retention(settings))
    refused = RefusedConfig(ledger, desk, clock, starting.refused, lambda: mistake_in(settings))
    return [loop.run(), publisher.run(), courier.run(), machine.run(), refused.run(), pruning.run()]


async def _api(
    settings: Settings,
    ledger: Ledger,
    history: History | None,
    configuration: Configuration,
    readiness: Sequence[Callable[[], Sequence[PartStatus]]],
    stop: asyncio.Event,
) -> None:
    import uvicorn

    from alerting.desk import Desk
    from api.app import create_app, end_streams
    from api.parts import ApiSettings, Parts
    from devices.registry import kinds

    parts = Parts(
        ledger=ledger,
        desk=Desk(configuration.templates, configuration.plan, configuration.duties, windows=configuration.windows),
        history=history,
        kinds=kinds(),
        rules=configuration.rules,
        read_config=lambda: _files_say(settings),
        clock=open_clock(settings),
        files=open_files(settings),
        console_folder=settings.console_folder,
        copy_history=_history_copies(settings, history),
        readiness=[*readiness, lambda: _disk_status(settings)],
        settings=ApiSettings(
            secure_cookies=settings.http_certificate is not None, files_limit_bytes=settings.files_mib * 1024**2
        ),
    )
    app = create_app(parts)
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        ssl_certfile=settings.http_certificate,
        ssl_keyfile=settings.http_key,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_STREAM_GRACE_SECONDS,
        server_header=False,
    )
    server = _server(config)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    end_streams(app)
    server.should_exit = True
    stopping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def _files_say(settings: Settings) -> FilesSay:
    """What the config files say now. Raises ConfigError."""
    from api.parts import FilesSay
    from devices.registry import kinds

    configuration = load_config(settings.config, kinds())
    return FilesSay(configuration.rules, configuration.arrangements)


def _history_copies(settings: Settings, history: History | None) -> Callable[[datetime], HistoryCopy] | None:
    """How this process copies its history; None when it is not the embedded one."""
    from adapters.history.duckdb import DuckDBHistory
    from watchkeeper.backup import copy_owned_history

    if not isinstance(history, DuckDBHistory):
        return None
    return lambda at: copy_owned_history(history, settings.data, at)


def _server(config: uvicorn.Config) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """uvicorn without its own signal handling: this process has one, for all its roles."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return Server(config)


def _disk_status(settings: Settings) -> Sequence[PartStatus]:
    """A disk that is nearly full still works: it is said, and alone makes nothing unready."""
    from adapters.machine import look_at_disks
    from api.parts import PartStatus
    from domain.machine import nearly_full

    told = [use.told() for use in look_at_disks(disk_folders(settings)) if nearly_full(use)]
    return (PartStatus("disk", True, "; ".join(told)),)


def _this_process() -> str:
    """What others call it: `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _ingest_status(session: MqttSession, loop: IngestLoop) -> Sequence[PartStatus]:
    from api.parts import PartStatus

    return (_broker_status(session), PartStatus("ingest", *loop.status()))


def _ingest_health(session: MqttSession, loop: IngestLoop) -> Health:
    """The same for others, in one sentence."""
    from ingest.presence import Health

    status = _ingest_status(session, loop)
    return Health(all(part.ready for part in status), "; ".join(part.detail for part in status if part.detail))


def _alerting_status(leading: Sequence[MqttSession]) -> Sequence[PartStatus]:
    """Who stands by is ready to take over."""
    from api.parts import PartStatus

    if not leading:
        return (PartStatus("alerting", True, "stands by"),)
    return (_broker_status(leading[-1]), PartStatus("alerting", True, "leads"))


def _broker_status(session: MqttSession) -> PartStatus:
    from api.parts import PartStatus

    detail = "" if session.connected else (session.last_error or "not connected")
    return PartStatus("broker", session.connected, detail)


def _others_ingest(settings: Settings, ledger: Ledger, *, here: bool) -> Sequence[PartStatus]:
    """The ingest processes that are not this one."""
    from api.ingesting import judge_ingest
    from api.parts import PartStatus
    from domain.errors import Unavailable
    from ingest.presence import INGEST

    try:
        with ledger.read() as rows:
            beats = rows.heartbeats.processes(INGEST)
    except Unavailable as error:
        return [] if here else [PartStatus("ingest", False, f"nobody knows: {error}")]
    told = judge_ingest(beats, replicas=settings.ingest_replicas, at=open_clock(settings).now())
    return [status for status in told if not here or status.part not in ("ingest", f"ingest-{settings.ingest_ordinal}")]
