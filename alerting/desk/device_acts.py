"""The registry, done: discovered, adopted, registered.

Promises: registering the same file again writes nothing; a bad place or parent refuses the whole import, naming it.
Leaves to others: deciding (`alerting.desk.devices`), reading files (`watchkeeper.config_files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from alerting.desk.devices import AdoptionDetails, adopted, check_device, registered
from alerting.desk.places import site_of
from alerting.desk.route_acts import register_routes, retire_routes
from domain.assets import Adoption, Device, Site
from domain.errors import Invalid, NotFound
from domain.events import EventType
from domain.people import Actor, ActorType, Permission
from domain.ports.ledger import DeviceRows, Transaction
from domain.routes import Route

DISCOVERY = Actor(ActorType.RULE, "discovery")


class Registration(msgspec.Struct, frozen=True):
    """What an import did: how many sites, devices and routes are new or changed, and how many devices and routes were
    as they should be; how many routes it retired.
    """

    sites: int
    devices: int
    unchanged: int
    routes: int = 0
    retired: int = 0


def discover(tx: Transaction, device: Device) -> Device:
    """A device that reported before anybody registered it; another kind of a discovered one is a new discovery.

    One that is known is returned as it is.
    """
    tx.take(device.site)
    try:
        known: Device | None = tx.devices.get(device.site, device.id)
    except NotFound:
        known = None
    if known is not None and (known.adoption is not Adoption.DISCOVERED or known.kind == device.kind):
        return known
    first_seen = (known or device).first_seen or tx.at
    found = replace(device, adoption=Adoption.DISCOVERED, first_seen=first_seen)
    tx.devices.put(found)
    _tell(tx, EventType.DEVICE_DISCOVERED, known, found, DISCOVERY)
    return found


def adopt(tx: Transaction, site: str, device: str, *, details: AdoptionDetails, actor: Actor) -> Device:
    """A discovered device, given its name and place by a person."""
    tx.take(site)
    actor.require(Permission.ADOPT_DEVICES, site)
    known = tx.devices.get(site, device)
    after = adopted(known, details, site_of(tx, site), _peers(tx.devices, site))
    tx.devices.put(after)
    _tell(tx, EventType.DEVICE_ADOPTED, known, after, actor)
    return after


def register(
    tx: Transaction,
    *,
    sites: Iterable[Site],
    devices: Iterable[Device],
    routes: Sequence[Route],
    whole_rota: bool,
    actor: Actor,
) -> Registration:
    """Sites, devices and routes as a file has them. Nothing goes; `whole_rota` retires the sites' other routes."""
    known_sites = {site.id: site for site in tx.devices.sites()}
    new_sites = 0
    for site in sorted(sites, key=lambda one: one.id):
        tx.take(site.id)
        actor.require(Permission.ADOPT_DEVICES, site.id)
        if known_sites.get(site.id) == site:
            continue
        tx.devices.put_site(site)
        data = {"before": known_sites.get(site.id), "after": site}
        tx.events.record(EventType.SITE_REGISTERED, site.id, data=msgspec.to_builtins(data), actor=actor)
        known_sites[site.id] = site
        new_sites += 1
    changed, unchanged = _register_devices(tx, known_sites, list(devices), actor)
    new_routes, old_routes = register_routes(tx, routes, actor)
    retired = retire_routes(tx, routes, actor) if whole_rota else 0
    return Registration(new_sites, changed, unchanged + old_routes, new_routes, retired)


def _register_devices(tx: Transaction, sites: dict[str, Site], devices: list[Device], actor: Actor) -> tuple[int, int]:
    known = {(device.site, device.id): device for device in tx.devices.every()}
    entries = {key: registered(device, known.get(key)) for device in devices for key in [(device.site, device.id)]}
    if len(entries) != len(devices):
        raise Invalid("devices: the same device is named twice")
    whole = {**known, **{key: entry for key, entry in entries.items() if entry is not None}}
    peers: dict[str, dict[str, Device]] = {}
    for (site_id, device_id), device in whole.items():
        peers.setdefault(site_id, {})[device_id] = device
    changed = 0
    for (site_id, _), entry in sorted(entries.items()):
        if entry is None:
            continue
        tx.take(site_id)
        actor.require(Permission.ADOPT_DEVICES, site_id)
        check_device(entry, sites.get(site_id), peers[site_id])
        tx.devices.put(entry)
        _tell(tx, EventType.DEVICE_REGISTERED, known.get((site_id, entry.id)), entry, actor)
        changed += 1
    return changed, len(entries) - changed


def _peers(rows: DeviceRows, site: str) -> dict[str, Device]:
    return {device.id: device for device in rows.every() if device.site == site}


def _tell(tx: Transaction, type: EventType, before: Device | None, after: Device, actor: Actor) -> None:
    data = msgspec.to_builtins({"before": before, "after": after})
    tx.events.record(type, after.site, device=after.id, data=data, actor=actor)
