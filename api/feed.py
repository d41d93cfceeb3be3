"""The feed: one task that reads new events from the ledger and hands them to every stream.

Promises: an event reaches a stream's queue within `POLL` of its commit, at once when `Parts.wake` rings; each event is
read and written as JSON once, however many streams there are; a queue that fills up is emptied and marked, so that a
slow reader costs bounded memory and is told; who may no longer look is cut off within `LOOK_AROUND`.
Leaves to others: speaking to one client (`api.stream`), who may connect (`api.access`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import anyio
import msgspec
import structlog
from anyio import to_thread
from prometheus_client import Counter, Gauge

from api.credentials import Caller, identify_again, renew
from api.parts import Parts
from api.schemas.stream import EndReason, TellEvent
from api.throttle import Throttled
from api.views import alarm_view, event_view, order_view
from api.watch import Watch, watch_of
from domain.errors import NotFound, Unavailable
from domain.events import Cursor, Event
from domain.ports.ledger import Rows

POLL = timedelta(milliseconds=50)
LOOK_AROUND = timedelta(seconds=1)
"""How often heartbeats and credentials are looked at."""

MOST_EVENTS = 500
"""Events read in one look."""

QUEUE = 1000
"""Messages that a stream may be behind before it is reset."""

STREAMS_PER_CALLER = 20

_log = structlog.get_logger(__name__)
_streams = Gauge("watchkeeper_event_streams", "Open event streams.")
_resets = Counter("watchkeeper_event_stream_overflows_total", "Streams reset because their reader was slow.")


class Told(msgspec.Struct, frozen=True):
    """One event, ready to be sent: everything of its message but the `id:`, which differs between streams."""

    site: str
    number: int
    message: bytes


class Overflow(msgspec.Struct, frozen=True):
    """Messages were dropped here: the reader was too slow."""


class End(msgspec.Struct, frozen=True):
    """Nothing follows."""

    reason: EndReason


Item = Told | Watch | Overflow | End


class Subscription:
    """One stream's queue. Bounded: when it is full it is emptied, and an `Overflow` takes the place of what was in."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.sites = caller.actor.sites
        self._items: asyncio.Queue[Item] = asyncio.Queue(QUEUE)

    def offer(self, item: Item) -> None:
        """Add to the queue; never waits."""
        if isinstance(item, Told) and self.sites is not None and item.site not in self.sites:
            return
        if self._items.full():
            while not self._items.empty():
                self._items.get_nowait()
            self._items.put_nowait(Overflow())
            _resets.inc()
        self._items.put_nowait(item)

    async def take(self) -> list[Item]:
        """Everything that waits; waits for at least one."""
        items = [await self._items.get()]
        while not self._items.empty():
            items.append(self._items.get_nowait())
        return items


class _News(msgspec.Struct, frozen=True):
    """What one look at the ledger found. `watch` and `gone` are None when nobody looked around."""

    told: tuple[Told, ...]
    watch: Watch | None = None
    gone: tuple[Subscription, ...] | None = None


def event_message(rows: Rows, event: Event) -> bytes:
    """`event:` and `data:` lines of an event, with its alarm and work order as they stand."""
    tell = TellEvent(event=event_view(event))
    try:
        if event.alarm is not None:
            tell.alarm = alarm_view(rows.alarms.get(event.alarm))
        if event.work_order is not None:
            tell.work_order = order_view(rows.orders.get(event.work_order))
    except NotFound:  # retention took it; the event stands by itself
        pass
    return message(event.type, tell.model_dump_json(by_alias=True))


def message(name: str, data: str) -> bytes:
    """A server-sent message without its `id:`. `data` is JSON on one line."""
    return f"event: {name}\ndata: {data}\n\n".encode()


class Feed:
    """Reads while anybody listens; rests otherwise."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._subscriptions: set[Subscription] = set()
        self._joining = asyncio.Lock()
        self._listened_to = asyncio.Event()
        self._thread = anyio.CapacityLimiter(1)
        self._position = Cursor({})
        self._mark = -1
        self._looked_around_at = float("-inf")
        self._watch: Watch | None = None
        self._closing = False

    @property
    def watch(self) -> Watch:
        """Who was watched at the last look around."""
        return self._watch or Watch((), False)

    def position(self, sites: frozenset[str] | None) -> Cursor:
        """How far the feed has read, for somebody who reaches only these sites."""
        return Cursor({site: number for site, number in self._position.seen.items() if sites is None or site in sites})

    async def join(self, caller: Caller) -> Subscription:
        """A queue that gets every event committed from now on. Raises Throttled when too many streams are open."""
        mine = sum(_identity(other.caller) == _identity(caller) for other in self._subscriptions)
        if mine >= STREAMS_PER_CALLER or len(self._subscriptions) >= self._parts.settings.streams_limit:
            raise Throttled("too many event streams are open", timedelta(seconds=5))
        subscription = Subscription(caller)
        async with self._joining:
            if not self._subscriptions:
                self._position, self._watch = await to_thread.run_sync(self._present, limiter=self._thread)
            self._subscriptions.add(subscription)
        self._listened_to.set()
        _streams.set(len(self._subscriptions))
        if self._closing:
            subscription.offer(End(EndReason.STOPPING))
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """The stream is over."""
        self._subscriptions.discard(subscription)
        _streams.set(len(self._subscriptions))
        if not self._subscriptions:
            self._listened_to.clear()

    def close(self) -> None:
        """End every stream, and each that joins from now on: a server that stops does not wait for them."""
        self._closing = True
        self._tell(End(EndReason.STOPPING))

    async def run(self) -> None:
        """The loop. Ends when cancelled."""
        away = False
        while True:
            await self._listened_to.wait()
            await self._parts.wake.wait(POLL)
            try:
                async with self._joining:
                    news = await to_thread.run_sync(self._look, tuple(self._subscriptions), limiter=self._thread)
                away = False
            except Unavailable as error:
                if not away:
                    _log.warning("the event streams cannot see the ledger", error=str(error))
                away = True
                self._told_watch(
                    Watch(tuple(msgspec.structs.replace(s, watching=False) for s in self.watch.sites), False)
                )
                continue
            except Exception:
                if not away:
                    _log.exception("the event streams stumbled")
                away = True
                await asyncio.sleep(LOOK_AROUND.total_seconds())
                continue
            self._spread(news)

    def _spread(self, news: _News) -> None:
        for told in news.told:
            self._tell(told)
        if news.watch is not None:
            self._told_watch(news.watch)
        for subscription in news.gone or ():
            subscription.offer(End(EndReason.SIGNED_OUT))

    def _told_watch(self, watch: Watch) -> None:
        before, self._watch = self.watch, watch
        if _seen(before) != _seen(watch):
            self._tell(watch)

    def _tell(self, item: Item) -> None:
        for subscription in self._subscriptions:
            subscription.offer(item)

    def _present(self) -> tuple[Cursor, Watch]:
        with self._parts.ledger.read() as rows:
            return rows.events.head(), watch_of(rows, self._parts.clock.now())

    def _look(self, listening: Sequence[Subscription]) -> _News:
        """What is new; in the feed's thread."""
        changed = self._parts.ledger.changed(self._mark)
        around = time.monotonic() - self._looked_around_at >= LOOK_AROUND.total_seconds()
        if changed == self._mark and not around:
            return _News(())
        with self._parts.ledger.read() as rows:
            told = self._read(rows)
            if len(told) < MOST_EVENTS:
                self._mark = changed
            if not around:
                return _News(told)
            self._looked_around_at = time.monotonic()
            now = self._parts.clock.now()
            watch, callers = watch_of(rows, now), _callers_now(rows, now, listening)
        for caller in callers.values():
            if caller is not None:  # an open stream is use: the control room's screen is not signed out
                renew(self._parts.ledger, caller, self._parts.settings, now)
        return _News(told, watch, tuple(each for each in listening if _gone(each, callers)))

    def _read(self, rows: Rows) -> tuple[Told, ...]:
        events = rows.events.after(self._position, sites=None, most=MOST_EVENTS)
        if events:
            seen = dict(self._position.seen)
            for event in events:
                seen[event.site] = max(seen.get(event.site, 0), event.number)
            self._position = Cursor(seen)
        return tuple(Told(event.site, event.number, event_message(rows, event)) for event in events)


def _callers_now(rows: Rows, now: datetime, listening: Sequence[Subscription]) -> dict[str, Caller | None]:
    """Each listener's caller as the accounts have it now, by identity."""
    callers = {_identity(each.caller): each.caller for each in listening}
    return {identity: identify_again(rows.accounts, caller, now) for identity, caller in callers.items()}


def _gone(subscription: Subscription, callers: dict[str, Caller | None]) -> bool:
    """Whether its caller may no longer look, or may look at other sites than when the stream began."""
    caller = callers[_identity(subscription.caller)]
    return caller is None or caller.actor.sites != subscription.sites


def _identity(caller: Caller) -> str:
    credential = caller.token or caller.session
    return credential.digest if credential is not None else caller.actor.name


def _seen(watch: Watch) -> tuple[bool, tuple[tuple[str, bool], ...]]:
    """What of a watch readers are told of when it changes."""
    return watch.alive, tuple((site.site, site.watching) for site in watch.sites)
