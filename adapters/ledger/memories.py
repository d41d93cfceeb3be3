"""What judging remembers of each device, in the ledger.

Promises: thousands a transaction at about two microseconds each. Leaves to others: what the bytes mean
(`alerting.judge`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.tables import memories

_ALL = select(memories.c.site, memories.c.device, memories.c.memory)
_OF_SITE = _ALL.where(memories.c.site == bindparam("site"))
_OF_DEVICE = select(memories.c.memory).where(
    memories.c.site == bindparam("site"), memories.c.device == bindparam("device")
)


class MemoryTable:
    """Implements `domain.ports.ledger.MemoryRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def load(self, site: str | None = None) -> Iterable[tuple[str, str, bytes]]:
        """(site, device, memory) of all devices. Read it before the transaction ends."""
        rows = self._look.stream(_ALL) if site is None else self._look.stream(_OF_SITE, {"site": site})
        for row in rows:
            yield row.site, row.device, row.memory

    def get(self, site: str, device: str) -> bytes | None:
        """One device's memory."""
        memory: bytes | None = self._look.fetch(_OF_DEVICE, {"site": site, "device": device}).scalar()
        return memory

    def put_many(self, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """Insert or replace. In the driver's own SQL: this is the one write of every batch, for every device in it."""
        if not rows:
            return
        place = self._look.placeholder
        self._look.act().drive(
            f"INSERT INTO memories (site, device, memory) VALUES ({place}, {place}, {place}) "  # noqa: S608 (a constant)
            "ON CONFLICT (site, device) DO UPDATE SET memory = excluded.memory",
            rows,
        )
