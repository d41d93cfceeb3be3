"""Escalate: steps that are due become calls, each with its event, in one ledger transaction.

Promises: a step is taken once, in the transaction that moves it on; before a person's act on an alarm what was due
already is taken first, so that a step was either taken before the act or never will be. An alarm whose step cannot be
taken is logged and tried again, and holds up no other and no act. Leaves to others: deciding (`alerting.climbing`),
notices (`alerting.calling`), when to look (`alerting.timers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog
from msgspec.structs import replace

from alerting import metrics
from alerting.calling import about_alarm, about_order, call, tell_end
from alerting.climbing import arrived, because
from domain.alarms import Alarm
from domain.callout import ASSIGNEE
from domain.errors import NotFound, Unavailable
from domain.escalation import Because, Call, Plan, Taken, take_due
from domain.events import Cursor, Event, EventType
from domain.people import Actor, ActorType
from domain.ports.ledger import Transaction
from domain.workorders import ClockName, WorkOrder

ESCALATION = Actor(ActorType.TIMER, "escalation")

CLOCKS_CALLED = "clocks-called"
"""The ledger's mark that says up to which event clocks have called people, as a `Cursor`."""

_CLOCK_EVENTS = {
    EventType.WORKORDER_WARNED: Because.CLOCK_WARNED,
    EventType.WORKORDER_BREACHED: Because.CLOCK_BREACHED,
}

log = structlog.get_logger(__name__)


def run_steps(tx: Transaction, plan: Plan, at: datetime, *, most: int) -> int:
    """Take every step that is due at `at`, on at most `most` alarms. Returns how many were taken."""
    return sum(_take(tx, plan, alarm.id, alarm.site, at) for alarm in tx.alarms.climbing(at, most=most))


def settle(tx: Transaction, plan: Plan, alarm_id: str) -> None:
    """Take what is due on an alarm at the transaction's instant. Raises NotFound."""
    _take(tx, plan, alarm_id, tx.alarms.get(alarm_id).site, tx.at)


def stop_for_arrival(tx: Transaction, order: WorkOrder, arrived_at: datetime, actor: Actor) -> None:
    """Stop the climbs of an order's alarms that began before somebody arrived at its place. The site is taken."""
    for alarm in _open_alarms(tx, order):
        stopped = arrived(alarm, arrived_at, tx.at)
        if stopped is not None:
            tx.alarms.put(stopped)
            data = {"because": "somebody has arrived", "number": order.number, "arrived_at": arrived_at.isoformat()}
            _tell(tx, EventType.ALARM_ESCALATION_STOPPED, stopped, data, actor)


def end_calls(tx: Transaction, alarm: Alarm) -> None:
    """Tell those who were called that the alarm is over. It ends whether or not that can be told."""
    try:
        with tx.savepoint():
            tell_end(tx, alarm)
    except Unavailable:
        raise
    except Exception:
        _failed(alarm.id)


def call_for_clocks(tx: Transaction, plan: Plan, *, most: int) -> int:
    """Call people for clocks that warned or were breached since the last time. Returns how many clocks it was."""
    kept = tx.marks.get(CLOCKS_CALLED)
    if kept is None:  # what happened before the very first start calls nobody
        tx.marks.put(CLOCKS_CALLED, str(tx.events.head()))
        return 0
    cursor, head = Cursor.parse(kept), tx.events.head()
    spoken = tx.events.after(cursor, sites=None, most=most, types=frozenset(_CLOCK_EVENTS))
    for site in sorted({event.site for event in spoken}):
        tx.take(site)
    for event in spoken:
        _call_for_clock(tx, plan, event)
    read = head if len(spoken) < most else Cursor({**cursor.seen, **{event.site: event.number for event in spoken}})
    tx.marks.put(CLOCKS_CALLED, str(read))
    return len(spoken)


def _take(tx: Transaction, plan: Plan, alarm_id: str, site: str, at: datetime) -> int:
    """Take what is due on one alarm, as one part that can fail by itself."""
    try:
        tx.take(site)
        with tx.savepoint():
            alarm = tx.alarms.get(alarm_id)  # read after the lock: somebody may just have acknowledged it
            if alarm.climb is None:
                return 0
            climb, taken = take_due(alarm.climb, at)
            if taken:
                climbing = replace(alarm, climb=climb)
                tx.alarms.put(climbing)
                _call_for_alarm(tx, plan, climbing, taken, at)
            return len(taken)
    except (Unavailable, NotFound):
        raise
    except Exception:
        _failed(alarm_id)
        return 0


def _call_for_alarm(tx: Transaction, plan: Plan, alarm: Alarm, taken: Iterable[Taken], at: datetime) -> None:
    assert alarm.climb is not None
    for one in taken:
        assignee = _assignee(tx, alarm) if one.step.whom == ASSIGNEE else None
        why = because(alarm) if alarm.climb.stopped_at is None else Because.ALWAYS
        key = f"{alarm.id}.{alarm.climb.round}.{one.number}.{one.time}"
        called = call(tx, plan, about_alarm(alarm, why, assignee, at), one.step.whom, one.step.channel, key=key)
        data = {
            "policy": alarm.climb.policy,
            "step": one.number + 1,
            "time": one.time,
            "due_at": one.due_at.isoformat(),
            "whom": one.step.whom,
            "title": {"en": one.title.en, "zh-Hans": one.title.zh_hans, "zh-Hant": one.title.zh_hant},
            "channel": one.step.channel,
            "people": [person.name for person in called.people],
            "fell_back": called.fell_back,
            "because": why.value,
        }
        _tell(tx, EventType.ALARM_ESCALATED, alarm, data, ESCALATION)
        metrics.ESCALATED.labels(one.step.channel).inc()


def _call_for_clock(tx: Transaction, plan: Plan, event: Event) -> None:
    why = _CLOCK_EVENTS[event.type]
    if why is Because.CLOCK_BREACHED and event.data.get("clock") == ClockName.PROGRESS:
        why = Because.NO_WORD
    wanted = [each for each in _calls(plan, why) if plan.leaves(each.channel)]
    if not wanted:
        return
    try:
        order = tx.orders.get(event.work_order or "")
    except NotFound:  # retention took it
        return
    life_safety = any(alarm.life_safety for alarm in _open_alarms(tx, order))
    matter = about_order(order, why, life_safety=life_safety, at=tx.at)
    for each in wanted:
        call(tx, plan, matter, each.whom, each.channel, key=f"{event.site}.E{event.number}.{each.whom}")


def _calls(plan: Plan, why: Because) -> tuple[Call, ...]:
    clocks = plan.clocks
    return {Because.CLOCK_WARNED: clocks.warn, Because.NO_WORD: clocks.no_word}.get(why, clocks.breach)


def _open_alarms(tx: Transaction, order: WorkOrder) -> list[Alarm]:
    return [alarm for alarm in tx.alarms.open_on(order.site) if alarm.work_order == order.id]


def _assignee(tx: Transaction, alarm: Alarm) -> str | None:
    if alarm.work_order is None:
        return None
    try:
        return tx.orders.get(alarm.work_order).assignee
    except NotFound:  # retention took it
        return None


def _tell(tx: Transaction, type: EventType, alarm: Alarm, data: Mapping[str, object], actor: Actor) -> None:
    tx.events.record(
        type, alarm.site, alarm=alarm.id, work_order=alarm.work_order, device=alarm.device, data=data, actor=actor
    )


def _failed(alarm_id: str) -> None:
    metrics.TIMER_FAILURES.labels("escalation").inc()
    log.exception("escalation_failed", alarm=alarm_id)
