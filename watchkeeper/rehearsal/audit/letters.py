"""Letters: who is called is told, at least once, in order, and by the same key each time.

Promises: every call that leaves has its notices; what is recorded as sent was taken by its receiver; nothing is taken
twice but where the process died with it; within a lane letters are taken in the order of their numbers; nothing waits
for long beside a receiver that takes letters. Leaves to others: who must be called (`calls`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.errors import NotFound
from domain.escalation import Plan
from domain.events import Event, EventType
from domain.notices import LEASE, LONGEST_PAUSE, Notice, NoticeState
from domain.ports.ledger import NoticeFilter, Rows
from watchkeeper.rehearsal.audit.broken import must
from watchkeeper.rehearsal.audit.calls import CallAudit
from watchkeeper.rehearsal.post import Post

WAITS_AT_MOST = LONGEST_PAUSE + 2 * LEASE
"""A notice leaves within this once its receiver takes letters: its next try, and the lease of a process that died."""

_SENT = {EventType.NOTICE_SENT: NoticeState.SENT, EventType.NOTICE_FAILED: NoticeState.FAILED}
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_PAGE = 500


class LetterAudit:
    """Every notice that was ever made, and every letter that was ever taken."""

    def __init__(self, calls: CallAudit, plan: Plan, post: Post) -> None:
        self._calls, self._plan, self._post = calls, plan, post
        self._notices: dict[str, NoticeState] = {}
        self._read_until: datetime | None = None
        self._taken = 0
        self._takes: Counter[str] = Counter()
        self._lanes: dict[str, int] = {}
        self._deaf_until: datetime | None = None

    def deaf_until(self, at: datetime) -> None:
        """Until now somebody did not take letters, or nobody sent any."""
        self._deaf_until = at

    def read(self, rows: Rows, events: Sequence[Event]) -> None:
        """Follow what was called, taken and recorded since the last time."""
        self._read_taken()
        for prefix, event in self._calls.keys.items():
            channel = self._plan.channels.get(event.data["channel"])
            personal = channel is not None and channel.personal
            keys = [f"{prefix}.{person}" for person in event.data["people"]] if personal else [prefix]
            for key in keys:
                must(
                    self._is_there(rows, key),
                    f"{event.alarm} calls by event {event.number}, and there is no notice {key}",
                )
        self._calls.keys.clear()
        for event in events:
            if event.type in _SENT:
                must(self._is_there(rows, event.data["notice"]), f"there is no notice {event.data['notice']}")
                self._record(event, event.data["notice"])

    def inspect(self, rows: Rows, at: datetime, *, acting: bool) -> None:
        """Know every notice that was made, and whether anything waits that should have left."""
        self._read_notices(rows)
        if not acting or (self._deaf_until is not None and at < self._deaf_until + WAITS_AT_MOST):
            return
        late = rows.notices.due(at - WAITS_AT_MOST, most=1)
        must(not late, f"{late[0].key if late else ''} waits beside a receiver that takes letters")

    def close(self, rows: Rows) -> None:
        """Whether everything has left."""
        self._read_notices(rows)
        self._read_taken()
        waiting = rows.notices.due(_NEVER, most=1)
        must(not waiting, f"{waiting[0].key if waiting else ''} still waits")
        untold = [key for key, state in self._notices.items() if state is NoticeState.WAITING]
        must(not untold, f"{len(untold)} notices are gone, and no event says where: {untold[:3]}")

    def _record(self, event: Event, key: str) -> None:
        must(self._notices.get(key) is NoticeState.WAITING, f"{key} was {self._notices.get(key)}")
        self._notices[key] = _SENT[event.type]
        must(event.type is EventType.NOTICE_FAILED or self._takes[key], f"{key} is sent, and nobody took it")

    def _read_taken(self) -> None:
        for taken in self._post.taken[self._taken :]:
            if not self._takes[taken.key]:
                before = self._lanes.get(taken.lane, 0)
                must(taken.number > before, f"{taken.key} overtook number {before} of {taken.lane}")
                self._lanes[taken.lane] = taken.number
            self._takes[taken.key] += 1
            died = self._post.died_with[taken.key]
            must(self._takes[taken.key] <= 1 + died, f"{taken.key} was sent twice, and nothing had happened")
        self._taken = len(self._post.taken)

    def _is_there(self, rows: Rows, key: str) -> bool:
        """Whether there is, or was, a notice of that key."""
        if key not in self._notices:
            try:
                self._know(rows.notices.get(key))
            except NotFound:
                return False
        return True

    def _read_notices(self, rows: Rows) -> None:
        """The notices that are new: newest first, down to those of the last look's instant."""
        cursor: str | None = None
        newest = self._read_until
        while True:
            page = rows.notices.page(NoticeFilter(), after=cursor, most=_PAGE)
            for notice in page.items:
                if self._read_until is not None and notice.made_at < self._read_until:
                    self._read_until = newest
                    return
                newest = notice.made_at if newest is None else max(newest, notice.made_at)
                self._know(notice)
            cursor = page.next
            if cursor is None:
                self._read_until = newest
                return

    def _know(self, notice: Notice) -> None:
        self._notices.setdefault(notice.key, NoticeState.WAITING)
