"""One device's history and what could not be read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from api.schemas.basics import Listing, Schema
from api.schemas.devices import Scalar
from domain.readings import RejectReason


class HistoryForm(StrEnum):
    """`raw`: each stored value; `downsampled`: one item a span, with its lowest, mean, highest and last value."""

    RAW = "raw"
    DOWNSAMPLED = "downsampled"


class HistoryItem(Schema):
    """A stored value, or a span of them that starts at `at`. Of a span `value` is the last one.

    `low`, `mean` and `high` are null for raw items and for text.
    """

    at: datetime
    value: Scalar
    count: int = 1
    low: float | None = None
    mean: float | None = None
    high: float | None = None


class HistoryView(Listing[HistoryItem]):
    """A range of one metric, oldest first: `start <= at < end`. `span_s` is the length of a downsampled span."""

    site: str
    device: str
    metric: str
    unit: str | None
    form: HistoryForm
    start: datetime
    end: datetime
    span_s: float | None


class QuarantineView(Schema):
    """One kind of bad message: the same payload for the same reason on the same topic counts up.

    `head` is the first 4 KiB as text, bytes that are not UTF-8 written as `\\xNN`; `digest` the SHA-256 of all of it.
    """

    id: int
    topic: str
    reason: RejectReason | str
    detail: str
    metric: str | None
    head: str
    digest: str
    size: int
    count: int
    first_at: datetime
    last_at: datetime


class QuarantineList(Listing[QuarantineView]):
    """A page of quarantine, newest first. `total` counts all messages since the ledger began; null out of reach."""

    total: int | None
