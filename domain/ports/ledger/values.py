"""What goes in and out of the ledger beside domain values: pages, filters, entries that only it keeps."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import msgspec

from domain.alarms import Alarm
from domain.assets import Subject
from domain.notices import NoticeState
from domain.people import ActorType
from domain.rounds import RoundState
from domain.rules import Severity
from domain.standing import Standing
from domain.workorders import OrderState

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, newest first. `next` is an opaque cursor for the rest, None at the end."""

    items: tuple[T, ...]
    next: str | None = None


CLOCK_CALLS = "clock-calls"
"""The series in which warnings and breaches of clocks are numbered, so that new ones are known of without a search."""

CURRENT_RULES = "rules:current"
"""The mark that holds the number of the rules in force."""


class Agenda(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for its time, each by its first instant, which may be past; None where nothing waits.

    `orders_at`: clocks and waits of work orders. `steps_at`: escalation steps. `rounds_at`: rounds that close.
    `floods_at`: floods that may have ebbed. `duties_at`: orders of duties that open, and days that are over.
    `reviews`: whether anything hides alarms, so that they must be looked at. `clock_calls`: how often clocks called for
    people so far (the series of that name, over all sites). `registry`, `rules`: the revisions in force, to follow.
    """

    orders_at: datetime | None = None
    steps_at: datetime | None = None
    rounds_at: datetime | None = None
    floods_at: datetime | None = None
    duties_at: datetime | None = None
    reviews: bool = False
    clock_calls: int = 0
    registry: int = 0
    rules: str | None = None

    @property
    def next_at(self) -> datetime | None:
        """The first instant of all."""
        instants = (self.orders_at, self.steps_at, self.rounds_at, self.floods_at, self.duties_at)
        return min((instant for instant in instants if instant is not None), default=None)


class RaisedBy(StrEnum):
    """By what raises are counted."""

    SOURCE = "source"  # one rule on one subject
    SUBJECT = "subject"
    RULE = "rule"


class Raises(msgspec.Struct, frozen=True, kw_only=True):
    """How often something was raised. `example` is an alarm of it; `alarms` how many there are of them."""

    site: str
    subject: Subject | None
    rule: str | None
    times: int
    alarms: int
    last_at: datetime
    example: Alarm


class AlarmFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which alarms a list shows. `open` None shows both; `sites` and `standing` None show all.

    `raised_from` and `raised_before` bound when they were raised: from the one, and before the other.
    """

    open: bool | None = True
    sites: frozenset[str] | None = None
    severity: Severity | None = None
    device: str | None = None
    subject: Subject | None = None
    rule: str | None = None
    standing: frozenset[Standing] | None = None
    raised_from: datetime | None = None
    raised_before: datetime | None = None


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which work orders a list shows. `ended` None shows both.

    `opened_from` and `opened_before` bound when they were opened: from the one, and before the other.
    """

    ended: bool | None = False
    state: OrderState | None = None
    sites: frozenset[str] | None = None
    template: str | None = None
    device: str | None = None
    subject: Subject | None = None
    assignee: str | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events of one site's chain a journal shows.

    `noun` is what stands before the dot of an event's type (`alarm`, `device`); `actor` the name of who did it.
    `before` leaves out everything at or after that instant.
    """

    site: str
    noun: str | None = None
    actor: str | None = None
    actor_type: ActorType | None = None
    before: datetime | None = None


class NoticeFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which notices a list shows."""

    sites: frozenset[str] | None = None
    alarm: str | None = None
    channel: str | None = None
    state: NoticeState | None = None


class DeviceFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which devices a list shows."""

    sites: frozenset[str] | None = None
    kind: str | None = None
    building: str | None = None
    discovered: bool | None = None


class RoundFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rounds a list shows: those that start at `start <= starts_at < end`."""

    start: datetime
    end: datetime
    sites: frozenset[str] | None = None
    route: str | None = None
    state: RoundState | None = None


class QuarantineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of bad message. The same payload for the same reason on the same topic is one entry with a count.

    `head` is the first 4 KiB; `digest` the SHA-256 of the whole payload (hex), `size` its bytes.
    """

    id: int
    topic: str
    reason: str
    detail: str
    metric: str | None
    head: bytes
    digest: str
    size: int
    count: int
    first_at: datetime
    last_at: datetime


WHOLE_INSTALLATION = ""
"""The heartbeat that alerting writes whether or not there is a site yet."""


class ProcessBeat(msgspec.Struct, frozen=True, kw_only=True):
    """Proof that a process lives and what it says of itself, on its own clock.

    `process` names it (`host:pid`); empty when it said goodbye: nobody is this role and ordinal until the next start.
    """

    role: str
    ordinal: int
    at: datetime
    process: str
    ready: bool
    detail: str = ""


class Heartbeat(msgspec.Struct, frozen=True):
    """Proof that alerting judged a turn for a site, on the writer's clock."""

    site: str
    at: datetime
    detail: dict[str, Any] = {}
