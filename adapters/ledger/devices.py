"""The registry in the ledger: sites and devices.

Promises: the revision grows with every real change; putting what is there already changes nothing.
Leaves to others: importing and adopting (`watchkeeper`, `api`).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.counters import add, count
from adapters.ledger.pages import Order, page
from adapters.ledger.tables import devices, sites, upsert
from domain.assets import Adoption, Device, Site
from domain.errors import NotFound
from domain.ports.ledger import DeviceFilter, Page

REGISTRY = "registry.revision"
_READ_SITE = msgspec.json.Decoder(Site).decode
_READ = msgspec.json.Decoder(Device).decode
_PUT_SITE = upsert(sites)
_PUT = upsert(devices)
_SITES = select(sites.c.body).order_by(sites.c.id)
_EVERY = select(devices.c.body).order_by(devices.c.site, devices.c.id)
_SITE_BODY = select(sites.c.body).where(sites.c.id == bindparam("id"))
_BODY = select(devices.c.body).where(devices.c.site == bindparam("site"), devices.c.id == bindparam("id"))
_BY_NAME = Order("devices", devices.c.site, devices.c.id, newest_first=False)


def grow_revision(look: Look) -> None:
    """Say that the registry changed."""
    add(look, REGISTRY, 1)


class DeviceTable:
    """Implements `domain.ports.ledger.DeviceRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def sites(self) -> list[Site]:
        """All sites, by id."""
        return [_READ_SITE(body) for body in self._look.fetch(_SITES).scalars()]

    def put_site(self, site: Site) -> None:
        """Insert or replace by id."""
        body = write_body(site)
        if self._look.fetch(_SITE_BODY, {"id": site.id}).scalar() != body:
            self._look.act().fetch(_PUT_SITE, {"id": site.id, "body": body})
            grow_revision(self._look)

    def get(self, site: str, device: str) -> Device:
        """Raises NotFound."""
        body = self._look.fetch(_BODY, {"site": site, "id": device}).scalar()
        if body is None:
            raise NotFound(f"there is no device {device} on {site}")
        return _READ(body)

    def page(self, which: DeviceFilter, *, after: str | None, most: int) -> Page[Device]:
        """By site and id: a registry has no newest end that means something."""
        rows = select(devices.c.body)
        if which.sites is not None:
            rows = rows.where(devices.c.site.in_(which.sites))
        if which.kind is not None:
            rows = rows.where(devices.c.kind == which.kind)
        if which.building is not None:
            rows = rows.where(devices.c.building == which.building)
        if which.discovered is not None:
            rows = rows.where(devices.c.discovered.is_(which.discovered))
        return page(self._look, rows, _BY_NAME, after=after, most=most, read=lambda row: _READ(row.body))

    def every(self) -> list[Device]:
        """All devices, by site and id."""
        return [_READ(body) for body in self._look.fetch(_EVERY).scalars()]

    def put(self, device: Device) -> None:
        """Insert or replace by site and id."""
        body = write_body(device)
        if self._look.fetch(_BODY, {"site": device.site, "id": device.id}).scalar() == body:
            return
        row = {
            "site": device.site,
            "id": device.id,
            "kind": device.kind,
            "building": device.building,
            "discovered": device.adoption is Adoption.DISCOVERED,
            "body": body,
        }
        self._look.act().fetch(_PUT, row)
        grow_revision(self._look)

    def revision(self) -> int:
        """Grows with every change of the registry."""
        return count(self._look, REGISTRY)
