"""The chains of events in memory: numbered and sealed as in SQL, kept as the text that was sealed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from adapters.ledger.bodies import write_body
from adapters.ledger.chain import Head, event_seal
from adapters.ledger_in_memory.act import Look
from adapters.ledger_in_memory.pages import Order, page
from adapters.ledger_in_memory.state import SealedEvent
from domain.events import Cursor, Event, EventType
from domain.people import Actor
from domain.ports.ledger import EventFilter, Page

READ_KEPT = 4_096
"""Events whose text is not read a second time. A year has a million: kept as read they take nearly as much again."""

_READ = msgspec.json.Decoder(Event).decode
_NEWEST_FIRST: Order[SealedEvent] = Order("events", lambda event: (event.number, event.site), (False, True))


def unseal(row: SealedEvent) -> Event:
    """What its JSON says now, with its seal."""
    return msgspec.structs.replace(_READ(row.body), seal=row.seal)


class Events:
    """Implements `domain.ports.ledger.EventRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.events

    def record(
        self,
        type: EventType,  # the port's name for it
        site: str,
        *,
        alarm: str | None = None,
        work_order: str | None = None,
        device: str | None = None,
        data: Mapping[str, Any] | None = None,
        actor: Actor | None = None,
    ) -> Event:
        """Append to the site's chain, with the digests of what was put on that site since its last event."""
        act = self._look.act()
        head = act.chains.head(site)
        number = head.number + 1
        body = write_body(
            Event(
                site=site,
                number=number,
                type=type,
                at=act.at,
                actor=actor or act.actor,
                alarm=alarm,
                work_order=work_order,
                device=device,
                data=dict(data or {}),
                digests=act.chains.pay(site),
            )
        )
        seal = event_seal(act.chains.key, head.seal, body)
        row = SealedEvent(site, number, type, act.at, alarm, work_order, body, seal)
        act.change(self._table, (site, number), row)
        act.chains.move(site, Head(number, seal))
        return self._read(row)

    def after(
        self, cursor: Cursor, *, sites: frozenset[str] | None, most: int, types: frozenset[EventType] | None = None
    ) -> list[Event]:
        """Events beyond the cursor: in their order within each site, and by their time between sites."""
        chains = [self._beyond(site, cursor.seen.get(site, 0)) for site in sorted(self.head(sites).seen)]
        found: Iterable[SealedEvent] = heapq.merge(*chains, key=lambda event: event.at)
        if types is not None:
            found = (event for event in found if event.type in types)
        return [self._read(row) for row in islice(found, most)]

    def head(self, sites: frozenset[str] | None = None) -> Cursor:
        """The newest number of each site that has events."""
        on = self._table.on
        return Cursor({site: on.size(site) for site in on.groups() if sites is None or site in sites})

    def of_alarm(self, alarm_id: str) -> list[Event]:
        """The timeline of an alarm, oldest first."""
        return [self._read(self._table.rows[key]) for key in self._table.of_alarm.of(alarm_id)]

    def of_order(self, order_id: str) -> list[Event]:
        """The timeline of a work order, by its id, oldest first."""
        return [self._read(self._table.rows[key]) for key in self._table.of_order.of(order_id)]

    def page(self, which: EventFilter, *, after: str | None, most: int) -> Page[Event]:
        """The chain of a site, newest first."""
        found = page(self._matching(which), _NEWEST_FIRST, after=after, most=most)
        return Page(tuple(self._read(row) for row in found.items), found.next)

    def _read(self, row: SealedEvent) -> Event:
        """What was sealed, with its seal: rows are asked for again and again, mostly soon."""
        said = row.read
        if said is None:
            row.read = said = unseal(row)
            kept = self._table.read
            kept.append(row)
            if len(kept) > READ_KEPT:
                kept.popleft().read = None
        return said

    def prune(self, site: str, *, before: datetime, most: int) -> Event | None:
        """Nothing is ever cut: all of it goes with the process."""
        self._look.act().chains.head(site)
        return None

    def _beyond(self, site: str, number: int) -> Iterator[SealedEvent]:
        """A site's events after a number. They are numbered without gaps."""
        return (self._table.rows[site, at] for at in range(number + 1, self._table.on.size(site) + 1))

    def _matching(self, which: EventFilter) -> Iterator[SealedEvent]:
        for row in self._beyond(which.site, 0):
            if which.noun is not None and not row.type.value.startswith(f"{which.noun}."):
                continue
            if which.before is not None and row.at >= which.before:
                continue
            if which.actor is not None or which.actor_type is not None:
                actor = _READ(row.body).actor
                if which.actor not in (None, actor.name) or which.actor_type not in (None, actor.type):
                    continue
            yield row
