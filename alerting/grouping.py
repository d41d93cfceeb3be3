"""Grouping: open alarms as a control room reads them during a flood.

A group is what one building says by one rule: the same trouble at the same place, however many devices tell it. With it
come its consequences: alarms that are hidden because one of the group explains them, at first or at second hand. Alarms
of life safety are never in a group: they are pinned above, each by itself, and acknowledged one by one.

Promises: pure; every alarm that was given is in the result exactly once; acknowledging a group says nothing of its
consequences. Leaves to others: when it is flooded (`domain.flood`), what hides an alarm (`alerting.suppress`),
acknowledging a group (`alerting.desk.group_acts`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from domain.alarms import Alarm
from domain.rules import Severity

GroupKey = tuple[str, str | None, str]
"""(site, building, rule)."""


class Group(msgspec.Struct, frozen=True):
    """Alarms of one building and one rule, the newest first. There is at least one. `consequences` are hidden ones."""

    alarms: tuple[Alarm, ...]
    consequences: tuple[Alarm, ...] = ()

    @property
    def newest(self) -> Alarm:
        """The one that was raised last."""
        return self.alarms[0]

    @property
    def severity(self) -> Severity:
        """The gravest among them."""
        return min((alarm.severity for alarm in self.alarms), key=lambda severity: severity.rank)

    @property
    def unacknowledged(self) -> int:
        """How many nobody has seen."""
        return sum(not alarm.state.acknowledged for alarm in self.alarms)


class Grouped(msgspec.Struct, frozen=True):
    """What is pinned, and the groups: the gravest first, then the one that was raised last."""

    pinned: tuple[Alarm, ...]
    groups: tuple[Group, ...]


def group_of(alarm: Alarm) -> GroupKey:
    """The group to which an alarm would belong."""
    return (alarm.site, alarm.building, alarm.rule)


def grouped(alarms: Iterable[Alarm], suppressed: Iterable[Alarm] = ()) -> Grouped:
    """The alarms by building and cause, and with each group what is `suppressed` because of it."""
    pinned: list[Alarm] = []
    groups: dict[GroupKey, list[Alarm]] = defaultdict(list)
    for alarm in _newest_first(alarms):
        if alarm.life_safety:
            pinned.append(alarm)
        else:
            groups[group_of(alarm)].append(alarm)
    effects = _by_first_cause(suppressed)
    found = [
        Group(tuple(members), tuple(_newest_first(effect for one in members for effect in effects.get(one.id, ()))))
        for members in groups.values()
    ]
    found.sort(key=lambda group: group.severity.rank)  # they come newest first, and the sort is stable
    return Grouped(tuple(pinned), tuple(found))


def _by_first_cause(suppressed: Iterable[Alarm]) -> dict[str, list[Alarm]]:
    """What is suppressed, by the id of what explains it and is not itself explained by another."""
    hidden = {alarm.id: alarm for alarm in suppressed}
    found: dict[str, list[Alarm]] = defaultdict(list)
    for alarm in hidden.values():
        passed = {alarm.id}
        first = alarm.suppressed_by
        while first in hidden and first not in passed:
            passed.add(first)
            first = hidden[first].suppressed_by
        if first is not None:
            found[first].append(alarm)
    return found


def _newest_first(alarms: Iterable[Alarm]) -> list[Alarm]:
    return sorted(alarms, key=lambda one: (one.last_raised_at, one.id), reverse=True)
