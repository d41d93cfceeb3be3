"""Lists a page at a time.

Promises: a cursor names the last row that was shown, by what the list is sorted by; rows that come later never make
a page skip or repeat one. Leaves to others: which rows, and in what order.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Row, Select, Text, literal, tuple_, type_coerce

from adapters.ledger.act import Look
from domain.errors import Invalid
from domain.ports.ledger import Page

T = TypeVar("T")

MOST_ROWS = 10_000
"""No page is longer than this, whatever is asked for."""

_LONGEST_CURSOR = 1024
_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_DECODER = msgspec.json.Decoder(tuple[str, str | _Number, str | _Number])


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
    if not 1 <= most <= MOST_ROWS:
        raise Invalid(f"a page has 1 to {MOST_ROWS} items, not {most}")
    first, second = _plain(order.first), _plain(order.second)
    if after is not None:
        last = tuple_(
            *(literal(part, column.type) for part, column in zip(_parse(after, order), (first, second), strict=True))
        )
        here = tuple_(first, second)
        rows = rows.where(here < last if order.newest_first else here > last)
    sort = (first.desc(), second.desc()) if order.newest_first else (first, second)
    statement = rows.add_columns(first.label("sort_first"), second.label("sort_second")).order_by(*sort)
    found = look.fetch(statement.limit(most + 1)).all()
    shown = found[:most]
    more = len(found) > most
    return Page(tuple(read(row) for row in shown), _write(order, shown[-1]) if more else None)


def _plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column as the number or text that the database keeps."""
    return type_coerce(column, Text() if isinstance(column.type, Text) else BigInteger())


def _write(order: Order, row: Row[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((order.list, row.sort_first, row.sort_second))).decode()


def _parse(cursor: str, order: Order) -> tuple[str | int, str | int]:
    try:
        name, first, second = _DECODER.decode(base64.b64decode(cursor[:_LONGEST_CURSOR], altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:  # msgspec's errors are ValueErrors
        raise Invalid("that is not a cursor that a list gave") from error
    fits = name == order.list and all(
        isinstance(part, str) == isinstance(column.type, Text)
        for part, column in ((first, order.first), (second, order.second))
    )
    if not fits:
        raise Invalid("that is a cursor of another list")
    return first, second
