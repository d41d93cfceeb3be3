"""How alarms stand, done: hidden, announced anew, let go at the end of a test.

Promises: what hides an alarm is looked at afresh each time; when nothing does any more and the condition still holds,
it is announced anew, with its order and its climb. Leaves to others: deciding (`alerting.suppress`), what people decide
(`alerting.desk.measure_acts`), when to look (`alerting.review`).
"""

from __future__ import annotations

from alerting.desk.alarm_rows import write_change, write_standing
from alerting.desk.alarms import announced_anew, ended, event_of, hidden, shown, stands_so
from alerting.desk.incidents import attend
from alerting.desk.templates import Templates
from alerting.suppress import Hiding, reconsider
from domain.alarms import Alarm
from domain.escalation import Plan
from domain.events import EventType
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.standing import Standing

NOTHING_HIDES = "nothing hides it any more"


def stands_otherwise(alarm: Alarm, hiding: Hiding | None) -> bool:
    """Whether an open alarm that is not announced has to stand otherwise."""
    return hiding is None or not stands_so(alarm, hiding) or _test_is_over(alarm, hiding)


def restand(tx: Transaction, templates: Templates, plan: Plan, alarm_id: str, actor: Actor) -> Alarm:
    """Look once more at an open alarm that does not stand announced. Its site is taken."""
    alarm = tx.alarms.get(alarm_id)
    if not alarm.state.open or not alarm.standing.hidden:
        return alarm
    hiding = reconsider(tx, alarm, tx.at)
    if not stands_otherwise(alarm, hiding):
        return alarm
    if _test_is_over(alarm, hiding):
        over = ended(alarm, actor.name, "its test is over", tx.at)
        return write_change(tx, EventType.ALARM_ENDED, alarm, over, actor, note=over.alarm.end_note)
    if hiding is not None:
        kind = event_of(hiding, EventType.ALARM_SUPPRESSED)
        return write_standing(tx, kind, alarm, hidden(alarm, hiding), hiding.because, actor)
    if not alarm.signal_active:
        return write_standing(tx, EventType.ALARM_SHOWN, alarm, shown(alarm), NOTHING_HIDES, actor)
    anew = EventType.ALARM_RAISED if alarm.work_order is None else EventType.ALARM_REACTIVATED
    changed = announced_anew(alarm, tx.at)
    announced = write_change(tx, anew, alarm, changed, actor, plan, stood=alarm.standing, announced_anew=NOTHING_HIDES)
    return attend(tx, templates, announced, actor)


def hide(tx: Transaction, alarm: Alarm, hiding: Hiding, type: EventType, actor: Actor, **said: object) -> Alarm:
    """An open alarm, hidden from now on."""
    return write_standing(tx, type, alarm, hidden(alarm, hiding), hiding.because, actor, **said)


def _test_is_over(alarm: Alarm, hiding: Hiding | None) -> bool:
    """A latched alarm of a test whose signal is gone needs nobody on the spot: whoever tested was there."""
    goes_on = hiding is not None and hiding.standing is Standing.TEST
    return alarm.test and alarm.latched and not alarm.signal_active and not goes_on
