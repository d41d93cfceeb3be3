"""Verification: the chains replayed against the rows and the anchors.

Promises: one sentence for each damage, none when sound; a ledger that a crash left behind is sound. What it cannot
find is said in `docs/decisions/0020-event-chain.md`. Leaves to others: deciding what a damage means.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Table, select

from adapters.ledger import alarms as alarm_rows
from adapters.ledger import attachments as attachment_rows
from adapters.ledger import duties as duty_rows
from adapters.ledger import events as event_rows
from adapters.ledger import orders as order_rows
from adapters.ledger import rounds as round_rows
from adapters.ledger.act import Look
from adapters.ledger.anchors import Anchor
from adapters.ledger.bodies import digest_of
from adapters.ledger.chain import UNSOUND, Head, event_seal, head_seal
from adapters.ledger.pruning import beginning_of, cut_of
from adapters.ledger.tables import (
    alarms,
    attachments,
    chain_heads,
    duty_cycles,
    events,
    order_clocks,
    rounds,
    visits,
    work_orders,
)

Digests = dict[str, tuple[str, int]]
"""By row (`alarm:ID`): the newest digest that an event names, and that event's number."""


def verify(look: Look, key: bytes, anchors: Sequence[Anchor]) -> list[str]:
    """All damages. Read the anchors first: they are written after the commit and so never ahead of a sound chain."""
    heads = {row.site: row for row in look.fetch(select(chain_heads))}
    known = (
        heads.keys() | {anchor.site for anchor in anchors} | set(look.fetch(select(events.c.site).distinct()).scalars())
    )
    damages: list[str] = []
    digests: Digests = {}
    for site in sorted(known):
        replay = _Replay(site, key, [anchor for anchor in anchors if anchor.site == site], digests)
        damages += replay.run(look, heads.get(site))
    damages += _rows(look, alarms, alarm_rows.row_name, alarm_rows.columns, digests)
    damages += _rows(look, work_orders, order_rows.row_name, order_rows.columns, digests)
    damages += _rows(look, rounds, round_rows.row_name, round_rows.columns, digests)
    damages += _rows(look, duty_cycles, duty_rows.row_name, duty_rows.columns, digests)
    damages += _rows(look, attachments, attachment_rows.row_name, attachment_rows.columns, digests)
    damages += _clocks(look)
    damages += _visits(look)
    damages += [f"{_name(row)} is gone, but event {number} wrote it." for row, (_, number) in sorted(digests.items())]
    return damages


def sound_ends(look: Look, key: bytes) -> dict[str, tuple[Head, datetime]]:
    """Where each chain ends and when that was: what may be anchored, heads that do not fit their seal left out."""
    ends = select(chain_heads, events.c.at).join(
        events, (events.c.site == chain_heads.c.site) & (events.c.number == chain_heads.c.number)
    )
    return {
        row.site: (Head(row.number, row.seal), row.at)
        for row in look.fetch(ends)
        if row.head_seal == head_seal(key, row.site, row.number, row.seal)
    }


class _Replay:
    """One site's chain, from its first event to its head."""

    def __init__(self, site: str, key: bytes, anchors: Sequence[Anchor], digests: Digests) -> None:
        self._site, self._key, self._digests = site, key, digests
        self._anchored: dict[int, set[str]] = {}
        for anchor in anchors:
            self._anchored.setdefault(anchor.number, set()).add(anchor.seal)
        self._number, self._seal = 0, ""  # of the event before
        self._fit, self._unfit = 0, 0  # events by whether their seal fits

    def run(self, look: Look, head: Row[Any] | None) -> list[str]:
        """The damages of this chain."""
        damages: list[str] = []
        start = beginning_of(look, self._site)
        self._number, self._seal = start.number, start.seal
        if self._anchored.get(start.number, {start.seal}) != {start.seal}:
            damages.append(
                f"The chain of {self._site} was cut at event {start.number}, which is not the one that was anchored."
            )
        of_site = select(events).where(events.c.site == self._site).order_by(events.c.number)
        for row in look.stream(of_site):
            damages += self._event(row)
        if self._unfit and not self._fit and head is not None and not self._head_fits(head):
            return [f"Neither an event nor the head of {self._site} fits the key: it is not the key that sealed them."]
        damages += self._head(head)
        beyond = max((number for number in self._anchored if number > self._number), default=None)
        if beyond is not None:
            damages.append(
                f"The chain of {self._site} ends with event {self._number}, but event {beyond} was anchored: "
                "its tail was cut off."
            )
        return damages

    def _event(self, row: Row[Any]) -> Iterator[str]:
        name = f"Event {row.number} of {self._site}"
        first, last = self._number + 1, row.number - 1
        previous, self._number, self._seal = self._seal, row.number, row.seal
        if self._anchored.get(row.number, {row.seal}) != {row.seal}:
            yield f"{name} is not the one that was anchored: the chain was written anew."
        if first > last:
            fits = hmac.compare_digest(event_seal(self._key, previous, row.body).encode(), row.seal.encode())
            self._fit, self._unfit = self._fit + fits, self._unfit + (not fits)
        else:
            fits = True  # what it was sealed upon is gone: nothing can be said of its own seal
            missing = (
                f"Event {first} of {self._site} is"
                if first == last
                else f"Events {first} to {last} of {self._site} are"
            )
            yield f"{missing} missing."
        found = {column: value for column, value in row._mapping.items() if column != "seal"}
        if not fits:
            yield f"{name} does not fit its seal: it was edited."
        elif event_rows.columns(row.body) != found:
            yield f"{name} has columns that are not its body's: they were edited."
        with suppress(msgspec.MsgspecError):  # an edited event is one damage, what it says of rows none of its own
            event = event_rows.read_event(row)
            self._digests.update((key, (digest, row.number)) for key, digest in event.digests.items())
            cut = cut_of(event)
            for gone in cut.gone if cut is not None else ():
                self._digests.pop(gone, None)

    def _head(self, head: Row[Any] | None) -> Iterator[str]:
        name = f"The head of {self._site}"
        if head is None:
            if self._number:
                yield f"{name} is gone."
            return
        if head.head_seal == UNSOUND:
            yield f"{name} did not fit its seal when a later event was written: it was edited before."
        elif not self._head_fits(head):
            yield f"{name} does not fit its seal: it was edited."
        if head.number > self._number:
            yield f"{name} is event {head.number}, but the chain ends with event {self._number}: its tail was cut off."
        elif (head.number, head.seal) != (self._number, self._seal):
            yield f"{name} is event {head.number}, but the chain goes on to event {self._number}: the head was edited."

    def _head_fits(self, head: Row[Any]) -> bool:
        seal = head_seal(self._key, self._site, head.number, head.seal)
        return hmac.compare_digest(seal.encode(), head.head_seal.encode())


def _rows(
    look: Look, table: Table, name: Callable[[str], str], columns: Callable[[str], dict[str, Any]], digests: Digests
) -> Iterator[str]:
    """Compare rows with the newest digests; those that were compared are taken out of `digests`."""
    for row in look.stream(select(table)):
        key = name(row.id)
        expected, number = digests.pop(key, (None, 0))
        if expected is None:
            yield f"{_name(key)} is in no event: it was put there by hand."
        elif digest_of(row.body) != expected:
            yield f"{_name(key)} is not as event {number} of {row.site} left it: it was edited."
        elif columns(row.body) != dict(row._mapping):
            yield f"{_name(key)} has columns that are not its body's: they were edited."


def _clocks(look: Look) -> Iterator[str]:
    of_order = select(order_clocks).order_by(order_clocks.c.position)
    for row in look.stream(select(work_orders.c.id, work_orders.c.body)):
        clocks = look.fetch(of_order.where(order_clocks.c.order_id == row.id))
        try:
            expected = order_rows.clock_columns(row.body)
        except msgspec.MsgspecError:
            continue  # told of by its digest
        if [dict(clock._mapping) for clock in clocks] != expected:
            yield f"{_name(order_rows.row_name(row.id))} has clocks that are not its body's: they were edited."


def _visits(look: Look) -> Iterator[str]:
    of_round = select(visits).order_by(visits.c.position)
    for row in look.stream(select(rounds.c.id, rounds.c.body)):
        found = look.fetch(of_round.where(visits.c.round_id == row.id))
        try:
            expected = round_rows.visit_columns(row.body)
        except msgspec.MsgspecError:
            continue  # told of by its digest
        if [dict(visit._mapping) for visit in found] != expected:
            yield f"{_name(round_rows.row_name(row.id))} has visits that are not its body's: they were edited."


_NOUNS = {"alarm": "Alarm", "workorder": "Work order", "round": "Round", "duty": "Duty", "attachment": "File"}


def _name(key: str) -> str:
    what, _, row_id = key.partition(":")
    return f"{_NOUNS[what]} {row_id}"
