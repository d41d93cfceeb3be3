"""Audit: what must hold after every step, whatever happened.

Promises: every event is followed on its chain as it is written; what it says of states must fit what was said before,
each deadline is acted on once and in time, and only people end an alarm. `inspect` holds the rows against all of it. A
violation is a `Broken` that says when and what. Only looks. Leaves to others: making things happen (`day`).
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from domain.alarms import Alarm, AlarmState
from domain.events import Cursor, Event, EventType
from domain.people import ActorType
from domain.ports.ledger import Ledger, Rows
from domain.workorders import OrderState

LATEST = timedelta(seconds=2)
"""A deadline is acted on within this, unless nobody could."""

_PEOPLE = (ActorType.PERSON, ActorType.PROGRAM)
_CLOCK_EVENTS = (EventType.WORKORDER_WARNED, EventType.WORKORDER_BREACHED)
_CALLING = (EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED)
_HIDING = (EventType.ALARM_SUPPRESSED, EventType.ALARM_TESTED, EventType.ALARM_SHELVED)
_SHOWING = (*_CALLING, EventType.ALARM_SHOWN, EventType.ALARM_UNSHELVED)
_LOOKING = (EventType.ALARM_ACKNOWLEDGED, EventType.ALARM_ENDED)


class Broken(AssertionError):
    """Something that must hold does not."""


class _Followed:
    """One alarm, as its events tell it.

    `called`: whether somebody was called for it, since `raised_at`; `seen`: whether a person looked at it since then.
    `hidden`: whether it calls nobody at present.
    """

    __slots__ = ("called", "hidden", "key", "life_safety", "raised_at", "seen", "state")

    def __init__(self, event: Event, key: tuple[str, str, str]) -> None:
        self.key = key
        self.state = AlarmState.NORMAL
        self.raised_at = event.at
        self.called = self.seen = self.hidden = self.life_safety = False

    def take(self, event: Event) -> None:
        """Note what the event says."""
        self.state = AlarmState(event.data["after"])
        self.life_safety = bool(event.data.get("life_safety"))
        if event.type in _CALLING:
            self.raised_at, self.called, self.seen = event.at, True, False
        if event.type in _LOOKING and event.actor.type in _PEOPLE:
            self.seen = True
        self.hidden = event.type in _HIDING or (self.hidden and event.type not in _SHOWING)

    @property
    def may_be_over(self) -> bool:
        """Whether it may end: somebody looked, or nobody was called, or it is hidden and no matter of life."""
        return self.seen or not self.called or (self.hidden and not self.life_safety)


class Audit:
    """The auditor of one ledger. `follow` after every step, `inspect` now and then."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seen: dict[str, int] = {}
        self._alarms: dict[str, _Followed] = {}
        self._open: dict[tuple[str, str, str], str] = {}
        self._orders: dict[str, OrderState] = {}
        self._moved_at: dict[str, datetime] = {}
        self._ended_by_people: dict[str, datetime] = {}
        self._deadlines: set[tuple[str, str, str, str, str]] = set()
        self._back_at: datetime | None = None
        self._change = -1
        self.counts: Counter[EventType] = Counter()
        self.told: dict[str, list[tuple[str, str]]] = {}
        """What rules told of each device, in order: (`alarm.raised`, rule)."""

    def blind_until(self, at: datetime) -> None:
        """Until now nobody could act on a deadline."""
        self._back_at = at

    def follow(self) -> list[Event]:
        """Read what was written since the last time. Raises Broken."""
        change = self._ledger.changed(self._change)
        if change == self._change:
            return []
        self._change = change
        with self._ledger.read() as rows:
            events = rows.events.after(Cursor(self._seen), sites=None, most=100_000)
        for event in events:
            try:
                self._follow(event)
            except Broken as broken:
                raise Broken(f"{event.at:%d %H:%M:%S} event {event.number} {event.type}: {broken}") from None
        return events

    def raised_since(self, device: str, rule: str, since: datetime) -> bool:
        """Whether somebody was called for the rule on the device, and it is open or was raised since."""
        ours = [one for one in self._alarms.values() if one.key[1:] == (device, rule) and one.called]
        return any(one.state.open or one.raised_at >= since for one in ours)

    def inspect(self, at: datetime, *, acting: bool) -> None:
        """Hold the rows against what was followed. `acting`: time's turn could be taken just now. Raises Broken."""
        with self._ledger.read() as rows:
            self._inspect_alarms(rows)
            if acting and (late := rows.orders.due(at, most=1)):
                raise Broken(f"nobody acted on a deadline of {late[0].id}")

    @property
    def open_alarms(self) -> int:
        """How many are open."""
        return len(self._open)

    def _follow(self, event: Event) -> None:
        expected = self._seen.get(event.site, 0) + 1
        _must(event.number == expected, f"the chain goes on with {expected}")
        self._seen[event.site] = event.number
        self.counts[event.type] += 1
        if event.type in _CLOCK_EVENTS:
            self._deadline(event)
        elif "after" in event.data and event.type.startswith("alarm."):
            self._alarm(event)
        elif "after" in event.data and event.type.startswith("workorder."):
            self._moved(event)

    def _alarm(self, event: Event) -> None:
        assert event.alarm is not None
        followed = self._alarms.get(event.alarm)
        if followed is None:
            rule = "manual" if event.actor.type in _PEOPLE else event.actor.name
            followed = self._alarms[event.alarm] = _Followed(event, (event.site, event.device or event.alarm, rule))
        if not followed.state.open:
            _must(followed.key not in self._open, f"{followed.key} has an open alarm already")
            _must(event.type not in _LOOKING, f"{event.alarm} was over")
            self._open[followed.key] = event.alarm
        _must(event.data["before"] == followed.state, f"it was {followed.state}, not {event.data['before']}")
        followed.take(event)
        if not followed.state.open:
            _must(followed.may_be_over, f"{event.alarm} is over, and no person looked")
            del self._open[followed.key]
        if event.actor.type is ActorType.RULE:
            self.told.setdefault(event.device or "", []).append((event.type.value, followed.key[2]))

    def _deadline(self, event: Event) -> None:
        data = event.data
        which = "warn_at" if event.type is EventType.WORKORDER_WARNED else "due_at"
        one = (event.type.value, event.work_order or "", data["clock"], data["started_at"], data[which])
        _must(one not in self._deadlines, f"it was acted on before: {one}")
        self._deadlines.add(one)
        due = max(datetime.fromisoformat(data[which]), self._moved_at[event.work_order or ""])
        _must(event.at >= datetime.fromisoformat(data[which]), f"it is due only at {due}")
        excused = self._back_at is not None and due <= self._back_at
        _must(excused or event.at - due <= LATEST, f"it was due at {due}")

    def _moved(self, event: Event) -> None:
        order, before = event.work_order or "", event.data.get("before")
        known = self._orders.get(order)
        _must(before == known, f"the order {order} was {known}, not {before}")
        self._moved_at[order] = event.at  # a promise can bring a deadline nearer than now
        self._orders[order] = after = OrderState(event.data["after"])
        if after.ended:
            _must(event.actor.type in _PEOPLE, f"{event.actor.name} cannot end a job")
            self._ended_by_people[order] = event.at

    def _inspect_alarms(self, rows: Rows) -> None:
        found = {alarm.id: alarm for site in self._seen for alarm in rows.alarms.open_on(site)}
        _must(set(found) == set(self._open.values()), "the open alarms are not those that events tell of")
        subjects = {(alarm.site, alarm.subject, alarm.rule) for alarm in found.values()}
        _must(len(subjects) == len(found), "two open alarms of one rule on one subject")
        for alarm in found.values():
            followed = self._alarms[alarm.id]
            _must(alarm.state is followed.state, f"{alarm.id} is {alarm.state}, events say {followed.state}")
            if followed.called and not followed.hidden and not alarm.state.acknowledged:
                self._inspect_order(alarm, followed.raised_at)

    def _inspect_order(self, alarm: Alarm, raised_at: datetime) -> None:
        """Somebody has a job for it, or a person decided since it was raised that nobody has."""
        order = alarm.work_order or ""
        _must(order in self._orders, f"{alarm.id} has no work order")
        left = self._orders[order].ended and self._ended_by_people[order] < raised_at
        _must(not left, f"{alarm.id} waits, and nobody has a job for it")


def _must(holds: Any, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
