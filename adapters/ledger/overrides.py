"""Overrides in the ledger: a part of the registry.

Promises: a real change moves the registry's revision, so that whoever judges follows. Leaves to others: what one means
(`domain.overrides`), recording it (`alerting.desk` writes each into an event).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.devices import grow_revision
from adapters.ledger.tables import overrides, upsert
from domain.errors import Conflict, NotFound
from domain.overrides import Override

_READ = msgspec.json.Decoder(Override).decode
_PUT = upsert(overrides, fixed=["site"])
_EVERY = select(overrides.c.body).order_by(overrides.c.site, overrides.c.id)
_BODY = select(overrides.c.body).where(overrides.c.id == bindparam("id"))
_REMOVE = delete(overrides).where(overrides.c.id == bindparam("which"))


class OverrideTable:
    """Implements `domain.ports.ledger.OverrideRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, override_id: str) -> Override:
        """Raises NotFound."""
        body = self._look.fetch(_BODY, {"id": override_id}).scalar()
        if body is None:
            raise NotFound(f"there is no override {override_id}")
        return _READ(body)

    def every(self, sites: frozenset[str] | None = None) -> list[Override]:
        """All of them, by site and id."""
        rows = _EVERY if sites is None else _EVERY.where(overrides.c.site.in_(sites))
        return [_READ(body) for body in self._look.fetch(rows).scalars()]

    def put(self, override: Override) -> None:
        """Insert or replace by id."""
        body = write_body(override)
        if self._look.fetch(_BODY, {"id": override.id}).scalar() == body:
            return
        row = {"id": override.id, "site": override.site, "body": body}
        if not self._look.act().fetch(_PUT, row).rowcount:
            raise Conflict(f"{override.id} belongs to another site than {override.site}")
        grow_revision(self._look)

    def remove(self, override_id: str) -> None:
        """Take it out. Raises NotFound."""
        if not self._look.act().fetch(_REMOVE, {"which": override_id}).rowcount:
            raise NotFound(f"there is no override {override_id}")
        grow_revision(self._look)
