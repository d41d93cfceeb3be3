"""Floods, done: counting what is announced, and the end that time brings.

Promises: a flood begins in the transaction of the alarm that makes it one, after that alarm's own event; whatever goes
wrong with counting never stops an alarm. Leaves to others: deciding (`domain.flood`), when to look
(`alerting.timers`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from alerting import metrics
from domain.alarms import Alarm
from domain.errors import Unavailable
from domain.events import EventType
from domain.flood import BEGINS_OVER, ENDS_UNDER, WITHIN, Load, announced, counts, passed
from domain.people import Actor, ActorType
from domain.ports.ledger import Transaction

FLOOD = Actor(ActorType.TIMER, "flood")

log = structlog.get_logger(__name__)


def note_announced(tx: Transaction, alarm: Alarm) -> None:
    """Count an alarm that was just announced. Its site is taken."""
    if not counts(alarm):
        return
    try:
        with tx.savepoint():
            _count(tx, alarm.site)
    except Unavailable:
        raise
    except Exception:
        metrics.TIMER_FAILURES.labels("flood").inc()
        log.exception("flood_not_counted", alarm=alarm.id)


def run_floods(tx: Transaction, at: datetime, *, most: int) -> int:
    """End the floods that have ebbed by `at`, `most` at the most; how many were looked at."""
    due = tx.floods.due(at, most=most)
    for found in due:
        tx.take(found.site)
        load = tx.floods.get(found.site) or found  # read after the lock: more may just have come
        turn = passed(load, at)
        tx.floods.put(turn.load)
        if turn.ended and load.began_at is not None:
            data: dict[str, object] = {
                "because": f"fewer than {ENDS_UNDER} alarms in {_MINUTES} minutes",
                "began_at": load.began_at.isoformat(),
                "alarms": load.alarms,
                "lasted_s": (at - load.began_at).total_seconds(),
            }
            tx.events.record(EventType.FLOOD_ENDED, found.site, data=data, actor=FLOOD)
    return len(due)


_MINUTES = WITHIN // timedelta(minutes=1)


def _count(tx: Transaction, site: str) -> None:
    turn = announced(tx.floods.get(site) or Load(site=site), tx.at)
    tx.floods.put(turn.load)
    if turn.began:
        data: dict[str, object] = {
            "because": f"more than {BEGINS_OVER} alarms in {_MINUTES} minutes",
            "first_at": turn.load.recent[0].isoformat(),
            "alarms": turn.load.alarms,
        }
        tx.events.record(EventType.FLOOD_BEGAN, site, data=data, actor=FLOOD)
