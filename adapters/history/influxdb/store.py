"""`InfluxHistory`: a server's history behind the port `domain.ports.history.History`.

Promises: what `write` took is on the server's disk, stored once by (site, device, channel, `ts` as sent); a server that
is away, hangs or refuses our account is `HistoryUnavailable` within seconds, and the first call after that works again.
Leaves to others: retention and compaction (the server), making the database (`preparing`), keeping what could not be
written (`ingest`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from adapters.history.influxdb.address import InfluxAddress
from adapters.history.influxdb.fields import MS_NS, Layout
from adapters.history.influxdb.reading import Device
from adapters.history.influxdb.wire import Refused, open_wire
from adapters.history.influxdb.writing import Writing
from domain.errors import HistoryUnavailable
from domain.instants import to_ms
from domain.kinds import Kind
from domain.ports.history import Bucket, Latest, Point, Stored
from domain.readings import Reading, Value

PROBE = "watchkeeper_probe"
"""The measurement that `check` writes to, one point an hour."""

_HOUR_S = 3600
_DROP_EVERY = timedelta(days=1)


class InfluxHistory:
    """The time series of all devices in one database or bucket. Opening it asks the server nothing."""

    def __init__(
        self, address: InfluxAddress, kinds: Mapping[str, Kind], *, shorter: Mapping[str, timedelta] | None = None
    ) -> None:
        """`shorter` names kinds whose readings are dropped after a span, earlier than the server would."""
        self._address = address
        self._shorter, self._dropped_at = shorter or {}, datetime.min.replace(tzinfo=UTC)
        self._layout = Layout(kinds)
        self._wire = open_wire(address)
        self._writing = Writing(self._wire, self._layout)
        self._writer = threading.Lock()

    def write(self, readings: Sequence[Reading]) -> None:
        """Store a batch, durable on return. Writing it again changes nothing.

        Raises HistoryUnavailable when the server cannot take it now, and ValueError for what it could never take; what
        of the batch is stored then is unknown.
        """
        if readings:
            with self._writer:
                self._writing.write(readings)

    def raw(self, site: str, device: str, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
        """Points of `start <= at < end`, oldest first, `most` at the most. Unknown names give an empty list."""
        return self._device(site, device).raw(metric, start, end, most)

    def downsampled(
        self, site: str, device: str, metric: str, start: datetime, end: datetime, buckets: int
    ) -> list[Bucket]:
        """The range in at most `buckets` equal spans aligned to `start`; empty spans are left out."""
        return self._device(site, device).downsampled(metric, start, end, buckets)

    def latest(self, site: str, device: str) -> list[Latest]:
        """The newest value of each metric of a device."""
        return self._device(site, device).latest()

    def export(
        self, site: str, device: str, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, dict[str, Value]]]:
        """The values of `readings`, for a table."""
        return ((stored.at, stored.values) for stored in self.readings(site, device, start, end))

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        """Whole readings of a range, oldest first, a page at a time."""
        return self._device(site, device).readings(start, end)

    def maintain(self, now: datetime) -> None:
        """Drop what is kept for a shorter time, once a day: a server rewrites files for it. The rest it does itself.

        Raises HistoryUnavailable.
        """
        if not self._shorter or now - self._dropped_at < _DROP_EVERY:
            return
        try:
            for kind, span in self._shorter.items():
                self._wire.drop(kind, to_ms(now - span) * MS_NS)
        except Refused as error:
            raise HistoryUnavailable(str(error)) from error
        self._dropped_at = now

    def check(self) -> None:
        """Write something tiny. Raises HistoryUnavailable, saying why, when the server could not take a batch now."""
        hour_s = int(time.time()) // _HOUR_S * _HOUR_S  # the machine's: a server refuses what its retention would drop
        try:
            self._wire.write([f"{PROBE} ok=1 {hour_s * 1000 * MS_NS}".encode()])
        except Refused as error:
            raise HistoryUnavailable(str(error)) from error

    def close(self) -> None:
        """Drop the connections; everything written stays."""
        self._wire.close()

    def _device(self, site: str, device: str) -> Device:
        return Device(self._wire, self._layout, site, device)
