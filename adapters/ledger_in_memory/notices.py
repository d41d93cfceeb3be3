"""Notices in memory: a key is there once, and nothing behind the first that waits in a lane is ever due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from adapters.ledger_in_memory.act import Look
from adapters.ledger_in_memory.pages import Order, page
from domain.instants import to_us
from domain.notices import Notice, NoticeState, free_at
from domain.ports.ledger import NoticeFilter, Page

_NEWEST_FIRST: Order[Notice] = Order("notices", lambda notice: (to_us(notice.made_at), notice.key), (False, True))


class Notices:
    """Implements `domain.ports.ledger.NoticeRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.notices

    def add(self, notice: Notice) -> bool:
        """Insert; False, changing nothing, when the key is there already."""
        if self._table.get(notice.key) is not None:
            return False
        self.put(notice)
        return True

    def get(self, key: str) -> Notice:
        """By key. Raises NotFound."""
        return self._table.need(key, f"notice {key}")

    def put(self, notice: Notice) -> None:
        """Replace by key."""
        self._look.act().change(self._table, notice.key, notice)

    def due(self, at: datetime, *, most: int) -> list[Notice]:
        """Of each lane the first that waits, where it is free to claim at `at`, the one that is free longest first."""
        firsts = [min(self._in_lane(lane), key=_number) for lane in self._table.waiting_in.groups()]
        free = [(since, first.key) for first in firsts if (since := free_at(first)) is not None and since <= at]
        return [self._table.rows[key] for _, key in sorted(free)[:most]]

    def behind(self, notice: Notice, *, most: int) -> list[Notice]:
        """What waits in the notice's lane after it, in order."""
        found = [one for one in self._in_lane(notice.lane) if one.number > notice.number]
        return sorted(found, key=_number)[:most]

    def of_alarm(self, alarm_id: str) -> list[Notice]:
        """All of an alarm, in the order in which they were made."""
        return sorted((self._table.rows[key] for key in self._table.of_alarm.of(alarm_id)), key=_number)

    def page(self, which: NoticeFilter, *, after: str | None, most: int) -> Page[Notice]:
        """Newest made first."""
        found = (one for one in self._table.rows.values() if _matches(one, which))
        return page(found, _NEWEST_FIRST, after=after, most=most)

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, NoticeState], int]:
        """How many there are by channel and state."""
        there = self._table.rows.values()
        return dict(Counter((one.channel, one.state) for one in there if sites is None or one.site in sites))

    def _in_lane(self, lane: str) -> Iterator[Notice]:
        return (self._table.rows[key] for key in self._table.waiting_in.of(lane))


def _number(notice: Notice) -> int:
    return notice.number


def _matches(notice: Notice, which: NoticeFilter) -> bool:
    return (
        (which.sites is None or notice.site in which.sites)
        and which.alarm in (None, notice.alarm)
        and which.channel in (None, notice.channel)
        and which.state in (None, notice.state)
    )
