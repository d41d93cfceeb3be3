"""Review: what time does to alarms that do not stand announced.

Promises: within some seconds of the end of whatever hid it, an alarm whose condition holds is announced anew, and a
measure whose time is up is ended. Alarms are looked at in rounds; a site is taken only when something has to change. An
alarm, or the measures of a site, with which that fails is logged and tried again, and stops no other. Leaves to others:
deciding (`alerting.suppress`), the acts (`alerting.desk`), when to tick (`alerting.timers`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial

from alerting.apart import Apart
from alerting.desk import Desk
from alerting.desk.standing_acts import stands_otherwise
from alerting.suppress import Lookout
from domain.people import Actor, ActorType
from domain.ports.ledger import Rows, Transaction

REVIEW = Actor(ActorType.TIMER, "review")

REVIEWED_MOST = 200
"""Alarms looked at by one tick: a thousand that a power cut hid have their turn every five seconds."""


class Review:
    """The review of a watchroom. One thread at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._cursor: str | None = None
        self._apart = Apart("review", "review_failed")

    def look(self, tx: Transaction, at: datetime) -> int:
        """Look at the next alarms, and change what has to stand otherwise. Returns how many sites had any."""
        due = self._due(tx, at)
        for site, alarm_ids in sorted(due.items()):
            hid: list[str] = []
            self._apart.run(tx, partial(self._expire, tx, site, hid), site=site)
            for alarm_id in dict.fromkeys([*alarm_ids, *hid]):
                self._apart.run(tx, partial(self._restand, tx, site, alarm_id), site=site, alarm=alarm_id)
        return len(due)

    def _expire(self, tx: Transaction, site: str, hid: list[str]) -> int:
        hid += self._desk.expire(tx, site, actor=REVIEW)
        return len(hid)

    def _restand(self, tx: Transaction, site: str, alarm_id: str) -> int:
        self._desk.review(tx, site, alarm_id, actor=REVIEW)
        return 1

    def _due(self, rows: Rows, at: datetime) -> dict[str, list[str]]:
        """By site: alarms that have to stand otherwise, and sites where a measure's time is up."""
        due: dict[str, list[str]] = defaultdict(list)
        for measure in rows.measures.running():
            if measure.ends_by_itself and not measure.in_force(at):
                due[measure.site] = []
        page = rows.alarms.aside(after=self._cursor, most=REVIEWED_MOST)
        self._cursor = page.next
        lookout = Lookout(rows, at)
        for alarm in page.items:
            if stands_otherwise(alarm, lookout.reconsider(alarm)):
                due[alarm.site].append(alarm.id)
        return due
