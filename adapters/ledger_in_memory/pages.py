"""Lists a page at a time, with the cursors that the SQL ledger gives.

Promises: rows that come later never make a page skip or repeat one. Leaves to others: which rows, and in what order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from adapters.ledger.cursors import Place, read_cursor, refuse_length, write_cursor
from domain.ports.ledger import Page

T = TypeVar("T")


class Order(msgspec.Struct, Generic[T], frozen=True):
    """What a list is sorted by: two values of a row that together are unique; `texts` says which of them are texts."""

    list: str
    place: Callable[[T], Place]
    texts: tuple[bool, bool]
    newest_first: bool = True


def page(rows: Iterable[T], order: Order[T], *, after: str | None, most: int) -> Page[T]:
    """The page of `rows` after a cursor. Raises Invalid for a cursor that this list did not give."""
    refuse_length(most)
    placed = [(order.place(row), row) for row in rows]
    if after is not None:
        last = read_cursor(after, order.list, order.texts)
        placed = [(place, row) for place, row in placed if _beyond(place, last, newest_first=order.newest_first)]
    placed.sort(key=lambda one: one[0], reverse=order.newest_first)
    shown = placed[:most]
    more = len(placed) > most
    return Page(tuple(row for _, row in shown), write_cursor(order.list, shown[-1][0]) if more else None)


def _beyond(place: Place, last: Place, *, newest_first: bool) -> bool:
    # both are of the same list, so that texts meet texts and numbers numbers
    return place < last if newest_first else place > last
