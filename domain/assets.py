"""Assets: what is watched and where it stands.

Promises: the registry's values (site, building, zone, device) with the trade's names.
Leaves to others: keeping them (`domain.ports.ledger`), what a kind of device measures (`domain.kinds`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.texts import Text


class SubjectType(StrEnum):
    """What an alarm can be about."""

    DEVICE = "device"
    BUILDING = "building"
    ROUTE = "route"
    DUTY = "duty"
    GATEWAY = "gateway"
    SYSTEM = "system"


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an alarm is about: `{type, id}`, unique within a site. A duty's id is `{duty}.{unit}`."""

    type: SubjectType
    id: str


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place in a building: lobby, garage level, fire exit."""

    id: str
    name: Text


class Building(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A building of a site."""

    id: str
    name: Text
    zones: tuple[Zone, ...] = ()


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A property. `time_zone` is an IANA name; rounds and service calendars run on it."""

    id: str
    name: Text
    time_zone: str = "Asia/Shanghai"
    buildings: tuple[Building, ...] = ()


class Adoption(StrEnum):
    """How a device came to the registry."""

    REGISTERED = "registered"  # imported, or adopted by a person
    DISCOVERED = "discovered"  # it reported first; judged with its kind's defaults until somebody adopts it


class Device(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that reports. `id` is unique within its site.

    `limits` override its kind's limits by name (`rated_speed_mps`), in the unit that the kind declares.
    `interval` is how often it promises to report; None means its kind's own interval.
    """

    site: str
    id: str
    kind: str
    name: Text | None = None
    building: str | None = None
    zone: str | None = None
    model: str | None = None
    gateway: str | None = None
    power_feed: str | None = None
    interval: timedelta | None = None
    limits: dict[str, float] = {}
    tags: frozenset[str] = frozenset()
    adoption: Adoption = Adoption.REGISTERED
    first_seen: datetime | None = None

    def is_of(self, *, kind: str | None, building: str | None, zone: str | None) -> bool:
        """Whether it is of this kind, building and zone, as far as they are given; no device is of none of them."""
        asked = ((kind, self.kind), (building, self.building), (zone, self.zone))
        return any(want for want, _ in asked) and all(want in (None, has) for want, has in asked)
