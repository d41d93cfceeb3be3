"""The chains of events in the ledger.

Promises: numbers without gaps, a seal on each, and with it the digests of the rows that the act wrote. What `record`
returns is what everybody will read. Leaves to others: the seals' arithmetic (`chain`), replaying them (`verify`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, insert, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.chain import Head, event_seal
from adapters.ledger.pages import Order, page
from adapters.ledger.pruning import Pruning
from adapters.ledger.tables import chain_heads, events
from domain.events import Cursor, Event, EventType
from domain.people import Actor
from domain.ports.ledger import EventFilter, Page

_READ = msgspec.json.Decoder(Event).decode
_PUT = insert(events)
_BEYOND = (
    select(events.c.body, events.c.seal)
    .where(events.c.site == bindparam("site"), events.c.number > bindparam("number"))
    .order_by(events.c.number)
    .limit(bindparam("most"))
)

_NEWEST_FIRST = Order("events", events.c.number, events.c.site)
_MOST_LOOKS = 20
"""Pages that one answer looks through for an actor, whom no column names."""


def read_event(row: Row[Any]) -> Event:
    """The event of a row with `body` and `seal`: the seal is over the body and so cannot be in it."""
    return msgspec.structs.replace(_READ(row.body), seal=row.seal)


def columns(body: str) -> dict[str, Any]:
    """The row of an event's body, without its seal."""
    event = _READ(body)
    return {
        "site": event.site,
        "number": event.number,
        "type": event.type.value,
        "at": event.at,
        "alarm": event.alarm,
        "work_order": event.work_order,
        "device": event.device,
        "body": body,
    }


class EventTable:
    """Implements `domain.ports.ledger.EventRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

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
        body = write_body(
            Event(
                site=site,
                number=head.number + 1,
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
        row = columns(body)
        act.fetch(_PUT, {**row, "seal": seal})
        act.chains.move(site, Head(row["number"], seal, head.sound))
        return msgspec.structs.replace(_READ(body), seal=seal)

    def after(
        self, cursor: Cursor, *, sites: frozenset[str] | None, most: int, types: frozenset[EventType] | None = None
    ) -> list[Event]:
        """Events beyond the cursor: in their order within each site, and about in their time between sites."""
        rows = _BEYOND if types is None else _BEYOND.where(events.c.type.in_(sorted(type.value for type in types)))
        chains = [
            self._read(rows, {"site": site, "number": cursor.seen.get(site, 0), "most": most})
            for site, number in sorted(self.head(sites).seen.items())
            if number > cursor.seen.get(site, 0)
        ]
        return list(islice(heapq.merge(*chains, key=lambda event: event.at), most))

    def head(self, sites: frozenset[str] | None = None) -> Cursor:
        """The newest number of each site that has events."""
        rows = select(chain_heads.c.site, chain_heads.c.number).where(chain_heads.c.number > 0)
        if sites is not None:
            rows = rows.where(chain_heads.c.site.in_(sites))
        seen = {row.site: row.number for row in self._look.fetch(rows)}
        moved = {site: head.number for site, head in self._look.moved().items() if sites is None or site in sites}
        return Cursor(seen | moved)

    def of_alarm(self, alarm_id: str) -> list[Event]:
        """The timeline of an alarm, oldest first."""
        return self._of(events.c.alarm == alarm_id)

    def of_order(self, order_id: str) -> list[Event]:
        """The timeline of a work order, by its id, oldest first."""
        return self._of(events.c.work_order == order_id)

    def page(self, which: EventFilter, *, after: str | None, most: int) -> Page[Event]:
        """The chain of a site, newest first."""
        rows = select(events.c.body, events.c.seal).where(events.c.site == which.site)
        if which.noun is not None:
            rows = rows.where(events.c.type.startswith(f"{which.noun}.", autoescape=True))
        if which.before is not None:
            rows = rows.where(events.c.at < which.before)
        if which.actor is None and which.actor_type is None:
            return page(self._look, rows, _NEWEST_FIRST, after=after, most=most, read=read_event)
        found = Page[Event]((), after)
        for _ in range(_MOST_LOOKS):
            part = page(self._look, rows, _NEWEST_FIRST, after=found.next, most=most, read=read_event)
            found = Page(tuple(event for event in part.items if _did(which, event.actor)), part.next)
            if found.items or found.next is None:
                break
        return found

    def prune(self, site: str, *, before: datetime, most: int) -> Event | None:
        """Cut the chain of a site that was taken at its beginning; the event that says so."""
        act = self._look.act()
        act.chains.head(site)
        cut = Pruning(act, site, act.excerpts).cut(before=before, most=most)
        return None if cut is None else self.record(EventType.CHAIN_PRUNED, site, data=msgspec.to_builtins(cut))

    def _of(self, which: ColumnElement[bool]) -> list[Event]:
        return self._read(select(events.c.body, events.c.seal).where(which).order_by(events.c.number))

    def _read(self, statement: Any, values: Mapping[str, Any] | None = None) -> list[Event]:
        rows: Iterable[Row[Any]] = self._look.fetch(statement, values)
        return [read_event(row) for row in rows]


def _did(which: EventFilter, actor: Actor) -> bool:
    """Whether the actor is the one that is asked for."""
    return which.actor in (None, actor.name) and which.actor_type in (None, actor.type)
