"""Measures in the ledger: shelves, devices out of service, tests.

Promises: what runs is one indexed question. Leaves to others: what a measure means (`domain.standing`), recording it
(`alerting.desk` writes each into an event).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.tables import measures, upsert
from domain.errors import Conflict, NotFound
from domain.standing import Measure

_READ = msgspec.json.Decoder(Measure).decode
_PUT = upsert(measures, fixed=["site"])
_BY_ID = select(measures.c.body).where(measures.c.id == bindparam("id"))
_RUNNING = select(measures.c.body).where(measures.c.running.is_(True))
_RUNNING_ON = _RUNNING.where(measures.c.site.in_(bindparam("sites", expanding=True)))  # asked at every raise


class MeasureTable:
    """Implements `domain.ports.ledger.MeasureRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, measure_id: str) -> Measure:
        """Raises NotFound."""
        body = self._look.fetch(_BY_ID, {"id": measure_id}).scalar()
        if body is None:
            raise NotFound(f"there is no shelf, test or device out of service {measure_id}")
        return _READ(body)

    def running(self, sites: frozenset[str] | None = None) -> list[Measure]:
        """Those that nobody ended, in the order in which they began."""
        rows = self._look.fetch(_RUNNING) if sites is None else self._look.fetch(_RUNNING_ON, {"sites": [*sites]})
        found = [_READ(body) for body in rows.scalars()]
        return sorted(found, key=lambda measure: (measure.began_at, measure.id))

    def put(self, measure: Measure) -> None:
        """Insert or replace by id."""
        row = {
            "id": measure.id,
            "site": measure.site,
            "running": measure.ended_at is None,
            "body": write_body(measure),
        }
        if not self._look.act().fetch(_PUT, row).rowcount:
            raise Conflict(f"{measure.id} belongs to another site than {measure.site}")
