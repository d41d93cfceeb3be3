"""Notices in the ledger.

Promises: a key is there once; what is due is one indexed question; nothing behind the first that waits in a lane is
ever due. Leaves to others: what becomes of a notice (`domain.notices`), who may claim one (its caller takes the site).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, text

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.pages import Order, page
from adapters.ledger.tables import insert_or, notices, upsert
from domain.errors import NotFound
from domain.notices import Notice, NoticeState, free_at
from domain.ports.ledger import NoticeFilter, Page

_READ = msgspec.json.Decoder(Notice).decode
_ADD = insert_or(notices, "(key) DO NOTHING")
_PUT = upsert(notices)
_BY_KEY = select(notices.c.body).where(notices.c.key == bindparam("key"))
# From lane to lane through the index: a receiver that was away for a day has thousands behind its first.
_DUE = text(
    """
    WITH RECURSIVE lanes (lane) AS (
        SELECT min(lane) FROM notices WHERE free_at IS NOT NULL
        UNION ALL
        SELECT (SELECT min(lane) FROM notices WHERE free_at IS NOT NULL AND lane > lanes.lane)
        FROM lanes WHERE lanes.lane IS NOT NULL
    )
    SELECT head.body FROM lanes JOIN notices AS head ON head.lane = lanes.lane AND head.number = (
        SELECT min(number) FROM notices WHERE lane = lanes.lane AND free_at IS NOT NULL
    )
    WHERE head.free_at <= :at ORDER BY head.free_at, head.key LIMIT :most
    """
).bindparams(bindparam("at", type_=notices.c.free_at.type), bindparam("most"))
_BEHIND = (
    select(notices.c.body)
    .where(
        notices.c.lane == bindparam("lane"),
        notices.c.number > bindparam("number"),
        notices.c.free_at.is_not(None),
    )
    .order_by(notices.c.number)
    .limit(bindparam("most"))
)
_OF_ALARM = select(notices.c.body).where(notices.c.alarm == bindparam("alarm")).order_by(notices.c.number)
_NEWEST_FIRST = Order("notices", notices.c.made_at, notices.c.key)


class NoticeTable:
    """Implements `domain.ports.ledger.NoticeRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def add(self, notice: Notice) -> bool:
        """Insert; False, changing nothing, when the key is there already."""
        return bool(self._look.act().fetch(_ADD, _columns(notice)).rowcount)

    def get(self, key: str) -> Notice:
        """By key. Raises NotFound."""
        body = self._look.fetch(_BY_KEY, {"key": key}).scalar()
        if body is None:
            raise NotFound(f"there is no notice {key}")
        return _READ(body)

    def put(self, notice: Notice) -> None:
        """Replace by key."""
        self._look.act().fetch(_PUT, _columns(notice))

    def due(self, at: datetime, *, most: int) -> list[Notice]:
        """Of each lane the first that waits, where it is free to claim at `at`."""
        return self._read(_DUE, {"at": at, "most": most})

    def behind(self, notice: Notice, *, most: int) -> list[Notice]:
        """What waits in the notice's lane after it, in order."""
        return self._read(_BEHIND, {"lane": notice.lane, "number": notice.number, "most": most})

    def of_alarm(self, alarm_id: str) -> list[Notice]:
        """All of an alarm, in the order in which they were made."""
        return self._read(_OF_ALARM, {"alarm": alarm_id})

    def page(self, which: NoticeFilter, *, after: str | None, most: int) -> Page[Notice]:
        """Newest made first."""
        rows = select(notices.c.body)
        if which.sites is not None:
            rows = rows.where(notices.c.site.in_(which.sites))
        if which.alarm is not None:
            rows = rows.where(notices.c.alarm == which.alarm)
        if which.channel is not None:
            rows = rows.where(notices.c.channel == which.channel)
        if which.state is not None:
            rows = rows.where(notices.c.state == which.state.value)
        return page(self._look, rows, _NEWEST_FIRST, after=after, most=most, read=lambda row: _READ(row.body))

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, NoticeState], int]:
        """How many there are by channel and state."""
        rows = select(notices.c.channel, notices.c.state, func.count().label("number"))
        if sites is not None:
            rows = rows.where(notices.c.site.in_(sites))
        counted = self._look.fetch(rows.group_by(notices.c.channel, notices.c.state))
        return {(row.channel, NoticeState(row.state)): row.number for row in counted}

    def _read(self, statement: Any, values: dict[str, Any]) -> list[Notice]:
        return [_READ(body) for body in self._look.fetch(statement, values).scalars()]


def _columns(notice: Notice) -> dict[str, Any]:
    return {
        "key": notice.key,
        "site": notice.site,
        "number": notice.number,
        "lane": notice.lane,
        "alarm": notice.alarm,
        "state": notice.state.value,
        "free_at": free_at(notice),
        "made_at": notice.made_at,
        "channel": notice.channel,
        "body": write_body(notice),
    }
