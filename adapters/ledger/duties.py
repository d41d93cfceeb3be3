"""Cycles of duties in the ledger.

Promises: what falls due next is one indexed question however many units there are; every change is owed to an event.
Leaves to others: when something falls due (`domain.duties`), acting on it (`alerting.duties`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.tables import duty_cycles, upsert
from domain.duty_cycles import CycleState, DutyCycle
from domain.errors import Conflict, NotFound

_READ = msgspec.json.Decoder(DutyCycle).decode
_PUT = upsert(duty_cycles, fixed=["site"])
_BY_ID = select(duty_cycles.c.body).where(duty_cycles.c.id == bindparam("id"))
_EVERY = select(duty_cycles.c.body).order_by(duty_cycles.c.id)
_OF_UNIT = _EVERY.where(duty_cycles.c.site == bindparam("site"), duty_cycles.c.unit == bindparam("unit"))
_COUNTS = select(duty_cycles.c.site, duty_cycles.c.state, func.count().label("number")).group_by(
    duty_cycles.c.site, duty_cycles.c.state
)
_DUE = (
    select(duty_cycles.c.body)
    .where(duty_cycles.c.next_at <= bindparam("at", type_=duty_cycles.c.next_at.type))
    .order_by(duty_cycles.c.next_at, duty_cycles.c.id)
    .limit(bindparam("most"))
)


def row_name(cycle_id: str) -> str:
    """How events name the row."""
    return f"duty:{cycle_id}"


def columns(body: str) -> dict[str, Any]:
    """The row of a cycle's body: nothing stands in a column that is not in the body."""
    cycle = _READ(body)
    return {
        "id": cycle.id,
        "site": cycle.site,
        "duty": cycle.duty,
        "unit": cycle.unit,
        "state": cycle.state.value,
        "next_at": cycle.next_at,
        "body": body,
    }


class DutyTable:
    """Implements `domain.ports.ledger.DutyRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, cycle_id: str) -> DutyCycle:
        """Raises NotFound."""
        found = self.find(cycle_id)
        if found is None:
            raise NotFound(f"there is no duty {cycle_id}")
        return found

    def find(self, cycle_id: str) -> DutyCycle | None:
        """By id, if it ever came under watch."""
        body = self._look.fetch(_BY_ID, {"id": cycle_id}).scalar()
        return None if body is None else _READ(body)

    def every(self, sites: frozenset[str] | None = None) -> list[DutyCycle]:
        """All of them, retired ones too, by id."""
        rows = _EVERY if sites is None else _EVERY.where(duty_cycles.c.site.in_(sites))
        return [_READ(body) for body in self._look.fetch(rows).scalars()]

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, CycleState], int]:
        """How many stand in each state, by site."""
        rows = _COUNTS if sites is None else _COUNTS.where(duty_cycles.c.site.in_(sites))
        return {(row.site, CycleState(row.state)): row.number for row in self._look.fetch(rows)}

    def of_unit(self, site: str, unit: str) -> list[DutyCycle]:
        """What one device, building or site owes, by id."""
        return [_READ(body) for body in self._look.fetch(_OF_UNIT, {"site": site, "unit": unit}).scalars()]

    def due(self, at: datetime, *, most: int) -> list[DutyCycle]:
        """Those that time alone changes at or before `at`, the one that waits longest first."""
        return [_READ(body) for body in self._look.fetch(_DUE, {"at": at, "most": most}).scalars()]

    def put(self, cycle: DutyCycle) -> None:
        """Insert or replace by id."""
        act = self._look.act()
        body = write_body(cycle)
        act.chains.owe(cycle.site, row_name(cycle.id), digest_of(body))
        if not act.fetch(_PUT, columns(body)).rowcount:
            raise Conflict(f"duty {cycle.id} belongs to another site than {cycle.site}")
