"""The registry: what may be entered, as pure functions.

Promises: a device stands in a place that its site has, behind a gateway and a feed that exist; registering the same
again changes nothing. Leaves to others: what a kind's limits mean (`devices`), files (`watchkeeper.config_files`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from domain.assets import Adoption, Device, Site
from domain.errors import Conflict, Invalid
from domain.texts import Text


class AdoptionDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person adds to a discovered device. None leaves it as it is."""

    name: Text | None = None
    building: str | None = None
    zone: str | None = None
    model: str | None = None
    gateway: str | None = None
    power_feed: str | None = None
    interval: timedelta | None = None
    limits: dict[str, float] | None = None
    tags: frozenset[str] | None = None


def adopted(device: Device, details: AdoptionDetails, site: Site | None, peers: Mapping[str, Device]) -> Device:
    """The device, adopted. `peers` are its site's devices by id. Raises Conflict when it was already, else Invalid."""
    if device.adoption is not Adoption.DISCOVERED:
        raise Conflict(f"device {device.id} is in the registry already")
    given = {name: getattr(details, name) for name in details.__struct_fields__}
    named = {name: value for name, value in given.items() if value is not None}
    changed = replace(device, **named, adoption=Adoption.REGISTERED)
    check_device(changed, site, peers)
    return changed


def registered(device: Device, known: Device | None) -> Device | None:
    """What registering puts; None when nothing changes. An import keeps when the device was first heard of."""
    entry = replace(device, adoption=Adoption.REGISTERED)
    if known is None:
        return entry
    if known.kind != device.kind:
        raise Conflict(f"device {device.site}/{device.id} is a {known.kind} and cannot become a {device.kind}")
    entry = replace(entry, first_seen=known.first_seen or device.first_seen)
    return None if entry == known else entry


def check_device(device: Device, site: Site | None, peers: Mapping[str, Device]) -> None:
    """Raises Invalid, naming the field, for a place or a parent that does not exist, or a limit that is no number."""
    if site is None:
        raise Invalid(f"site: there is no site {device.site}")
    buildings = {building.id: building for building in site.buildings}
    if device.building is not None and device.building not in buildings:
        raise Invalid(f"building: {site.id} has no building {device.building}")
    if device.zone is not None:
        if device.building is None:
            raise Invalid("zone: a zone needs its building")
        if device.zone not in {zone.id for zone in buildings[device.building].zones}:
            raise Invalid(f"zone: building {device.building} has no zone {device.zone}")
    for field, kind in (("gateway", "gateway"), ("power_feed", "power_feed")):
        parent = getattr(device, field)
        if parent is not None and (parent not in peers or peers[parent].kind != kind or parent == device.id):
            raise Invalid(f"{field}: {site.id} has no {kind} {parent}")
    if device.interval is not None and device.interval <= timedelta(0):
        raise Invalid("interval: it must be longer than nothing")
    if not all(math.isfinite(level) for level in device.limits.values()):
        raise Invalid("limits: every limit is a number")
