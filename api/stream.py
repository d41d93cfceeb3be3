"""One client's event stream: go on where it stopped, then follow the feed.

Promises: between a cursor and the present nothing is missed and nothing comes twice, or `reset` says that something
is missing and why; a comment every ten seconds shows that the line is alive. Leaves to others: reading news for all
streams (`api.feed`), who may connect (`api.access`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
from anyio import to_thread

from api.feed import End, Feed, Item, Overflow, Subscription, Told, event_message, message
from api.parts import Parts
from api.schemas.stream import (
    EndReason,
    ResetReason,
    SiteWatchView,
    StreamName,
    TellEnd,
    TellReset,
    TellWatch,
)
from api.watch import Watch
from domain.errors import Unavailable
from domain.events import Cursor
from domain.ports.ledger import Rows

HEARTBEAT = timedelta(seconds=10)
ALIVE = b": alive\n\n"
RETRY = b"retry: 2000\n\n"
"""How long a browser waits before it connects again, in milliseconds."""

MOST_BEHIND = 1000
"""Events that a client may catch up with; further back it loads the lists anew, which is cheaper for everybody."""


class Opening(msgspec.Struct, frozen=True):
    """How a stream begins: from which cursor, with which events that were missed, or with a reset and why."""

    cursor: Cursor
    reset: ResetReason | None = None
    missed: tuple[Told, ...] = ()


def judge_cursor(asked: str, head: Cursor, sites: frozenset[str] | None) -> Cursor | ResetReason:
    """The cursor to go on from, or why it cannot be. Sites out of reach are left out of it."""
    try:
        cursor = Cursor.parse(asked)
    except ValueError:
        return ResetReason.INVALID
    seen = {site: number for site, number in cursor.seen.items() if sites is None or site in sites}
    if any(number > head.seen.get(site, 0) for site, number in seen.items()):
        return ResetReason.AHEAD
    behind = sum(number - seen.get(site, 0) for site, number in head.seen.items())
    return ResetReason.STALE if behind > MOST_BEHIND else Cursor(seen)


def open_at(rows: Rows, asked: str | None, sites: frozenset[str] | None) -> Opening:
    """Where a stream begins, and what its client missed."""
    head = rows.events.head(sites)
    if not asked:
        return Opening(head)
    judged = judge_cursor(asked, head, sites)
    if isinstance(judged, ResetReason):
        return Opening(head, judged)
    events = rows.events.after(judged, sites=sites, most=MOST_BEHIND)
    next_of = {site: number + 1 for site, number in judged.seen.items()}
    for event in events:
        if event.number != next_of.get(event.site, 1):  # retention took what lies between
            return Opening(head, ResetReason.STALE)
        next_of[event.site] = event.number + 1
    missed = tuple(Told(event.site, event.number, event_message(rows, event)) for event in events)
    return Opening(judged, missed=missed)


class Stream:
    """One client. `seen` is what it has been told, by site."""

    def __init__(self, parts: Parts, feed: Feed, subscription: Subscription) -> None:
        self._parts, self._feed, self._subscription = parts, feed, subscription
        self._seen: dict[str, int] = {}

    async def run(self, asked: str | None) -> AsyncIterator[bytes]:
        """Everything to send, until the client goes or may no longer look."""
        try:
            opening = await to_thread.run_sync(self._open, asked)
            yield RETRY + self._begin(opening)
            while True:
                items = await self._next()
                if items is None:
                    yield ALIVE
                    continue
                yield b"".join([self._say(item) for item in items])
                if any(isinstance(item, End) for item in items):
                    return
        except Unavailable:
            return  # the client connects again, and is told with a status what is away

    def _open(self, asked: str | None) -> Opening:
        with self._parts.ledger.read() as rows:
            return open_at(rows, asked, self._subscription.sites)

    async def _next(self) -> list[Item] | None:
        try:
            async with asyncio.timeout(HEARTBEAT.total_seconds()):
                return await self._subscription.take()
        except TimeoutError:
            return None

    def _begin(self, opening: Opening) -> bytes:
        self._seen = dict(opening.cursor.seen)
        parts = [self._reset(opening.reset)] if opening.reset is not None else []
        parts += [self._say(told) for told in opening.missed]
        parts.append(self._watch(self._feed.watch))
        return b"".join(parts)

    def _say(self, item: Item) -> bytes:
        match item:
            case Told(site=site, number=number) if number <= self._seen.get(site, 0):
                return b""
            case Told(site=site, number=number, message=told):
                self._seen[site] = number
                return self._id() + told
            case Watch():
                return self._watch(item)
            case Overflow():
                return self._overflow()
            case End(reason=reason):
                return _end(reason)

    def _overflow(self) -> bytes:
        """What was dropped is behind the feed's position: go on from there."""
        self._seen.update(self._feed.position(self._subscription.sites).seen)
        return self._reset(ResetReason.SLOW) + self._watch(self._feed.watch)

    def _reset(self, reason: ResetReason) -> bytes:
        return self._id() + message(StreamName.RESET, TellReset(reason=reason).model_dump_json())

    def _watch(self, watch: Watch) -> bytes:
        within = watch.within(self._subscription.sites)
        tell = TellWatch(watching=within.watching, sites=[SiteWatchView.model_validate(site) for site in within.sites])
        return self._id() + message(StreamName.WATCH, tell.model_dump_json())

    def _id(self) -> bytes:
        return f"id: {Cursor(self._seen)}\n".encode()


def _end(reason: EndReason) -> bytes:
    return message(StreamName.END, TellEnd(reason=reason).model_dump_json())
