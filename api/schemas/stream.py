"""What the event stream says: the JSON in `data:` of each kind of message."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from api.schemas.alarms import AlarmView
from api.schemas.basics import Schema
from api.schemas.events import EventView
from api.schemas.work_orders import WorkOrderView


class StreamName(StrEnum):
    """Names of messages that are not events; all others are named by their event's type."""

    WATCH = "watch"
    RESET = "reset"
    END = "end"


class TellEvent(Schema):
    """`event: alarm.raised` and so on: the event, with the alarm and the work order as they stand now."""

    event: EventView
    alarm: AlarmView | None = None
    work_order: WorkOrderView | None = None


class SiteWatchView(Schema):
    """One site: whether alerting judged it within the last ten seconds."""

    site: str
    watching: bool
    judged_at: datetime | None


class TellWatch(Schema):
    """`event: watch`: first of all, and whenever it changes. `watching` means every site in reach."""

    watching: bool
    sites: list[SiteWatchView]


class ResetReason(StrEnum):
    """Why events are missing."""

    INVALID = "invalid"
    AHEAD = "ahead"
    STALE = "stale"
    SLOW = "slow"


class TellReset(Schema):
    """`event: reset`: events are missing; load the lists again. The stream goes on from its `id`."""

    reason: ResetReason


class EndReason(StrEnum):
    """Why the stream ends."""

    SIGNED_OUT = "signed_out"
    STOPPING = "stopping"


class TellEnd(Schema):
    """`event: end`: the last message."""

    reason: EndReason
