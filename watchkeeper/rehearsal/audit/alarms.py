"""Alarms and their orders, followed: states fit each other, and only people end what calls somebody.

Promises: what an event says of a state must fit what was said before; each clock of an order is acted on once and in
time; an alarm that waits has an order that somebody has to do. Leaves to others: who is called (`calls`), what hides an
alarm (`standing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.alarms import Alarm, AlarmState
from domain.events import Event, EventType
from domain.people import ActorType
from domain.workorders import OrderState, WorkOrder
from watchkeeper.rehearsal.audit.broken import LATEST, PEOPLE, Sight, must

_CLOCK_EVENTS = (EventType.WORKORDER_WARNED, EventType.WORKORDER_BREACHED)
_CALLING = (EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED)
_HIDING = (EventType.ALARM_SUPPRESSED, EventType.ALARM_TESTED, EventType.ALARM_SHELVED)
_SHOWING = (*_CALLING, EventType.ALARM_SHOWN)
_LOOKING = (EventType.ALARM_ACKNOWLEDGED, EventType.ALARM_ENDED)

Key = tuple[str, str, str]
"""(site, device or alarm, rule)."""


class Followed:
    """One alarm, as its events tell it.

    `called`: whether somebody was called for it, since `raised_at`; `seen`: whether a person looked at it since then.
    `hidden`: whether it calls nobody at present; `test`: because it is under test; `was_hidden`: whether it ever was.
    """

    __slots__ = ("called", "hidden", "key", "life_safety", "raised_at", "seen", "state", "test", "was_hidden")

    def __init__(self, event: Event, key: Key) -> None:
        self.key = key
        self.state = AlarmState.NORMAL
        self.raised_at = event.at
        self.called = self.seen = self.hidden = self.life_safety = self.test = self.was_hidden = False

    def take(self, event: Event) -> None:
        """Note what the event says."""
        self.state = AlarmState(event.data["after"])
        self.life_safety = bool(event.data.get("life_safety"))
        if event.type in _CALLING:
            self.raised_at, self.called, self.seen = event.at, True, False
        if event.type in _LOOKING and event.actor.type in PEOPLE:
            self.seen = True
        self.test = event.type is EventType.ALARM_TESTED or (self.test and event.type not in _SHOWING)
        self.hidden = event.type in _HIDING or (self.hidden and event.type not in _SHOWING)
        if event.type is EventType.ALARM_RETURNED and self.state is AlarmState.RETURNED:
            self.hidden = False  # somebody was called before it was hidden, and nobody has looked yet
        self.was_hidden = self.was_hidden or self.hidden
        if self.test and event.type is EventType.ALARM_TESTED:
            self.raised_at = event.at

    @property
    def may_be_over(self) -> bool:
        """Whether it may end: somebody looked, or nobody was called, or it is hidden and no matter of life, or a test
        that two people stood for.
        """
        return self.seen or not self.called or self.test or (self.hidden and not self.life_safety)


class AlarmAudit:
    """Every alarm and every order that was ever told of."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self.followed: dict[str, Followed] = {}
        self.open: dict[Key, str] = {}
        self.told: dict[str, list[tuple[str, str]]] = {}
        """What rules told of each device, in order."""
        self._by_subject: dict[tuple[str, str], list[Followed]] = {}
        self._orders: dict[str, OrderState] = {}
        self._moved_at: dict[str, datetime] = {}
        self._ended_by_people: dict[str, datetime] = {}
        self._deadlines: set[tuple[str, ...]] = set()

    def raised_since(self, device: str, rule: str, since: datetime) -> bool:
        """Whether it called somebody, or was marked as a test, and is open or came since."""
        ours = [one for one in self._by_subject.get((device, rule), ()) if one.called or one.test]
        return any(one.state.open or one.raised_at >= since for one in ours)

    def take(self, event: Event) -> None:
        """Follow one event."""
        if event.type in _CLOCK_EVENTS:
            self._deadline(event)
        elif "after" not in event.data:
            return
        elif event.alarm is not None and event.type.startswith("alarm."):
            self._alarm(event, event.alarm)
        elif event.type.startswith("workorder."):
            self._order(event)

    def hold(self, alarm: Alarm) -> None:
        """Hold one row against what events tell of it."""
        followed = self.followed[alarm.id]
        must(alarm.state is followed.state, alarm.id, "is", alarm.state, "but events say", followed.state)
        if alarm.state.open:
            must(
                alarm.standing.hidden is followed.hidden,
                alarm.id,
                "stands",
                alarm.standing,
                "but events say",
                "hidden" if followed.hidden else "announced",
            )

    def inspect(self, alarms: Sequence[Alarm]) -> None:
        """Hold all open alarms against all that events tell of."""
        found = {alarm.id: alarm for alarm in alarms}
        must(set(found) == set(self.open.values()), "the open alarms are not those that events tell of")
        subjects = {(alarm.site, alarm.subject, alarm.rule) for alarm in alarms}
        must(len(subjects) == len(found), "two open alarms of one rule on one subject")
        for alarm in alarms:
            followed = self.followed[alarm.id]
            if followed.called and not followed.hidden and not alarm.state.acknowledged:
                self._has_order(alarm, followed.raised_at)

    def _alarm(self, event: Event, alarm_id: str) -> None:
        followed = self.followed.get(alarm_id)
        if followed is None:
            rule = "manual" if event.actor.type in PEOPLE else event.actor.name
            followed = Followed(event, (event.site, event.device or alarm_id, rule))
            self.followed[alarm_id] = followed
            self._by_subject.setdefault(followed.key[1:], []).append(followed)
        if not followed.state.open:
            must(followed.key not in self.open, followed.key, "has an open alarm already")
            must(event.type not in _LOOKING, alarm_id, "was over")
            self.open[followed.key] = alarm_id
        must(event.data["before"] == followed.state, "it was", followed.state, "and not", event.data["before"])
        followed.take(event)
        if not followed.state.open:
            must(followed.may_be_over, alarm_id, "is over, and no person looked")
            del self.open[followed.key]
        if event.actor.type is ActorType.RULE:
            self.told.setdefault(event.device or "", []).append((event.type.value, followed.key[2]))

    def inspect_deadlines(self, due: Sequence[WorkOrder], at: datetime) -> None:
        """Whether orders that were due long ago were acted on, but those that a person made so just now."""
        late = [order.id for order in due if self._moved_at[order.id] <= at - LATEST]
        must(not late, "nobody acted on a deadline of", late)

    def _deadline(self, event: Event) -> None:
        data = event.data
        which = "warn_at" if event.type is EventType.WORKORDER_WARNED else "due_at"
        # of two promises beyond the service hours both are warned of at one instant: their ends tell them apart
        one = (event.type.value, event.work_order or "", data["clock"], data["started_at"], data[which], data["due_at"])
        must(one not in self._deadlines, "it was acted on before:", one)
        self._deadlines.add(one)
        due = max(datetime.fromisoformat(data[which]), self._moved_at[event.work_order or ""])
        must(event.at >= datetime.fromisoformat(data[which]), "it is due only at", due)
        must(self._sight.in_time(event, due), "it was due at", due)

    def _order(self, event: Event) -> None:
        order, before = event.work_order or "", event.data.get("before")
        known = self._orders.get(order)
        must(before == known, "the order", order, "was", known, "and not", before)
        self._moved_at[order] = event.at  # a promise can bring a deadline nearer than now
        self._orders[order] = after = OrderState(event.data["after"])
        if after.ended:
            must(event.actor.type in PEOPLE, event.actor.name, "cannot end a job")
            self._ended_by_people[order] = event.at

    def _has_order(self, alarm: Alarm, raised_at: datetime) -> None:
        """Somebody has a job for it, or a person decided since it was raised that nobody has."""
        order = alarm.work_order or ""
        must(order in self._orders, alarm.id, "has no work order")
        left = self._orders[order].ended and self._ended_by_people[order] < raised_at
        must(not left, alarm.id, "waits, and nobody has a job for it")
