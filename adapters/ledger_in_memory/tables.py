"""Tables in memory: rows by key, and indexes that follow every change of a row.

Promises: setting a row tells what it was before, so that a change can be taken back by setting that again; indexes are
right after every set. Leaves to others: keeping what was (`act`), which tables there are (`state`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from domain.errors import NotFound

K = TypeVar("K")
V = TypeVar("V")
G = TypeVar("G", bound=Hashable)
K_contra = TypeVar("K_contra", contravariant=True)
V_contra = TypeVar("V_contra", contravariant=True)


class Index(Protocol[K_contra, V_contra]):
    """What follows the rows of a table."""

    def move(self, key: K_contra, old: V_contra | None, new: V_contra | None) -> None:
        """A row came, changed or went."""
        ...


class Table(Generic[K, V]):
    """Rows by key. A table with indexes is a subclass that makes them."""

    def __init__(self, *indexes: Index[K, V]) -> None:
        self.rows: dict[K, V] = {}
        self._indexes = indexes

    def get(self, key: K) -> V | None:
        """The row, if it is there."""
        return self.rows.get(key)

    def need(self, key: K, what: str) -> V:
        """The row. Raises NotFound, naming `what` there is not."""
        row = self.rows.get(key)
        if row is None:
            raise NotFound(f"there is no {what}")
        return row

    def set(self, key: K, row: V | None) -> V | None:
        """Put a row, or take it out with None. Returns what was there before."""
        old = self.rows.get(key)
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        for index in self._indexes:
            index.move(key, old, row)
        return old

    def fill(self, other: Table[K, V]) -> None:
        """Take over all rows of another table of the same kind."""
        for key, row in other.rows.items():
            self.set(key, row)


class Grouped(Generic[K, V, G]):
    """Keys of rows by what they have in common; rows whose group is None are in none."""

    def __init__(self, group: Callable[[V], G | None]) -> None:
        self._group = group
        self._keys: dict[G, dict[K, None]] = {}

    def of(self, group: G) -> Iterator[K]:
        """The keys of a group, in the order in which they came into it."""
        return iter(self._keys.get(group, ()))

    def size(self, group: G) -> int:
        """How many are in a group."""
        return len(self._keys.get(group, ()))

    def groups(self) -> Iterator[G]:
        """The groups that have rows."""
        return iter(self._keys)

    def move(self, key: K, old: V | None, new: V | None) -> None:
        """A row came, changed or went."""
        before = None if old is None else self._group(old)
        now = None if new is None else self._group(new)
        if before == now:
            return
        if before is not None:
            del self._keys[before][key]
            if not self._keys[before]:
                del self._keys[before]
        if now is not None:
            self._keys.setdefault(now, {})[key] = None


class Waiting(Generic[K, V]):
    """Keys of rows by the instant for which they wait; rows whose instant is None wait for nothing."""

    def __init__(self, instant: Callable[[V], datetime | None]) -> None:
        self._instant = instant
        self._waiting: dict[K, datetime] = {}
        self._first: datetime | None = None
        self._known = True  # whether `_first` is what it says

    @property
    def first(self) -> datetime | None:
        """The first instant for which one waits."""
        if not self._known:
            self._first, self._known = min(self._waiting.values(), default=None), True
        return self._first

    def until(self, at: datetime, *, most: int) -> list[K]:
        """Those whose instant has come at `at`, the one that waits longest first, `most` at the most."""
        if self.first is None or self.first > at:
            return []
        due: list[tuple[datetime, Any]] = sorted((since, key) for key, since in self._waiting.items() if since <= at)
        return [key for _, key in due[:most]]

    def move(self, key: K, _old: V | None, new: V | None) -> None:
        """A row came, changed or went."""
        instant = None if new is None else self._instant(new)
        if instant == self._waiting.get(key):
            return
        if instant is None:
            del self._waiting[key]
        else:
            self._waiting[key] = instant
        self._known = False
