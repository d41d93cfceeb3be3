"""Why an alarm is there and stands as it does: one answer for every kind of rule.

Promises: what was judged, as the judge wrote it down; what a person reported, where a person raised it; when and by
which row of the table it was raised; and what was last decided about how it stands. Each with its instant.
Leaves to others: the rule as it was and the timeline, which stand beside it (`api.views`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.events import Event, EventType
from domain.people import ActorType
from domain.standing import Standing

_ASSERTED = frozenset(
    {EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED, EventType.ALARM_SUPPRESSED, EventType.ALARM_TESTED}
)
_STANDS = _ASSERTED | {EventType.ALARM_SHELVED, EventType.ALARM_SHOWN}
_HANDS = (ActorType.PERSON, ActorType.PROGRAM)

_NOTHING_HID_IT = "nothing hid it"


def why_of(events: Sequence[Event]) -> dict[str, Any] | None:
    """The answer, from an alarm's own events, oldest first; None when retention took those that knew."""
    asserted = [event for event in events if event.type in _ASSERTED and (_judged(event) or _reported(event))]
    if not asserted:
        return None
    newest = asserted[-1]
    why: dict[str, Any] = dict(newest.data.get("why", {}))
    if _reported(newest):
        why["report"] = {"by": newest.actor.name, "at": newest.at.isoformat(), "note": newest.data.get("note")}
    why["raised"] = {
        "at": newest.at.isoformat(),
        "by": newest.actor.name,
        "because": newest.data.get("because"),
        "first_at": asserted[0].at.isoformat(),
    }
    why["standing"] = _standing(next(event for event in reversed(events) if event.type in _STANDS))
    return why


def _judged(event: Event) -> bool:
    return "why" in event.data


def _reported(event: Event) -> bool:
    """Whether a person raised it; one who ended what hid it only had it shown."""
    return event.actor.type in _HANDS and "announced_anew" not in event.data and not _judged(event)


def _standing(event: Event) -> dict[str, Any]:
    """What was decided about hiding it, and when."""
    data = event.data
    hidden = data.get("hidden")
    if hidden is None and "standing" in data:
        hidden = {name: data.get(name) for name in ("standing", "by", "until", "because")}
    if hidden is None:
        because = data.get("announced_anew", _NOTHING_HID_IT)
        return {"standing": Standing.ANNOUNCED.value, "because": because, "at": event.at.isoformat()}
    return {name: value for name, value in hidden.items() if value is not None} | {"at": event.at.isoformat()}
