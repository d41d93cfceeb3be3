"""Lists a page at a time.

Promises: a cursor names the last row that was shown, by what the list is sorted by; rows that come later never make
a page skip or repeat one. Leaves to others: which rows, and in what order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Row, Select, Text, literal, tuple_, type_coerce

from adapters.ledger.act import Look
from adapters.ledger.cursors import read_cursor, refuse_length, write_cursor
from domain.ports.ledger import Page

T = TypeVar("T")


class Order(msgspec.Struct, frozen=True):
    """What a list is sorted by: two columns that together are unique and, for a row that stays put, never change."""

    list: str
    first: ColumnElement[Any]
    second: ColumnElement[Any]
    newest_first: bool = True


def page(
    look: Look, rows: Select[Any], order: Order, *, after: str | None, most: int, read: Callable[[Row[Any]], T]
) -> Page[T]:
    """The page of `rows` after a cursor. Raises Invalid for a cursor that this list did not give."""
    refuse_length(most)
    first, second = _plain(order.first), _plain(order.second)
    if after is not None:
        texts = (isinstance(first.type, Text), isinstance(second.type, Text))
        place = read_cursor(after, order.list, texts)
        last = tuple_(*(literal(part, column.type) for part, column in zip(place, (first, second), strict=True)))
        here = tuple_(first, second)
        rows = rows.where(here < last if order.newest_first else here > last)
    sort = (first.desc(), second.desc()) if order.newest_first else (first, second)
    statement = rows.add_columns(first.label("sort_first"), second.label("sort_second")).order_by(*sort)
    found = look.fetch(statement.limit(most + 1)).all()
    shown = found[:most]
    more = len(found) > most
    return Page(tuple(read(row) for row in shown), _cursor(order, shown[-1]) if more else None)


def _cursor(order: Order, row: Row[Any]) -> str:
    return write_cursor(order.list, (row.sort_first, row.sort_second))


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as the number or text that the database keeps."""
    return type_coerce(column, Text() if isinstance(column.type, Text) else BigInteger())
