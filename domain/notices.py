"""Notices: what is told to people outside the console, as rows that survive a crash.

Promises: a notice is made in the transaction that decided it, is sent at least once or given up and said so, carries
the same `key` however often it is sent, and stands in a lane: within one lane notices leave in the order of their
numbers. Pure functions say what becomes of one after a try. Leaves to others: keeping them (`domain.ports.ledger`),
sending (`alerting.notices`), each technology (`adapters.notify`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain.backoff import pause_after
from domain.rules import Severity
from domain.texts import Text

CONSOLE = "console"
"""The channel that is always there: the console and its event stream."""

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
"""Between tries of one notice."""

LEASE = timedelta(minutes=1)
"""How long a claimed notice belongs to its claimer: longer than any try may take. After a crash it is free again."""


class ChannelType(StrEnum):
    """How a channel reaches people."""

    CONSOLE = "console"
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    EMAIL = "email"
    APPRISE = "apprise"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as the core knows it.

    `personal`: each person gets a notice of their own, at their contact; else one notice names all of them.
    `tells_end`: it is told when the alarm is over. `give_up_after`: how long one notice is tried.
    """

    name: str
    type: ChannelType
    title: Text
    personal: bool = False
    tells_end: bool = False
    give_up_after: timedelta = timedelta(hours=26)


class NoticeState(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Status(StrEnum):
    """Whether what a notice tells of goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell by one channel.

    `number` orders the notices of a site. `whom` was to be called (a position, say); `receivers` are the people whom
    that meant, or the fallback's. `lane` is what must stay in order. `because` is the reason as people read it, `what`
    the alarm's or order's own text. `next_at` is when to try (again); `leased_until` when a claimed one is free again.
    What it says of the alarm is copied: that may be over when this leaves. `test`: its device was under test.
    """

    key: str
    number: int
    site: str
    lane: str
    channel: str
    receivers: tuple[str, ...]
    what: Text
    because: Text
    severity: Severity
    life_safety: bool
    status: Status
    made_at: datetime
    began_at: datetime
    state: NoticeState = NoticeState.WAITING
    next_at: datetime | None = None
    leased_until: datetime | None = None
    tries: int = 0
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    last_error: str | None = None
    tells_end: bool = False
    whom: Text | None = None
    alarm: str | None = None
    work_order: str | None = None
    rule: str | None = None
    device: str | None = None
    test: bool = False
    building: str | None = None
    zone: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self.state is NoticeState.WAITING


def free_at(notice: Notice) -> datetime | None:
    """From when on somebody may claim it; None when nobody will any more."""
    if not notice.waiting or notice.next_at is None:
        return None
    return notice.next_at if notice.leased_until is None else max(notice.next_at, notice.leased_until)


def claimed(notice: Notice, at: datetime) -> Notice:
    """The notice, ours until the lease ends."""
    return replace(notice, leased_until=at + LEASE, tries=notice.tries + 1)


def released(notice: Notice) -> Notice:
    """The notice that was claimed and not tried: somebody before it in the lane could not be sent."""
    return replace(notice, leased_until=None, tries=notice.tries - 1)


def sent(notice: Notice, at: datetime) -> Notice:
    """The notice, told."""
    return replace(notice, state=NoticeState.SENT, sent_at=at, next_at=None, leased_until=None, last_error=None)


def failed(notice: Notice, at: datetime, why: str) -> Notice:
    """The notice, given up."""
    return replace(
        notice, state=NoticeState.FAILED, failed_at=at, next_at=None, leased_until=None, last_error=_short(why)
    )


def after_failure(notice: Notice, at: datetime, why: str, *, give_up_after: timedelta) -> Notice:
    """The notice after a try that did not work but may: to be tried again, or given up when it has had its time."""
    pause = pause_after(notice.tries, first=FIRST_PAUSE, most=LONGEST_PAUSE)
    if at + pause > notice.made_at + give_up_after:
        return failed(notice, at, why)
    return replace(notice, next_at=at + pause, leased_until=None, last_error=_short(why))


def _short(why: str) -> str:
    return why[:500]
