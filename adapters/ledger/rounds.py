"""Rounds and their visits in the ledger.

Promises: what time alone changes next is one indexed question; a round's visits are rows of their own beside its body,
and verification compares the two; every change is owed to an event. Leaves to others: judging (`alerting.rounds`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.tables import rounds, upsert, visits
from domain.errors import Conflict, NotFound
from domain.ports.ledger import RoundFilter
from domain.rounds import Round

_READ = msgspec.json.Decoder(Round).decode
_PUT = upsert(rounds, fixed=["site"])
_BY_ID = select(rounds.c.body).where(rounds.c.id == bindparam("id"))
_NEWEST = (
    select(rounds.c.body)
    .where(rounds.c.site == bindparam("site"), rounds.c.route == bindparam("route"))
    .order_by(rounds.c.starts_at.desc())
    .limit(bindparam("most"))
)
_DUE = (
    select(rounds.c.body)
    .where(rounds.c.next_at <= bindparam("at", type_=rounds.c.next_at.type))
    .order_by(rounds.c.next_at, rounds.c.id)
    .limit(bindparam("most"))
)
_DROP_VISITS = delete(visits).where(visits.c.round_id == bindparam("id"))
_PUT_VISITS = insert(visits)


def row_name(round_id: str) -> str:
    """How events name the row."""
    return f"round:{round_id}"


def columns(body: str) -> dict[str, Any]:
    """The row of a round's body: nothing stands in a column that is not in the body."""
    found = _READ(body)
    return {
        "id": found.id,
        "site": found.site,
        "route": found.route,
        "state": found.state.value,
        "starts_at": found.slot.starts_at,
        "next_at": found.next_at,
        "body": body,
    }


def visit_columns(body: str) -> list[dict[str, Any]]:
    """The rows of the visits in a round's body."""
    found = _READ(body)
    return [
        {
            "round_id": found.id,
            "position": position,
            "checkpoint": visit.checkpoint,
            "guard": visit.guard,
            "device": visit.device,
            "at": visit.at,
            "received_at": visit.received_at,
        }
        for position, visit in enumerate(found.visits)
    ]


class RoundTable:
    """Implements `domain.ports.ledger.RoundRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, round_id: str) -> Round:
        """By id. Raises NotFound."""
        found = self.find(round_id)
        if found is None:
            raise NotFound(f"there is no round {round_id}")
        return found

    def find(self, round_id: str) -> Round | None:
        """By id, if anything happened in it yet."""
        body = self._look.fetch(_BY_ID, {"id": round_id}).scalar()
        return None if body is None else _READ(body)

    def between(self, which: RoundFilter, *, most: int) -> list[Round]:
        """Rounds that match, in the order of their start."""
        rows = select(rounds.c.body).where(rounds.c.starts_at >= which.start, rounds.c.starts_at < which.end)
        if which.sites is not None:
            rows = rows.where(rounds.c.site.in_(which.sites))
        if which.route is not None:
            rows = rows.where(rounds.c.route == which.route)
        if which.state is not None:
            rows = rows.where(rounds.c.state == which.state.value)
        found = self._look.fetch(rows.order_by(rounds.c.starts_at, rounds.c.id).limit(most))
        return [_READ(body) for body in found.scalars()]

    def newest(self, site: str, route: str, *, most: int) -> list[Round]:
        """The newest rounds of a route, newest first."""
        found = self._look.fetch(_NEWEST, {"site": site, "route": route, "most": most})
        return [_READ(body) for body in found.scalars()]

    def due(self, at: datetime, *, most: int) -> list[Round]:
        """Rounds that time alone changes at or before `at`, the one that waits longest first."""
        return [_READ(body) for body in self._look.fetch(_DUE, {"at": at, "most": most}).scalars()]

    def put(self, round_: Round) -> None:
        """Insert or replace by id, its visits with it."""
        act = self._look.act()
        body = write_body(round_)
        act.chains.owe(round_.site, row_name(round_.id), digest_of(body))
        if not act.fetch(_PUT, columns(body)).rowcount:
            raise Conflict(f"round {round_.id} belongs to another site than {round_.site}")
        act.fetch(_DROP_VISITS, {"id": round_.id})
        if rows := visit_columns(body):
            act.fetch(_PUT_VISITS, rows)
