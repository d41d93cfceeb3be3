"""Alarms, written: every change of one with its event and what it does to the climb.

Promises: no row without its event. Leaves to others: which change (`alerting.desk.alarms`), when (`alarm_acts`,
`standing_acts`).
"""

from __future__ import annotations

from alerting.climbing import climbed, somebody_came
from alerting.desk.alarms import Changed
from alerting.desk.flood_acts import note_announced
from alerting.desk.incidents import find_order
from alerting.desk.timeline import alarm_data, standing_data
from alerting.escalate import end_calls
from domain.alarms import Alarm
from domain.escalation import NO_PLAN, Plan
from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction

_ANNOUNCEMENTS = (EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED)


def write_change(
    tx: Transaction,
    type: EventType,
    before: Alarm | None,
    changed: Changed,
    actor: Actor,
    plan: Plan = NO_PLAN,
    *,
    left: bool = False,
    **said: object,
) -> Alarm:
    """Every change of an alarm, with what it does to the climb. One that begins or gets graver needs the `plan`; `left`
    says of one that happened again that nobody is at it any more.
    """
    danger = before is not None and before.life_safety  # only then it matters whether somebody has come
    came = danger and somebody_came(find_order(tx, changed.alarm.work_order), changed.alarm.climb)
    alarm, climb = climbed(before, changed.alarm, plan, tx.at, came=came, left=left)
    tx.alarms.put(alarm)
    tell_alarm(tx, type, alarm, alarm_data(before, Changed(alarm, changed.row), climb=climb, **said), actor)
    if type in _ANNOUNCEMENTS:
        note_announced(tx, alarm)
    if before is not None and not alarm.state.open:
        end_calls(tx, alarm)
    return alarm


def write_standing(
    tx: Transaction, type: EventType, before: Alarm, after: Alarm, because: str, actor: Actor, **said: object
) -> Alarm:
    """A change of how an alarm stands, its state left alone. It can stop a climb, and begins none."""
    alarm, _ = climbed(before, after, NO_PLAN, tx.at, came=False)
    tx.alarms.put(alarm)
    tell_alarm(tx, type, alarm, standing_data(before, alarm, because, **said), actor)
    return alarm


def tell_alarm(tx: Transaction, type: EventType, alarm: Alarm, data: dict[str, object], actor: Actor) -> None:
    """Record an event of the alarm."""
    tx.events.record(
        type, alarm.site, alarm=alarm.id, work_order=alarm.work_order, device=alarm.device, data=data, actor=actor
    )


def lock_alarm(tx: Transaction, alarm_id: str, actor: Actor) -> Alarm:
    """The alarm, its site taken, for whoever may handle alarms there. Raises NotFound and NotAllowed."""
    site = tx.alarms.get(alarm_id).site  # an alarm never changes its site; all else is read after the lock
    tx.take(site)
    actor.require(Permission.HANDLE_ALARMS, site)
    return tx.alarms.get(alarm_id)
