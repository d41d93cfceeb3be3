"""Cursors: where a list goes on, as a text that means something only to whoever gave it.

Promises: a cursor names its list and the last row that was shown, by the two values that the list is sorted by; what no
list gave is Invalid, however long it is. Leaves to others: the lists (`pages`, `adapters.ledger_in_memory.pages`).
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec

from domain.errors import Invalid

Place = tuple[str | int, str | int]
"""What a list is sorted by, of one row."""

MOST_ROWS = 10_000
"""No page is longer than this, whatever is asked for."""

_LONGEST_CURSOR = 1024
_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_DECODER = msgspec.json.Decoder(tuple[str, str | _Number, str | _Number])


def refuse_length(most: int) -> None:
    """Raises Invalid for a page that is too long, or too short to lead anywhere."""
    if not 1 <= most <= MOST_ROWS:
        raise Invalid(f"a page has 1 to {MOST_ROWS} items, not {most}")


def write_cursor(name: str, last: Place) -> str:
    """The cursor of a list behind a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode((name, *last))).decode()


def read_cursor(cursor: str, name: str, texts: tuple[bool, bool]) -> Place:
    """The row that a cursor stands behind. `texts` says which of the two values are texts. Raises Invalid."""
    try:
        found, first, second = _DECODER.decode(
            base64.b64decode(cursor[:_LONGEST_CURSOR], altchars=b"-_", validate=True)
        )
    except (ValueError, binascii.Error) as error:  # msgspec's errors are ValueErrors
        raise Invalid("that is not a cursor that a list gave") from error
    if found != name or (isinstance(first, str), isinstance(second, str)) != texts:
        raise Invalid("that is a cursor of another list")
    return first, second
