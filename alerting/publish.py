"""Publish: what happened, told to the broker after it was committed.

Promises: every event of every chain becomes one CloudEvents 1.0 message on `wk-events/v1/{site}/{type}` at QoS 1, in
the chain's order within a site, at least once: the place is kept in the ledger, and after a crash the last few come
again with the same `id`. What happened before the very first start is not told.
Leaves to others: reconnecting (the publisher), answering whoever missed messages (the API's event stream).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from alerting import metrics
from domain.backoff import pause_after
from domain.errors import Unavailable
from domain.events import Cursor, Event
from domain.people import Actor, ActorType
from domain.ports.broker import Publisher
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger

PREFIX = "wk-events/v1/"

MARK = "published"
"""The ledger's mark that says how far publishing came, as a `Cursor`."""

MOST_EVENTS = 200
"""Published before the mark is moved: what may come twice after a crash."""

ASK_EVERY = timedelta(milliseconds=250)
"""How often to ask whether somebody else committed."""

FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=10)

PUBLISHER = Actor(ActorType.TIMER, "publisher")

log = structlog.get_logger(__name__)


def topic_of(event: Event) -> str:
    """Where the event is published."""
    return f"{PREFIX}{event.site}/{event.type.value}"


def cloud_event(event: Event) -> bytes:
    """The event as CloudEvents 1.0 JSON. `id` is its place in its chain: who knows it has seen it."""
    body: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"{event.site}/{event.number}",
        "source": f"/watchkeeper/sites/{event.site}",
        "type": event.type.value,
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "site": event.site,
            "number": event.number,
            "actor": {"type": event.actor.type.value, "name": event.actor.name},
            "alarm": event.alarm,
            "work_order": event.work_order,
            "device": event.device,
            "details": event.data,
        },
    }
    subject = event.alarm or event.work_order or event.device
    if subject is not None:
        body["subject"] = subject
    return msgspec.json.encode(body)


class EventPublisher:
    """Tells the broker what happened. `run` it in a task; a stop is its cancellation."""

    def __init__(self, ledger: Ledger, publisher: Publisher, clock: Clock) -> None:
        self._ledger, self._publisher, self._clock = ledger, publisher, clock
        self._woken = asyncio.Event()
        self._away = False

    def wake(self) -> None:
        """Look now: something was committed. From the event loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        failures, cursor, seen = 0, None, -1
        while True:
            try:
                if cursor is None:
                    cursor = await asyncio.to_thread(self._begin, self._clock.now())
                changed = await asyncio.to_thread(self._ledger.changed, seen)
                if changed != seen:
                    cursor = await self._catch_up(cursor)
                    seen = changed
            except Unavailable as error:
                failures += 1
                self._went_away(error)
                cursor = None  # what is kept counts, not what we think
                seen = -1
                await self._clock.sleep(pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE))
            else:
                failures = 0
                self._came_back()
                await self._pause()

    def _begin(self, at: datetime) -> Cursor:
        """Where publishing goes on; the very first time, the present."""
        with self._ledger.read() as rows:
            kept, head = rows.marks.get(MARK), rows.events.head()
        if kept is not None:
            return Cursor.parse(kept)
        self._keep(head, at)
        return head

    def _keep(self, cursor: Cursor, at: datetime) -> None:
        with self._ledger.write(at=at, actor=PUBLISHER) as tx:
            tx.marks.put(MARK, str(cursor))

    async def _catch_up(self, cursor: Cursor) -> Cursor:
        """Publish all that is beyond the cursor. What was published is kept, also when the broker goes away midway."""
        while events := await asyncio.to_thread(self._beyond, cursor):
            by_site: dict[str, list[Event]] = {}
            for event in events:
                by_site.setdefault(event.site, []).append(event)
            seen = dict(cursor.seen)
            ends = await asyncio.gather(
                *(self._publish(chain, seen) for chain in by_site.values()), return_exceptions=True
            )
            cursor = Cursor(seen)
            await asyncio.to_thread(self._keep, cursor, self._clock.now())
            for end in ends:
                if isinstance(end, BaseException):
                    raise end
        return cursor

    def _beyond(self, cursor: Cursor) -> list[Event]:
        with self._ledger.read() as rows:
            return rows.events.after(cursor, sites=None, most=MOST_EVENTS)

    async def _publish(self, chain: Sequence[Event], seen: dict[str, int]) -> None:
        """Publish a site's events one after the other, noting each in `seen`."""
        for event in chain:
            await self._publisher.publish(topic_of(event), cloud_event(event))
            seen[event.site] = event.number
            metrics.PUBLISHED.inc()

    async def _pause(self) -> None:
        """Until woken, or until it is time to ask."""
        waits = {
            asyncio.ensure_future(self._woken.wait()),
            asyncio.ensure_future(self._clock.sleep(ASK_EVERY)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._woken.clear()

    def _went_away(self, error: Unavailable) -> None:
        if not self._away:
            log.warning("events cannot be published", part=error.part, error=str(error))
        self._away = True

    def _came_back(self) -> None:
        if self._away:
            log.info("events are published again")
        self._away = False
