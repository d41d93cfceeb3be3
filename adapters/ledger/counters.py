"""Numbers that only grow: the registry's revision, what quarantine has dropped, the series of each site.

Promises: adding is one statement and goes back with its transaction, so a series has no gaps.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select, text

from adapters.ledger.act import Look
from adapters.ledger.tables import counters, insert_or

_ADD = insert_or(counters, "(name) DO UPDATE SET value = counters.value + excluded.value")
_COUNT = select(counters.c.value).where(counters.c.name == bindparam("name"))
_NEXT = text(
    "INSERT INTO series (site, series, number) VALUES (:site, :series, 1) "
    "ON CONFLICT (site, series) DO UPDATE SET number = series.number + 1 RETURNING number"
)


def add(look: Look, name: str, by: int) -> None:
    """Let a counter grow."""
    look.act().fetch(_ADD, {"name": name, "value": by})


def count(look: Look, name: str) -> int:
    """A counter's value, 0 before it ever grew."""
    value: int | None = look.fetch(_COUNT, {"name": name}).scalar()
    return value or 0


def next_number(look: Look, site: str, series: str) -> int:
    """The next number of a site's series, from 1. Raises RuntimeError when the site was not taken."""
    act = look.act()
    act.chains.head(site)
    number: int = act.fetch(_NEXT, {"site": site, "series": series}).scalar_one()
    return number
