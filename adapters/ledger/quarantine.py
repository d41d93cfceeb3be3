"""Quarantine in the ledger: what could not be read.

Promises: the same payload for the same reason on the same topic is one entry with a count; the newest 10,000 entries
stay, and the total goes on counting what was dropped. Leaves to others: finding fault (`devices.decode`).
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Row, delete, func, select

from adapters.ledger.act import Look
from adapters.ledger.counters import add, count
from adapters.ledger.pages import Order, page
from adapters.ledger.tables import insert_or, quarantine
from domain.ports.ledger import Page, QuarantineEntry
from domain.readings import Reject

HEAD_BYTES = 4096
MOST_ENTRIES = 10_000

_LONGEST_TEXT = 1024  # a topic may have 65,535 bytes, and who sends nonsense may send much of it
_DROPPED = "quarantine.dropped"
_PUT = insert_or(
    quarantine,
    "(digest, topic, reason, metric) DO UPDATE SET "
    "count = quarantine.count + 1, detail = excluded.detail, last_at = excluded.last_at",
)
_SUM = select(func.coalesce(func.sum(quarantine.c.count), 0))
_SURPLUS_FROM = (
    select(quarantine.c.last_at, quarantine.c.id)
    .order_by(quarantine.c.last_at.desc(), quarantine.c.id.desc())
    .offset(MOST_ENTRIES)
)
_DROP = (
    delete(quarantine).where(quarantine.c.id.in_(select(_SURPLUS_FROM.subquery().c.id))).returning(quarantine.c.count)
)
_NEWEST_FIRST = Order("quarantine", quarantine.c.last_at, quarantine.c.id)


class QuarantineTable:
    """Implements `domain.ports.ledger.QuarantineRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def put(self, topic: str, payload: bytes, reject: Reject) -> None:
        """Add one, or count it when the same is there, at the transaction's instant."""
        act = self._look.act()
        row = {
            "digest": hashlib.sha256(payload).hexdigest(),
            "topic": safe(topic),
            "reason": reject.reason.value,
            "metric": safe(reject.metric or ""),
            "detail": safe(reject.detail),
            "head": payload[:HEAD_BYTES],
            "size": len(payload),
            "count": 1,
            "first_at": act.at,
            "last_at": act.at,
        }
        act.fetch(_PUT, row)
        act.at_end("quarantine", self._make_room)

    def _make_room(self) -> None:
        """Drop the entries that were quiet the longest, once a transaction rather than once a message."""
        dropped = self._look.fetch(_DROP).scalars().all()
        if dropped:
            add(self._look, _DROPPED, sum(dropped))

    def page(self, *, after: str | None, most: int) -> Page[QuarantineEntry]:
        """The one that came last first. One that comes again while somebody pages moves to the front."""
        return page(self._look, select(quarantine), _NEWEST_FIRST, after=after, most=most, read=_entry)

    def total(self) -> int:
        """The sum of all counts since the ledger began."""
        present: int = self._look.fetch(_SUM).scalar_one()
        return int(present) + count(self._look, _DROPPED)


def safe(text: str) -> str:
    """A text that every database takes: bounded, without what PostgreSQL (NUL) or UTF-8 (halves of pairs) refuse."""
    return text[:_LONGEST_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _entry(row: Row[Any]) -> QuarantineEntry:
    return QuarantineEntry(
        id=row.id,
        topic=row.topic,
        reason=row.reason,
        detail=row.detail,
        metric=row.metric or None,
        head=row.head,
        digest=row.digest,
        size=row.size,
        count=row._mapping["count"],  # Row has a method of that name
        first_at=row.first_at,
        last_at=row.last_at,
    )
