"""Grouping: open alarms as a control room reads them during a flood.

A group is what one building says by one rule: the same trouble at the same place, however many devices tell it. Alarms
of life safety are never in a group: they are pinned above, each by itself, and acknowledged one by one.

Promises: pure; every alarm that was given is in the result exactly once. Leaves to others: when it is flooded
(`domain.flood`), acknowledging a group (`alerting.desk.group_acts`).
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
    """Alarms of one building and one rule, the newest first. There is at least one."""

    alarms: tuple[Alarm, ...]

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


def grouped(alarms: Iterable[Alarm]) -> Grouped:
    """The alarms by building and cause."""
    pinned: list[Alarm] = []
    groups: dict[GroupKey, list[Alarm]] = defaultdict(list)
    for alarm in sorted(alarms, key=lambda one: (one.last_raised_at, one.id), reverse=True):
        if alarm.life_safety:
            pinned.append(alarm)
        else:
            groups[group_of(alarm)].append(alarm)
    found = [Group(tuple(members)) for members in groups.values()]
    found.sort(key=lambda group: group.severity.rank)  # they come newest first, and the sort is stable
    return Grouped(tuple(pinned), tuple(found))
