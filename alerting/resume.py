"""Resume: what is remembered when the process starts.

Promises: memories as they were committed, and where one is missing or unreadable, what the ledger's open alarms say:
an alarm whose signal was active is taken up as active, so that it returns when its condition ends.
Leaves to others: judging what happened meanwhile (`alerting.turn`).
"""

from __future__ import annotations

import msgspec
import structlog

from alerting.memory import NO_MEMORY, QUIET, DeviceMemory, Phase, decode
from alerting.roster import Key, Roster
from domain.alarms import Alarm
from domain.assets import SubjectType
from domain.ports.ledger import Rows

log = structlog.get_logger(__name__)


def recall(rows: Rows, roster: Roster) -> dict[Key, DeviceMemory]:
    """The memories of all devices on the roster."""
    memories = {
        (site, device): decode(site, device, stored)
        for site, device, stored in rows.memories.load()
        if roster.find((site, device)) is not None
    }
    for site in sorted(roster.sites):
        for alarm in rows.alarms.open_on(site):
            _take_up(memories, roster, alarm)
    return memories


def _take_up(memories: dict[Key, DeviceMemory], roster: Roster, alarm: Alarm) -> None:
    """Note that the alarm's rule is active, if its memory does not say so."""
    key = (alarm.site, alarm.subject.id)
    watched = roster.find(key) if alarm.subject.type is SubjectType.DEVICE else None
    kind, _, name = alarm.rule.partition(".")
    if watched is None or not alarm.signal_active or kind != watched.device.kind or not name:
        return
    memory = memories.get(key, NO_MEMORY)
    condition = memory.conditions.get(name, QUIET)
    if condition.phase in (Phase.ACTIVE, Phase.CLEARING):
        return
    log.warning("alarm_taken_up_from_ledger", site=alarm.site, device=alarm.subject.id, alarm=alarm.id)
    active = msgspec.structs.replace(condition, phase=Phase.ACTIVE, since_ms=None)
    memories[key] = DeviceMemory(memory.facts, {**memory.conditions, name: active})
