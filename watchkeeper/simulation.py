"""Simulating a registered site: its fleet, its patrols and faults over real credentials.

Promises: a fleet runs as the registry has it, each gateway's devices over the gateway's own account; a second call
tells the running fleet what to break or mend. Leaves to others: what devices do (`devices`), the loop (`simulators`).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Sequence

from adapters.broker.credentials import SIMULATED_SITE
from devices.behaviour import SILENT
from devices.registry import kinds
from domain.assets import Device
from domain.errors import Invalid, NotFound
from domain.ports.ledger import Rows
from simulators.control import presence_topic, tell_fleet
from simulators.faults import Act, RandomFaults
from simulators.fleet import Fleet
from simulators.loop import FleetLoop, command_filters, serve_commands
from simulators.patrols import Patrols, Walk
from simulators.wire import Link, Login, Place, Wire
from watchkeeper.broker_accounts import SIMULATOR, address_for, broker_accounts
from watchkeeper.clocks import open_clock
from watchkeeper.composition import opened_ledger
from watchkeeper.logs import configure_logs
from watchkeeper.settings import BrokerChoice, Settings


async def simulate_site(
    settings: Settings, *, site: str, acts: Sequence[Act], random_faults: bool, seed: int
) -> Sequence[Act]:
    """Tell a running fleet of the site to carry out `acts` and return them; without one, be the fleet until stopped."""
    configure_logs(settings, "simulators")
    with opened_ledger(settings) as ledger, ledger.read() as rows:
        devices = [device for device in rows.devices.every() if device.site == site and device.kind in kinds()]
        walks = _walks(rows, site, devices)
    if not devices:
        raise NotFound(f"the registry has no devices on {site!r}; load some with `watchkeeper import FILE`")
    if site != SIMULATED_SITE and settings.mqtt_username is None and settings.broker is not BrokerChoice.EXTERNAL:
        raise Invalid(
            f"simulated devices have accounts on {SIMULATED_SITE!r} alone, so that none can pretend to be {site!r}'s; "
            "for a trial of your own set WATCHKEEPER_MQTT_USERNAME and _MQTT_PASSWORD"
        )
    address, client_id = address_for(settings, SIMULATOR)
    place = Place(address.host, address.port)
    if acts:
        told = Login(f"{client_id}-{secrets.token_hex(3)}", address.username, address.password)
        if [act for act in acts if await tell_fleet(place, told, site, device=act.device, fault=act.fault)]:
            return acts
    login = Login(client_id, address.username, address.password, presence_topic(site))
    await _be_the_fleet(settings, place, login, devices, walks, acts, seed if random_faults else None, seed)
    return ()


async def _be_the_fleet(
    settings: Settings,
    place: Place,
    login: Login,
    devices: Sequence[Device],
    walks: Sequence[Walk],
    acts: Sequence[Act],
    fault_seed: int | None,
    seed: int,
) -> None:
    site, clock = devices[0].site, open_clock(settings)
    start = clock.now()
    fleet = Fleet(devices, kinds(), seed=seed, start=start)
    faults = RandomFaults(devices, fleet.faults_of, seed=fault_seed, start=start) if fault_seed is not None else None
    commands: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)

    async def incoming(_: str, payload: bytes) -> None:
        await commands.put(payload)

    control = Link(place, login, filters=command_filters(site), incoming=incoming)
    wire = Wire(control, _gateway_links(settings, place, login, devices))
    patrols = Patrols(walks, seed=seed, start=start, silent=lambda device: fleet.suffers(device, SILENT))
    loop = FleetLoop(fleet, wire, clock, faults=faults, patrols=patrols)
    async with wire:
        await control.ready()
        running = asyncio.gather(loop.run(acts), serve_commands(loop, control, site, commands))
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _gateway_links(settings: Settings, place: Place, login: Login, devices: Sequence[Device]) -> dict[str, Link]:
    """A connection for each gateway, through its own account, with `online` and a last will. None without accounts."""
    if login.username is None:
        return {}
    accounts = {account.username: account for account in broker_accounts(settings, devices)}
    links = {}
    for device in devices:
        if device.kind == "gateway":
            account = accounts[f"{device.site}.{device.id}"]
            status = f"wk/v1/{device.site}/{device.kind}/{device.id}/status"
            links[device.id] = Link(
                place, Login(f"{login.client_id}-{device.id}", account.username, account.password, status)
            )
    return links


def _walks(rows: Rows, site_id: str, devices: Sequence[Device]) -> list[Walk]:
    """The site's routes, walked by simulated guards."""
    by_name = {device.id: device for device in devices}
    return [
        Walk(route, site.time_zone, tuple(by_name[point] for point in route.checkpoints if point in by_name))
        for site in rows.devices.sites()
        if site.id == site_id
        for route in rows.routes.every(frozenset({site_id}))
        if route.retired_at is None
    ]
