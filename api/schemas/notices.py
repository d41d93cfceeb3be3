"""Notices: what was told to people outside the console, and what comes next on an alarm."""

from __future__ import annotations

from datetime import datetime

from api.schemas.basics import Listing, Schema, TextView
from domain.escalation import Because
from domain.notices import NoticeState, Status
from domain.rules import Severity


class NextStepView(Schema):
    """What comes next on an alarm unless somebody takes it: *duty manager by e-mail at 14:32, not acknowledged*.

    `whom` is a position, a person or `assignee`, `title` how people call it.
    """

    at: datetime
    whom: str
    title: TextView
    channel: str
    channel_title: TextView
    because: Because
    because_text: TextView


class NoticeView(Schema):
    """One notice. `key` is the same however often it is sent; `whom` was to be called. Contacts are not shown."""

    key: str
    site: str
    alarm: str | None
    work_order: str | None
    channel: str
    whom: TextView | None
    receivers: list[str]
    severity: Severity
    life_safety: bool
    status: Status
    state: NoticeState
    what: TextView
    because: TextView
    made_at: datetime
    next_at: datetime | None
    tries: int
    sent_at: datetime | None
    failed_at: datetime | None
    last_error: str | None


class ChannelCountView(Schema):
    """How the notices of one channel stand, over the whole time that the ledger keeps."""

    channel: str
    waiting: int
    sent: int
    failed: int


class NoticeList(Listing[NoticeView]):
    """A page of notices, newest made first.

    `channels` counts all in reach (of the `site`, where one is asked for) by channel, whatever else was asked for.
    """

    channels: list[ChannelCountView]
