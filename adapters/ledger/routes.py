"""Routes in the ledger: a part of the registry.

Promises: a real change moves the registry's revision; putting what is there already changes nothing.
Leaves to others: importing (`watchkeeper`), the rounds on them (`rounds`).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.devices import grow_revision
from adapters.ledger.tables import routes, upsert
from domain.errors import NotFound
from domain.routes import Route

_READ = msgspec.json.Decoder(Route).decode
_PUT = upsert(routes)
_EVERY = select(routes.c.body).order_by(routes.c.site, routes.c.id)
_BODY = select(routes.c.body).where(routes.c.site == bindparam("site"), routes.c.id == bindparam("id"))


class RouteTable:
    """Implements `domain.ports.ledger.RouteRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, site: str, route: str) -> Route:
        """Raises NotFound."""
        body = self._look.fetch(_BODY, {"site": site, "id": route}).scalar()
        if body is None:
            raise NotFound(f"there is no route {route} on {site}")
        return _READ(body)

    def every(self, sites: frozenset[str] | None = None) -> list[Route]:
        """All routes, by site and id."""
        rows = _EVERY if sites is None else _EVERY.where(routes.c.site.in_(sites))
        return [_READ(body) for body in self._look.fetch(rows).scalars()]

    def put(self, route: Route) -> None:
        """Insert or replace by site and id."""
        body = write_body(route)
        key = {"site": route.site, "id": route.id}
        if self._look.fetch(_BODY, key).scalar() != body:
            self._look.act().fetch(_PUT, {**key, "body": body})
            grow_revision(self._look)
