"""Groups of alarms, done: one word of a person about all that a building says by one rule.

Promises: only alarms that the person named, all of one group; one of life safety among them refuses the whole. Each is
acknowledged as it would be alone, with an event of its own; one that somebody else was faster with is left and named.
Leaves to others: what a group is (`alerting.grouping`).
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from alerting import escalate
from alerting.desk import alarm_acts
from alerting.desk.alarm_rows import lock_alarm
from alerting.grouping import group_of
from domain.alarms import Alarm
from domain.errors import Conflict, Invalid
from domain.escalation import Plan
from domain.people import Actor
from domain.ports.ledger import Transaction

MOST_AT_ONCE = 500
"""Alarms of one word; a larger group takes several."""


class Left(msgspec.Struct, frozen=True):
    """An alarm that was not acknowledged, and why."""

    alarm: str
    why: str


class GroupAcknowledged(msgspec.Struct, frozen=True):
    """What became of each."""

    acknowledged: tuple[Alarm, ...]
    left: tuple[Left, ...]


def acknowledge_group(
    tx: Transaction, plan: Plan, alarm_ids: Collection[str], *, actor: Actor, note: str | None
) -> GroupAcknowledged:
    """Acknowledge alarms of one group. Raises NotFound, NotAllowed, Invalid, and Conflict for life safety."""
    names = list(dict.fromkeys(alarm_ids))
    if not 1 <= len(names) <= MOST_AT_ONCE:
        raise Invalid(f"alarms: 1 to {MOST_AT_ONCE} at once")
    if len({tx.alarms.get(name).site for name in names}) > 1:
        raise Invalid("alarms: they are not all of one site")
    alarms = [lock_alarm(tx, name, actor) for name in names]
    pinned = next((alarm for alarm in alarms if alarm.life_safety), None)
    if pinned is not None:
        raise Conflict(f"{pinned.id} is about life safety: it is acknowledged by itself")
    if len({group_of(alarm) for alarm in alarms}) > 1:
        raise Invalid("alarms: they are not all of one building and one rule")
    acknowledged: list[Alarm] = []
    left: list[Left] = []
    for alarm in alarms:
        try:
            with tx.savepoint():
                escalate.settle(tx, plan, alarm.id)
                acknowledged.append(alarm_acts.acknowledge(tx, alarm.id, actor=actor, note=note))
        except Conflict as refusal:
            left.append(Left(alarm.id, str(refusal)))
    return GroupAcknowledged(tuple(acknowledged), tuple(left))
