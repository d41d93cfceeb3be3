"""Parts for ingest's tests: a history in memory that can be away, and a loop that runs while the test looks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from adapters.broker.session import MqttSession
from adapters.clock import ManualClock
from adapters.ledger import SqlLedger, ledger_key, open_ledger
from devices.registry import kinds
from domain.errors import HistoryUnavailable
from domain.instants import from_ms, to_ms
from domain.ports.clock import Clock
from domain.ports.history import Bucket, History, Latest, Point, Stored
from domain.ports.ledger import Ledger
from domain.readings import Reading, Value
from ingest.loop import IngestLoop
from ingest.spool import Spool
from tests.broker_fixtures import Broker, session, until

TOPIC = "wk/v1/main/elevator/E-01/telemetry"
REFUSED_FLOOR = 99


class MemoryHistory:
    """`domain.ports.history.History` in memory. `down` makes it unavailable, `gate` holds writes back.

    It refuses for good a floor of `REFUSED_FLOOR`, as a store could that knows less than the decoder.
    """

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, str, int], Reading] = {}
        self.tries = 0
        self.down = False
        self.gate = threading.Event()
        self.gate.set()

    def write(self, readings: Sequence[Reading]) -> None:
        self.tries += 1
        assert self.gate.wait(30)
        self.check()
        if any(reading.values.get("floor") == REFUSED_FLOOR for reading in readings):
            raise ValueError("a floor that does not fit")
        for reading in readings:
            kept = self.stored.get(reading.identity, reading)
            self.stored[reading.identity] = msgspec.structs.replace(kept, values={**reading.values, **kept.values})

    def floors(self) -> list[Value]:
        """All stored floors, by instant."""
        return [reading.values["floor"] for _, reading in sorted(self.stored.items(), key=lambda item: item[1].at_ms)]

    def raw(self, site: str, device: str, metric: str, start: datetime, end: datetime, most: int) -> list[Point]:
        points = [
            Point(from_ms(reading.at_ms), reading.values[metric])
            for reading in self.stored.values()
            if (reading.site, reading.device) == (site, device)
            and metric in reading.values
            and to_ms(start) <= reading.at_ms < to_ms(end)
        ]
        return sorted(points, key=lambda point: point.at)[:most]

    def downsampled(
        self, site: str, device: str, metric: str, start: datetime, end: datetime, buckets: int
    ) -> list[Bucket]:
        raise HistoryUnavailable("this one keeps no buckets")

    def latest(self, site: str, device: str) -> list[Latest]:
        raise HistoryUnavailable("this one keeps no latest")

    def export(
        self, site: str, device: str, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, dict[str, Value]]]:
        yield from ((from_ms(reading.at_ms), reading.values) for reading in self.stored.values())

    def readings(self, site: str, device: str, start: datetime, end: datetime) -> Iterator[Stored]:
        raise HistoryUnavailable("this one keeps no whole readings")

    def maintain(self, now: datetime) -> None: ...

    def check(self) -> None:
        if self.down:
            raise HistoryUnavailable("the disk is gone")

    def close(self) -> None: ...


def new_clock() -> ManualClock:
    """A clock that stands at the present: messages are stamped by the machine's."""
    return ManualClock(datetime.now(UTC))


def ledger_in(folder: Path) -> SqlLedger:
    """A SQLite ledger that gives up a locked database after a tenth of a second."""
    folder.mkdir(exist_ok=True)
    return open_ledger(
        f"sqlite:///{folder}/ledger.db",
        key=ledger_key(folder),
        anchors=folder / "anchors",
        lock_wait=timedelta(milliseconds=100),
    )


@contextlib.asynccontextmanager
async def running(
    broker: Broker,
    history: History,
    ledger: Ledger,
    clock: Clock,
    receive_maximum: int = 1000,
    spool: Spool | None = None,
) -> AsyncIterator[tuple[IngestLoop, MqttSession]]:
    """The loop over a connected session; stopped as a process stops it."""
    async with session(broker, receive_maximum=receive_maximum) as inbox:
        loop = IngestLoop(inbox, history, ledger, kinds(), clock, spool)
        task = asyncio.create_task(loop.run())
        try:
            yield loop, inbox
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until_on(clock: ManualClock, true: Callable[[], bool]) -> None:
    """Let the clock run until something is true that other threads and the broker have a part in."""

    async def run_clock() -> None:
        while True:
            await clock.advance(timedelta(milliseconds=500))
            await asyncio.sleep(0.005)

    clock_task = asyncio.create_task(run_clock())
    try:
        await until(true)
    finally:
        clock_task.cancel()
