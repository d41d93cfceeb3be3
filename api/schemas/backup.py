"""A copy of the history, as it was made."""

from __future__ import annotations

from api.schemas.basics import Instant, Schema


class HistoryCopyView(Schema):
    """A copy that waits on the server, below `history-copy` in its data folder, until the next one is made."""

    name: str
    made_at: Instant
    size_bytes: int
