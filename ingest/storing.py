"""Storing a turn's readings, and finding the one that history refuses for good.

Promises: an outage is never taken for a bad reading, nor the other way round. Synchronous: runs in the loop's worker
thread. Leaves to others: trying again (`ingest.loop`), merging and storing once (the history port).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.errors import HistoryUnavailable
from domain.ports.history import History
from domain.readings import Reading, Reject, RejectReason
from ingest.turn import SetAside

MOST_REFUSED = 100
"""A store that refuses more of one batch is broken, whatever it says of itself: then it is an outage, and nothing is
given up. Each one costs some twelve more writes to find."""


def store(history: History, readings: Sequence[Reading]) -> list[SetAside]:
    """Store all, durable on return; what history refuses for good is returned, to be set aside.

    Raises HistoryUnavailable when the store is away; what of the batch is stored then is unknown, which does not
    matter: writing it again changes nothing.
    """
    refused: list[SetAside] = []
    _store_or_split(history, readings, refused)
    return refused


def _store_or_split(history: History, readings: Sequence[Reading], refused: list[SetAside]) -> None:
    if not readings:
        return
    try:
        history.write(readings)
    except HistoryUnavailable:
        raise
    except Exception as error:
        if len(readings) == 1:
            history.check()  # raises HistoryUnavailable where the store, not the reading, is what is wrong
            refused.append(_set_aside(readings[0], error))
            if len(refused) > MOST_REFUSED:
                raise HistoryUnavailable(f"it refused more than {MOST_REFUSED} of one batch: {error!r}") from error
            return
        middle = len(readings) // 2
        _store_or_split(history, readings[:middle], refused)
        _store_or_split(history, readings[middle:], refused)


def _set_aside(reading: Reading, error: Exception) -> SetAside:
    """The reading as its device could have sent it: it may be one of a batch."""
    return SetAside(
        topic=f"wk/v1/{reading.site}/{reading.kind}/{reading.device}/{reading.channel}",
        payload=msgspec.json.encode({"ts": reading.sent_ms, "values": reading.values}),
        reject=Reject(RejectReason.NOT_STORABLE, f"history refused it: {error!r}"),
    )
