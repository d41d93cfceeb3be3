"""Quarantine in memory: what could not be read, the same once with a count."""

from __future__ import annotations

import hashlib
from heapq import nsmallest

from msgspec.structs import replace

from adapters.ledger.quarantine import HEAD_BYTES, MOST_ENTRIES, safe
from adapters.ledger_in_memory.act import Look
from adapters.ledger_in_memory.pages import Order, page
from domain.instants import to_us
from domain.ports.ledger import Page, QuarantineEntry
from domain.readings import Reject

_NEWEST_FIRST: Order[QuarantineEntry] = Order("quarantine", lambda one: (to_us(one.last_at), one.id), (False, False))
_ENTRIES, _DROPPED = "quarantine.entries", "quarantine.dropped"


class Quarantine:
    """Implements `domain.ports.ledger.QuarantineRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.quarantine

    def put(self, topic: str, payload: bytes, reject: Reject) -> None:
        """Add one, or count it when the same is there, at the transaction's instant."""
        act = self._look.act()
        entry = QuarantineEntry(
            id=0,
            topic=safe(topic),
            reason=reject.reason.value,
            detail=safe(reject.detail),
            metric=safe(reject.metric or "") or None,
            head=payload[:HEAD_BYTES],
            digest=hashlib.sha256(payload).hexdigest(),
            size=len(payload),
            count=1,
            first_at=act.at,
            last_at=act.at,
        )
        key = (entry.digest, entry.topic, entry.reason, entry.metric or "")
        known = self._table.get(key)
        if known is not None:
            again = replace(known, count=known.count + 1, detail=entry.detail, last_at=act.at)
            act.change(self._table, key, again)
            return
        act.change(self._table, key, replace(entry, id=self._count(_ENTRIES, 1)))
        act.at_end("quarantine", self._make_room)

    def page(self, *, after: str | None, most: int) -> Page[QuarantineEntry]:
        """The one that came last first."""
        return page(self._table.rows.values(), _NEWEST_FIRST, after=after, most=most)

    def total(self) -> int:
        """The sum of all counts since the ledger began."""
        dropped = self._look.state.counters.get(_DROPPED) or 0
        return dropped + sum(entry.count for entry in self._table.rows.values())

    def _make_room(self) -> None:
        """Drop the entries that were quiet the longest."""
        surplus = len(self._table.rows) - MOST_ENTRIES
        if surplus > 0:
            quiet = nsmallest(surplus, self._table.rows.items(), key=lambda item: (item[1].last_at, item[1].id))
            for key, entry in quiet:
                self._look.act().change(self._table, key, None)
                self._count(_DROPPED, entry.count)

    def _count(self, name: str, by: int) -> int:
        counters = self._look.state.counters
        value = (counters.get(name) or 0) + by
        self._look.act().change(counters, name, value)
        return value
