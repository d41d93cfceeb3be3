"""Calls: an alarm climbs from person to person, each step once, until somebody takes it.

Promises: the steps of a policy are counted here anew from the plan: each is taken once in each round, not before it is
due, in time, and for a reason that is true; an acknowledged alarm calls nobody but by steps marked `always`; a matter
of life calls until somebody has arrived. Leaves to others: whether a call reaches anybody (`letters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.alarms import Alarm
from domain.escalation import Because, Plan, Policy
from domain.events import Event, EventType
from domain.rules import Severity
from domain.workorders import OrderState
from watchkeeper.rehearsal.audit.alarms import AlarmAudit
from watchkeeper.rehearsal.audit.broken import LATEST, Sight, must

_BEGUN = ("begun", "begun_anew")
_THERE = (
    OrderState.ON_SITE,
    OrderState.FIXED,
    OrderState.CHECKED,
    OrderState.FOLLOWED_UP,
    OrderState.CLOSED,
)


class _Climbing:
    """One alarm's climb, by its events. `times` and `due_at` are those of the last call of each step."""

    __slots__ = ("due_at", "policy", "round", "started_at", "stopped_at", "times")

    def __init__(self) -> None:
        self.round = 0
        self.policy: Policy | None = None
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.times: dict[int, int] = {}
        self.due_at: dict[int, datetime] = {}


class CallAudit:
    """Whom alarms called, and whom they had to call."""

    def __init__(self, alarms: AlarmAudit, plan: Plan, sight: Sight) -> None:
        self._alarms, self._plan, self._sight = alarms, plan, sight
        self._policies = {policy.name: policy for policy in plan.policies}
        self._climbing: dict[str, _Climbing] = {}
        self._arrived: set[str] = set()
        self.keys: dict[str, Event] = {}
        """What must have become a notice: the beginning of its key, and the event that says so."""

    def take(self, event: Event) -> None:
        """Follow one event."""
        if event.type is EventType.ALARM_ESCALATED:
            self._called(event)
        elif event.alarm is not None and "after" in event.data and event.type.startswith("alarm."):
            self._changed(event, event.alarm)
        elif event.type is EventType.ALARM_ESCALATION_STOPPED:
            self._climb(event.alarm).stopped_at = event.at
        if event.work_order is not None and (
            event.data.get("after") in _THERE or event.type is EventType.WORKORDER_STAMPED
        ):
            self._arrived.add(event.work_order)

    def hold(self, alarm: Alarm) -> None:
        """Whether its climb is as its state wants it."""
        climb, followed = alarm.climb, self._alarms.followed[alarm.id]
        stopped = climb is None or climb.stopped_at is not None
        policy = self._plan.choose(alarm.rule, alarm.severity, life_safety=alarm.life_safety)
        if not alarm.state.open or alarm.standing.hidden:
            must(stopped, alarm.id, "is", alarm.state, "and", alarm.standing, "and climbs")
        elif not alarm.state.acknowledged:
            came = alarm.work_order in self._arrived
            must(not stopped or policy is None or came or followed.was_hidden, alarm.id, "waits and does not climb")
        elif not alarm.life_safety:
            must(stopped, alarm.id, "is acknowledged, and climbs")
        elif policy is not None and not followed.was_hidden:
            must(
                not stopped or alarm.work_order in self._arrived, "nobody arrived for", alarm.id, "and nobody is called"
            )
            goes_on = climb is not None and (climb.stopped_at is not None or climb.next_at is not None)
            must(goes_on, "nobody arrived for", alarm.id, "and nothing comes next")

    def inspect(self, alarms: Sequence[Alarm], at: datetime) -> None:
        """Whether every step that was due was taken. Time's turn was taken at `at`."""
        for alarm in alarms:
            next_at = alarm.climb.next_at if alarm.climb is not None else None
            must(next_at is None or next_at > at - LATEST, alarm.id, "was to call somebody at", next_at)
            climbing = self._climbing.get(alarm.id)
            if climbing is None or climbing.policy is None or climbing.started_at is None:
                continue
            until = at if climbing.stopped_at is None else min(at, climbing.stopped_at)
            for number, step in enumerate(climbing.policy.steps):
                due = climbing.started_at + step.after
                must(due > until - LATEST or number in climbing.times, alarm.id, "step", number + 1, "was due at", due)

    def _changed(self, event: Event, alarm_id: str) -> None:
        climb, followed = event.data.get("climb"), self._alarms.followed[alarm_id]
        if climb in _BEGUN:
            climbing = self._climb(alarm_id)
            climbing.round += 1
            climbing.started_at, climbing.stopped_at = event.at, None
            climbing.policy = self._plan.choose(
                followed.key[2], Severity(event.data["severity"]), life_safety=followed.life_safety
            )
            climbing.times, climbing.due_at = {}, {}
        elif climb == "stopped" or followed.hidden or not followed.state.open:
            climbing = self._climb(alarm_id)
            climbing.stopped_at = climbing.stopped_at or event.at

    def _called(self, event: Event) -> None:
        data, alarm_id = event.data, event.alarm or ""
        climbing, followed = self._climb(alarm_id), self._alarms.followed[alarm_id]
        number, time, due = data["step"] - 1, data["time"], datetime.fromisoformat(data["due_at"])
        policy = self._policies[data["policy"]]
        must(policy is climbing.policy, alarm_id, "climbs by", policy.name)
        step = policy.steps[number]
        must(climbing.started_at is not None, alarm_id, "calls, and its climb never began")
        must((step.whom, step.channel) == (data["whom"], data["channel"]), "step", number + 1, "does not say so")
        must(event.at >= due, "it is due only at", due)
        must(self._sight.in_time(event, due), "it was due at", due)
        expected = climbing.times.get(number, 0) + 1
        must(time == expected, alarm_id, "step", number + 1, "is called for time", time, "and expected was", expected)
        if time > 1:
            beats, rest = divmod(due - climbing.due_at[number], step.repeat) if step.repeat else (0, None)
            must(beats >= 1 and not rest, alarm_id, "step", number + 1, "left its beat:", due)
        climbing.times[number], climbing.due_at[number] = time, due
        if data["because"] == Because.ALWAYS:
            in_time = climbing.stopped_at is not None and due <= climbing.stopped_at
            must(step.always or in_time, alarm_id, "step", number + 1, "is not for everybody who has taken it")
        else:
            must(climbing.stopped_at is None, alarm_id, "was taken, and calls by step", number + 1)
            nobody_came = followed.life_safety and followed.state.acknowledged
            because = Because.NOBODY_ARRIVED if nobody_came else Because.NOT_ACKNOWLEDGED
            must(data["because"] == because, "it is told because", data["because"], "and it is", because)
            must(nobody_came or not followed.state.acknowledged, alarm_id, "is acknowledged, and calls")
        if self._plan.leaves(step.channel) and data["people"]:
            self.keys[f"{alarm_id}.{climbing.round}.{number}.{time}.{step.channel}"] = event

    def _climb(self, alarm_id: str | None) -> _Climbing:
        return self._climbing.setdefault(alarm_id or "", _Climbing())
