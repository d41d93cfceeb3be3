"""How often things were raised, counted in the events that say so.

Promises: one statement over the index of those events. Leaves to others: what a report makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, select, text

from adapters.ledger.act import Look
from adapters.ledger.tables import alarms, events
from domain.alarms import Alarm
from domain.assets import Subject, SubjectType
from domain.ports.ledger import RaisedBy, Raises

# as their index says it, word for word
_RAISES = text("events.type IN ('alarm.raised', 'alarm.reactivated')")
_SUBJECT = (alarms.c.subject_type, alarms.c.subject_id)
_COLUMNS = {
    RaisedBy.SOURCE: (alarms.c.site, *_SUBJECT, alarms.c.rule),
    RaisedBy.SUBJECT: (alarms.c.site, *_SUBJECT),
    RaisedBy.RULE: (alarms.c.site, alarms.c.rule),
}


def read_raises(
    look: Look, since: datetime, by: RaisedBy, *, sites: frozenset[str] | None, most: int, get: Callable[[str], Alarm]
) -> list[Raises]:
    """The most often first. `get` reads an alarm by its id."""
    columns = _COLUMNS[by]
    times, last_at = func.count().label("times"), func.max(events.c.at, type_=events.c.at.type).label("last_at")
    number, example = func.count(alarms.c.id.distinct()).label("alarms"), func.max(alarms.c.id).label("example")
    question = (
        select(*columns, times, last_at, number, example)
        .select_from(events.join(alarms, alarms.c.id == events.c.alarm))
        .where(_RAISES, events.c.at >= since)
        .group_by(*columns)
        .order_by(times.desc(), last_at.desc(), example)
        .limit(most)
    )
    if sites is not None:
        question = question.where(alarms.c.site.in_(sites))
    found = []
    for row in look.fetch(question).mappings():
        about = Subject(SubjectType(row["subject_type"]), row["subject_id"]) if "subject_type" in row else None
        found.append(
            Raises(
                site=row["site"],
                subject=about,
                rule=row.get("rule"),
                times=row["times"],
                alarms=row["alarms"],
                last_at=row["last_at"],
                example=get(row["example"]),
            )
        )
    return found
