"""Proofs of life in the ledger, the newest of each site. Leaves to others: how old is too old (`api.health`)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.tables import heartbeats, upsert
from domain.ports.ledger import Heartbeat

_READ_DETAIL = msgspec.json.Decoder(dict[str, Any]).decode
_PUT = upsert(heartbeats)
_ALL = select(heartbeats).order_by(heartbeats.c.site)


class HeartbeatTable:
    """Implements `domain.ports.ledger.HeartbeatRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def beat(self, *heartbeats: Heartbeat) -> None:
        """Replace the proof of each site."""
        rows = [{"site": one.site, "at": one.at, "detail": write_body(one.detail)} for one in heartbeats]
        if rows:
            self._look.act().fetch(_PUT, rows)

    def all(self) -> list[Heartbeat]:
        """By site."""
        return [Heartbeat(row.site, row.at, _READ_DETAIL(row.detail)) for row in self._look.fetch(_ALL)]
