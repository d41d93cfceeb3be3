"""Maintenance windows, done: devices go out of service when a window begins and are back when it ends.

Promises: each time that a window comes it begins once, also over a restart, and not again when somebody ended it early;
life safety is announced as always. It ends by itself, like every measure with a time (`measure_acts.expire`): then what
still holds is announced anew. Leaves to others: when a window comes (`domain.maintenance`), when to look
(`alerting.maintenance`).
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from alerting.desk.details import check_note
from alerting.desk.measure_acts import end_measure, next_id
from alerting.desk.standing_acts import hide
from alerting.desk.templates import Templates
from alerting.subjects import device_of
from alerting.suppress import Lookout
from domain.errors import Conflict, NotFound
from domain.escalation import Plan
from domain.events import EventType
from domain.maintenance import MaintenanceWindow, Occurrence
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.standing import PERMITS, Measure, Standing

_BEGUN = "maintenance:{site}:{name}"
"""The mark that holds when the window came the last time."""


def begin_window(tx: Transaction, window: MaintenanceWindow, comes: Occurrence, actor: Actor) -> Measure | None:
    """Take the window's devices out of service. None when this time of it has begun already."""
    tx.take(window.site)
    mark = _BEGUN.format(site=window.site, name=window.name)
    told = tx.marks.get(mark)
    if told is not None and datetime.fromisoformat(told) >= comes.begins_at:
        return None
    tx.marks.put(mark, comes.begins_at.isoformat())
    measure = Measure(
        id=next_id(tx, window.site),
        site=window.site,
        type=Standing.OUT_OF_SERVICE,
        reason=window.reason,
        by=window.authority,
        began_at=tx.at,
        until=comes.ends_at,
        devices=frozenset(window.devices),
        kind=window.kind,
        building=window.building,
        zone=window.zone,
        window=window.name,
    )
    tx.measures.put(measure)
    data = {"measure": msgspec.to_builtins(measure), "from": window.begins, "to": window.ends}
    tx.events.record(EventType.MAINTENANCE_BEGUN, window.site, data=data, actor=actor)
    _hide_open_alarms(tx, measure, actor)
    return measure


def end_window(
    tx: Transaction, templates: Templates, plan: Plan, measure_id: str, *, note: str | None, actor: Actor
) -> Measure:
    """End a window before its time. What still holds is announced anew; it comes again when it is due again."""
    site = tx.measures.get(measure_id).site
    tx.take(site)
    actor.require(PERMITS[Standing.OUT_OF_SERVICE].permission, site)
    words = check_note("note", note) if note is not None else None
    measure = tx.measures.get(measure_id)
    if measure.window is None:
        raise NotFound(f"there is no maintenance window under way {measure_id}")
    if not measure.in_force(tx.at):
        raise Conflict("this maintenance window is over", winner=measure.ended_by)
    return end_measure(tx, templates, plan, measure, tx.at, actor, note=words)


def _hide_open_alarms(tx: Transaction, measure: Measure, actor: Actor) -> None:
    lookout = Lookout(tx, tx.at)
    for alarm in tx.alarms.open_on(measure.site):
        if alarm.standing.hidden or not measure.covers(
            alarm.subject, alarm.rule, device_of(tx, alarm.site, alarm.subject)
        ):
            continue
        hiding = lookout.reconsider(alarm)
        if hiding is not None and hiding.standing is Standing.OUT_OF_SERVICE:
            hide(tx, alarm, hiding, EventType.ALARM_SUPPRESSED, actor)
