"""Alarms in the ledger.

Promises: one open alarm per (site, subject, rule), kept by the database itself; every change is owed to an event.
Leaves to others: when an alarm changes (`alerting.desk`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, text

from adapters.ledger.act import Look
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.pages import Order, page
from adapters.ledger.raises import read_raises
from adapters.ledger.tables import alarms, upsert
from domain.alarms import Alarm
from domain.assets import Subject
from domain.errors import Conflict, NotFound
from domain.ports.ledger import AlarmFilter, Page, RaisedBy, Raises
from domain.standing import Standing

_READ = msgspec.json.Decoder(Alarm).decode
_PUT = upsert(alarms, fixed=["site"])
_BY_ID = select(alarms.c.body).where(alarms.c.id == bindparam("id"))
_OPEN_ON = select(alarms.c.body).where(alarms.c.open.is_(True), alarms.c.site == bindparam("site"))
_OPEN_FOR = _OPEN_ON.where(
    alarms.c.subject_type == bindparam("subject_type"),
    alarms.c.subject_id == bindparam("subject_id"),
    alarms.c.rule == bindparam("rule"),
)
_CLIMBING = (
    select(alarms.c.body)
    .where(alarms.c.step_at <= bindparam("at", type_=alarms.c.step_at.type))
    .order_by(alarms.c.step_at, alarms.c.id)
    .limit(bindparam("most"))
)
_ASIDE = alarms.c.open.is_(True) & (alarms.c.standing != text("'announced'"))  # as their index says it
_NEWEST_FIRST = Order("alarms", alarms.c.raised_at, alarms.c.id)


def row_name(alarm_id: str) -> str:
    """How events name the row."""
    return f"alarm:{alarm_id}"


def columns(body: str) -> dict[str, Any]:
    """The row of an alarm's body: nothing stands in a column that is not in the body."""
    alarm = _READ(body)
    return {
        "id": alarm.id,
        "site": alarm.site,
        "subject_type": alarm.subject.type.value,
        "subject_id": alarm.subject.id,
        "rule": alarm.rule,
        "open": alarm.state.open,
        "state": alarm.state.value,
        "severity": alarm.severity.value,
        "device": alarm.device,
        "raised_at": alarm.raised_at,
        "standing": alarm.standing.value,
        "step_at": alarm.climb.next_at if alarm.climb is not None else None,
        "body": body,
    }


class AlarmTable:
    """Implements `domain.ports.ledger.AlarmRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, alarm_id: str) -> Alarm:
        """By id. Raises NotFound."""
        body = self._look.fetch(_BY_ID, {"id": alarm_id}).scalar()
        if body is None:
            raise NotFound(f"there is no alarm {alarm_id}")
        return _READ(body)

    def open_for(self, site: str, subject: Subject, rule: str) -> Alarm | None:
        """The open alarm of that subject and rule, if there is one."""
        values = {"site": site, "subject_type": subject.type.value, "subject_id": subject.id, "rule": rule}
        body = self._look.fetch(_OPEN_FOR, values).scalar()
        return None if body is None else _READ(body)

    def open_on(self, site: str) -> list[Alarm]:
        """All open alarms of a site."""
        return [_READ(body) for body in self._look.fetch(_OPEN_ON, {"site": site}).scalars()]

    def page(self, which: AlarmFilter, *, after: str | None, most: int) -> Page[Alarm]:
        """Newest raised first."""
        rows = select(alarms.c.body)
        if which.open is not None:
            rows = rows.where(alarms.c.open.is_(which.open))
        if which.sites is not None:
            rows = rows.where(alarms.c.site.in_(which.sites))
        if which.severity is not None:
            rows = rows.where(alarms.c.severity == which.severity.value)
        if which.device is not None:
            rows = rows.where(alarms.c.device == which.device)
        if which.subject is not None:
            rows = rows.where(
                alarms.c.subject_type == which.subject.type.value, alarms.c.subject_id == which.subject.id
            )
        if which.rule is not None:
            rows = rows.where(alarms.c.rule == which.rule)
        if which.standing is not None:
            rows = rows.where(alarms.c.standing.in_([standing.value for standing in which.standing]))
        if which.raised_from is not None:
            rows = rows.where(alarms.c.raised_at >= which.raised_from)
        if which.raised_before is not None:
            rows = rows.where(alarms.c.raised_at < which.raised_before)
        return page(self._look, rows, _NEWEST_FIRST, after=after, most=most, read=lambda row: _READ(row.body))

    def aside(self, *, after: str | None, most: int) -> Page[Alarm]:
        """Open alarms that do not stand announced, newest raised first."""
        rows = select(alarms.c.body).where(_ASIDE)
        return page(self._look, rows, _NEWEST_FIRST, after=after, most=most, read=lambda row: _READ(row.body))

    def counts_aside(self, sites: frozenset[str] | None = None) -> dict[Standing, int]:
        """How many open alarms stand in each way but announced."""
        rows = select(alarms.c.standing, func.count().label("number")).where(_ASIDE).group_by(alarms.c.standing)
        if sites is not None:
            rows = rows.where(alarms.c.site.in_(sites))
        return {Standing(row.standing): row.number for row in self._look.fetch(rows)}

    def climbing(self, at: datetime, *, most: int) -> list[Alarm]:
        """Alarms with an escalation step at or before `at`, the one that waits longest first."""
        return [_READ(body) for body in self._look.fetch(_CLIMBING, {"at": at, "most": most}).scalars()]

    def raises(self, since: datetime, by: RaisedBy, *, sites: frozenset[str] | None, most: int) -> list[Raises]:
        """What was raised, or came again, most often since then."""
        return read_raises(self._look, since, by, sites=sites, most=most, get=self.get)

    def put(self, alarm: Alarm) -> None:
        """Insert or replace by id. Raises Conflict when another open alarm has its subject and rule."""
        act = self._look.act()
        body = write_body(alarm)
        act.chains.owe(alarm.site, row_name(alarm.id), digest_of(body))
        try:
            written = act.fetch(_PUT, columns(body)).rowcount
        except Conflict as clash:
            raise Conflict(f"{alarm.rule} has an open alarm already on {alarm.site}, {alarm.subject.id}") from clash
        if not written:
            raise Conflict(f"alarm {alarm.id} belongs to another site than {alarm.site}")
