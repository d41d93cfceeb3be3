"""Small named texts in the ledger that must survive a restart."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from adapters.ledger.act import Look
from adapters.ledger.tables import marks, upsert

_PUT = upsert(marks)
_VALUE = select(marks.c.value).where(marks.c.name == bindparam("name"))


class MarkTable:
    """Implements `domain.ports.ledger.MarkRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, name: str) -> str | None:
        """The text of that name, if there is one."""
        value: str | None = self._look.fetch(_VALUE, {"name": name}).scalar()
        return value

    def put(self, name: str, value: str) -> None:
        """Insert or replace."""
        self._look.act().fetch(_PUT, {"name": name, "value": value})
