"""Chain: every event is followed as it is written, and every part of the audit sees it.

Promises: each site's chain goes on by ones; a violation is a `Broken` that says when and what. After a step the alarms
that it touched are held against what events tell of them; `inspect` holds everything against it. Only looks, and at
what changed alone: an audit must stay cheap beside what it audits. Leaves to others: making things happen (`day`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from domain.alarms import Alarm
from domain.errors import NotFound
from domain.escalation import Plan
from domain.events import Cursor, Event, EventType
from domain.ports.ledger import Ledger, Rows
from simulators.strolls import Stroll
from watchkeeper.rehearsal.audit.alarms import AlarmAudit
from watchkeeper.rehearsal.audit.broken import LATEST, Broken, Sight, must
from watchkeeper.rehearsal.audit.calls import CallAudit
from watchkeeper.rehearsal.audit.letters import LetterAudit
from watchkeeper.rehearsal.audit.rounds import RoundAudit
from watchkeeper.rehearsal.audit.standing import StandingAudit
from watchkeeper.rehearsal.post import Post


class Audit:
    """The auditor of one ledger. `follow` after every step, `inspect` now and then, `close` at the end.

    `plan` says who must be called; `post` is where notices go, None when none leave; `strolls` are the rounds that
    somebody was to walk.
    """

    def __init__(self, ledger: Ledger, plan: Plan, *, post: Post | None = None, strolls: Sequence[Stroll] = ()) -> None:
        self._ledger = ledger
        self._seen: dict[str, int] = {}
        self._change = -1
        self._sight = Sight()
        self._alarms = AlarmAudit(self._sight)
        self._calls = CallAudit(self._alarms, plan, self._sight)
        self._letters = LetterAudit(self._calls, plan, post) if post is not None else None
        self._standing = StandingAudit()
        self._rounds = RoundAudit(strolls)
        self.counts: Counter[EventType] = Counter()

    @property
    def told(self) -> dict[str, list[tuple[str, str]]]:
        """What rules told of each device, in order: (`alarm.raised`, rule)."""
        return self._alarms.told

    @property
    def open_alarms(self) -> int:
        """How many are open."""
        return len(self._alarms.open)

    def blind_until(self, at: datetime) -> None:
        """Until now nobody could act on a deadline."""
        self._sight.back_at = at

    def deaf_until(self, at: datetime) -> None:
        """Until now a receiver did not take what was sent to it, or nobody could send."""
        if self._letters is not None:
            self._letters.deaf_until(at)

    def raised_since(self, device: str, rule: str, since: datetime) -> bool:
        """Whether somebody was called for the rule on the device, and it is open or was raised since."""
        return self._alarms.raised_since(device, rule, since)

    def follow(self) -> list[Event]:
        """Read what was written since the last time. Raises Broken."""
        change = self._ledger.changed(self._change)
        if change == self._change:
            return []
        self._change = change
        with self._ledger.read() as rows:
            events = rows.events.after(Cursor(self._seen), sites=None, most=100_000)
            if not events:
                return []
            for event in events:
                try:
                    self._follow(event)
                except Broken as broken:
                    raise Broken(f"{event.at:%d %H:%M:%S} event {event.number} {event.type}: {broken}") from None
            for alarm_id in dict.fromkeys(event.alarm for event in events if event.alarm is not None):
                self._hold(_there(rows, alarm_id))
            if self._letters is not None:
                self._letters.read(rows, events)
        return events

    def inspect(self, at: datetime, *, acting: bool) -> None:
        """Hold the rows against what was followed. `acting`: time's turn could be taken just now. Raises Broken."""
        with self._ledger.read() as rows:
            alarms = [alarm for site in self._seen for alarm in rows.alarms.open_on(site)]
            self._alarms.inspect(alarms)
            for alarm in alarms:
                self._hold(alarm)
            self._standing.inspect(rows, alarms, at, acting=acting)
            self._rounds.inspect(rows, alarms)
            if acting:
                self._calls.inspect(alarms, at)
                self._alarms.inspect_deadlines(rows.orders.due(at - LATEST, most=1000), at)
            if self._letters is not None:
                self._letters.inspect(rows, at, acting=acting)

    def close(self, at: datetime) -> None:
        """Hold what must be so when everything was put right long enough ago. Raises Broken."""
        with self._ledger.read() as rows:
            self._rounds.close(rows, at)
            if self._letters is not None:
                self._letters.close(rows)

    def _follow(self, event: Event) -> None:
        expected = self._seen.get(event.site, 0) + 1
        must(event.number == expected, "the chain goes on with", expected)
        self._seen[event.site] = event.number
        self.counts[event.type] += 1
        self._alarms.take(event)
        self._calls.take(event)
        self._standing.take(event)

    def _hold(self, alarm: Alarm) -> None:
        """One alarm as it is now."""
        self._alarms.hold(alarm)
        self._calls.hold(alarm)
        self._standing.hold(alarm)


def _there(rows: Rows, alarm_id: str) -> Alarm:
    """The row of an alarm that an event tells of."""
    try:
        return rows.alarms.get(alarm_id)
    except NotFound:
        raise Broken(f"events tell of {alarm_id}, and there is no such alarm") from None
