"""CSV: whole readings or one metric, safe to open in a spreadsheet.

Promises: RFC 4180 lines in UTF-8; a text that a spreadsheet would take for a formula is written with an apostrophe
before it; rows are made in small parts, never all in memory. Leaves to others: reading them (`domain.ports.history`),
threads (`api.lanes`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from itertools import islice

from domain.readings import Value

ROWS_A_PART = 500
OTHER = "other"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Value | None) -> str | int | float:
    """One value as CSV writes it. Numbers and booleans stay what they are; a text can never become a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) else value
    return value


def csv_parts(
    readings: Iterable[tuple[datetime, dict[str, Value]]], columns: Sequence[str], *, other: bool
) -> Generator[str, None, None]:
    """CSV of whole readings: `at`, one column a metric of `columns`, and (`other`) further values as JSON."""
    known = frozenset(columns)

    def row(at: datetime, values: dict[str, Value]) -> list[str | int | float]:
        cells = [_instant(at), *(cell(values.get(name)) for name in columns)]
        return [*cells, _others(values, known)] if other else cells

    yield _lines([["at", *columns, *([OTHER] if other else [])]])
    rows = iter(readings)
    while part := list(islice(rows, ROWS_A_PART)):
        yield _lines([row(at, values) for at, values in part])


def _others(values: dict[str, Value], known: frozenset[str]) -> str:
    others = {name: value for name, value in values.items() if name not in known}
    return json.dumps(others, ensure_ascii=False, sort_keys=True) if others else ""


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lines(rows: Iterable[Sequence[str | int | float]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
