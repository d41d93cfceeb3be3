"""The registry in memory: sites, devices, overrides, routes. Its revision grows with every real change."""

from __future__ import annotations

from typing import TypeVar

from adapters.ledger_in_memory.act import Look, refuse_a_move
from adapters.ledger_in_memory.pages import Order, page
from adapters.ledger_in_memory.tables import Table
from domain.assets import Adoption, Device, Site
from domain.overrides import Override
from domain.ports.ledger import DeviceFilter, Page
from domain.routes import Route

K = TypeVar("K")
V = TypeVar("V")

REGISTRY = "registry.revision"
_BY_NAME: Order[Device] = Order("devices", lambda one: (one.site, one.id), (True, True), newest_first=False)


def _put(look: Look, table: Table[K, V], key: K, row: V | None) -> None:
    """A change of the registry, if it is one."""
    if table.get(key) != row:
        act = look.act()
        act.change(table, key, row)
        act.change(look.state.counters, REGISTRY, (look.state.counters.get(REGISTRY) or 0) + 1)


class Devices:
    """Implements `domain.ports.ledger.DeviceRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._sites, self._table = look, look.state.sites, look.state.devices

    def sites(self) -> list[Site]:
        """All sites, by id."""
        return [self._sites.rows[key] for key in sorted(self._sites.rows)]

    def put_site(self, site: Site) -> None:
        """Insert or replace by id."""
        _put(self._look, self._sites, site.id, site)

    def get(self, site: str, device: str) -> Device:
        """Raises NotFound."""
        return self._table.need((site, device), f"device {device} on {site}")

    def page(self, which: DeviceFilter, *, after: str | None, most: int) -> Page[Device]:
        """By site and id."""
        found = (one for one in self._table.rows.values() if _matches(one, which))
        return page(found, _BY_NAME, after=after, most=most)

    def every(self) -> list[Device]:
        """All devices, by site and id."""
        return [self._table.rows[key] for key in sorted(self._table.rows)]

    def put(self, device: Device) -> None:
        """Insert or replace by site and id."""
        _put(self._look, self._table, (device.site, device.id), device)

    def revision(self) -> int:
        """Grows with every change of the registry."""
        return self._look.state.counters.get(REGISTRY) or 0


class Overrides:
    """Implements `domain.ports.ledger.OverrideRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.overrides

    def get(self, override_id: str) -> Override:
        """Raises NotFound."""
        return self._table.need(override_id, f"override {override_id}")

    def every(self, sites: frozenset[str] | None = None) -> list[Override]:
        """All of them, by site and id."""
        found = (one for one in self._table.rows.values() if sites is None or one.site in sites)
        return sorted(found, key=lambda one: (one.site, one.id))

    def put(self, override: Override) -> None:
        """Insert or replace by id."""
        refuse_a_move(self._table.get(override.id), override.site, override.id)
        _put(self._look, self._table, override.id, override)

    def remove(self, override_id: str) -> None:
        """Take it out. Raises NotFound."""
        self.get(override_id)
        _put(self._look, self._table, override_id, None)


class Routes:
    """Implements `domain.ports.ledger.RouteRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.routes

    def get(self, site: str, route: str) -> Route:
        """Raises NotFound."""
        return self._table.need((site, route), f"route {route} on {site}")

    def every(self, sites: frozenset[str] | None = None) -> list[Route]:
        """All routes, by site and id."""
        return [self._table.rows[key] for key in sorted(self._table.rows) if sites is None or key[0] in sites]

    def put(self, route: Route) -> None:
        """Insert or replace by site and id."""
        _put(self._look, self._table, (route.site, route.id), route)


def _matches(device: Device, which: DeviceFilter) -> bool:
    return (
        (which.sites is None or device.site in which.sites)
        and which.kind in (None, device.kind)
        and which.building in (None, device.building)
        and which.discovered in (None, device.adoption is Adoption.DISCOVERED)
    )
