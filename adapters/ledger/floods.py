"""Floods in the ledger: what each control-room position has had to take lately.

Promises: what is flooded, and what is due, are indexed questions. Leaves to others: what a flood is (`domain.flood`),
recording it (`alerting.desk` writes its begin and its end into events).
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.tables import floods, upsert
from domain.flood import Load

_READ = msgspec.json.Decoder(Load).decode
_PUT = upsert(floods)
_OF_SITE = select(floods.c.body).where(floods.c.site == bindparam("site"))
_RUNNING = select(floods.c.body).where(floods.c.next_at.is_not(None)).order_by(floods.c.site)
_DUE = (
    select(floods.c.body)
    .where(floods.c.next_at <= bindparam("at", type_=floods.c.next_at.type))
    .order_by(floods.c.next_at, floods.c.site)
    .limit(bindparam("most"))
)


class FloodTable:
    """Implements `domain.ports.ledger.FloodRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, site: str) -> Load | None:
        """What a position has had to take; None when nobody counted yet."""
        body = self._look.fetch(_OF_SITE, {"site": site}).scalar()
        return None if body is None else _READ(body)

    def running(self, sites: frozenset[str] | None = None) -> list[Load]:
        """The positions that are flooded, by site."""
        rows = _RUNNING if sites is None else _RUNNING.where(floods.c.site.in_(sites))
        return [_READ(body) for body in self._look.fetch(rows).scalars()]

    def due(self, at: datetime, *, most: int) -> list[Load]:
        """Those that may have ebbed at `at`, the one that waits longest first."""
        return [_READ(body) for body in self._look.fetch(_DUE, {"at": at, "most": most}).scalars()]

    def put(self, load: Load) -> None:
        """Insert or replace by site."""
        self._look.act().fetch(_PUT, {"site": load.site, "next_at": load.next_at, "body": write_body(load)})
