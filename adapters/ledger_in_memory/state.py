"""All tables of one ledger, with what each is looked through by.

Promises: every question that the timers ask each second is answered by an index. Leaves to others: the questions
(one file a noun), who may change what (`act`).
"""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

import msgspec

from adapters.ledger_in_memory.tables import Grouped, Table, Waiting
from domain.alarms import Alarm
from domain.assets import Device, Site, Subject
from domain.duty_cycles import DutyCycle
from domain.events import Event, EventType
from domain.flood import Load
from domain.lease import Lease
from domain.notices import Notice, free_at
from domain.overrides import Override
from domain.papers import Attachment
from domain.people import Person, Session, Token
from domain.ports.ledger import Heartbeat, ProcessBeat, QuarantineEntry
from domain.rounds import Round
from domain.routes import Route
from domain.standing import Measure, Standing
from domain.workorders import OrderState, WorkOrder, next_act_at

ALL = "all"
"""The one group of an index that only tells rows that matter from rows that do not."""


class SealedEvent(msgspec.Struct):
    """An event as it was sealed: its canonical JSON, which is what the seal is over, and what it is found by.

    `read`: what the JSON says, for a while after somebody asked.
    """

    site: str
    number: int
    type: EventType
    at: datetime
    alarm: str | None
    work_order: str | None
    body: str
    seal: str
    read: Event | None = None


class AlarmTable(Table[str, Alarm]):
    """Alarms by id."""

    def __init__(self) -> None:
        self.open_on: Grouped[str, Alarm, str] = Grouped(lambda alarm: alarm.site if alarm.state.open else None)
        self.open_for: Grouped[str, Alarm, tuple[str, Subject, str]] = Grouped(_source)
        self.aside: Grouped[str, Alarm, str] = Grouped(
            lambda alarm: ALL if alarm.state.open and alarm.standing is not Standing.ANNOUNCED else None
        )
        self.on_device: Grouped[str, Alarm, str] = Grouped(lambda alarm: alarm.device)
        self.steps: Waiting[str, Alarm] = Waiting(lambda alarm: None if alarm.climb is None else alarm.climb.next_at)
        super().__init__(self.open_on, self.open_for, self.aside, self.on_device, self.steps)


class OrderTable(Table[str, WorkOrder]):
    """Work orders by id."""

    def __init__(self) -> None:
        self.by_number: Grouped[str, WorkOrder, str] = Grouped(lambda order: order.number)
        self.going_on: Grouped[str, WorkOrder, str] = Grouped(lambda order: None if order.state.ended else ALL)
        self.deadlines: Waiting[str, WorkOrder] = Waiting(_deadline)
        super().__init__(self.by_number, self.going_on, self.deadlines)


class NoticeTable(Table[str, Notice]):
    """Notices by key."""

    def __init__(self) -> None:
        self.waiting_in: Grouped[str, Notice, str] = Grouped(
            lambda notice: None if free_at(notice) is None else notice.lane
        )
        self.of_alarm: Grouped[str, Notice, str] = Grouped(lambda notice: notice.alarm)
        super().__init__(self.waiting_in, self.of_alarm)


class RoundTable(Table[str, Round]):
    """Rounds by id."""

    def __init__(self) -> None:
        self.on: Grouped[str, Round, tuple[str, str]] = Grouped(lambda round_: (round_.site, round_.route))
        self.closing: Waiting[str, Round] = Waiting(lambda round_: round_.next_at)
        super().__init__(self.on, self.closing)


class DutyTable(Table[str, DutyCycle]):
    """Cycles of duties by id."""

    def __init__(self) -> None:
        self.waiting: Waiting[str, DutyCycle] = Waiting(lambda cycle: cycle.next_at)
        super().__init__(self.waiting)


class FloodTable(Table[str, Load]):
    """What positions had to take, by site."""

    def __init__(self) -> None:
        self.ebbing: Waiting[str, Load] = Waiting(lambda load: load.next_at)
        super().__init__(self.ebbing)


class MeasureTable(Table[str, Measure]):
    """Measures by id."""

    def __init__(self) -> None:
        self.running: Grouped[str, Measure, str] = Grouped(lambda one: ALL if one.ended_at is None else None)
        super().__init__(self.running)


class EventTable(Table[tuple[str, int], SealedEvent]):
    """Events by site and number; `read` are those that keep what their text says, oldest first."""

    def __init__(self) -> None:
        self.read: deque[SealedEvent] = deque()
        self.on: Grouped[tuple[str, int], SealedEvent, str] = Grouped(lambda event: event.site)
        self.of_alarm: Grouped[tuple[str, int], SealedEvent, str] = Grouped(lambda event: event.alarm)
        self.of_order: Grouped[tuple[str, int], SealedEvent, str] = Grouped(lambda event: event.work_order)
        super().__init__(self.on, self.of_alarm, self.of_order)


class AttachmentTable(Table[str, Attachment]):
    """Files of orders by id."""

    def __init__(self) -> None:
        self.of_order: Grouped[str, Attachment, str] = Grouped(lambda one: one.order)
        super().__init__(self.of_order)


class State:
    """One ledger's rows."""

    def __init__(self) -> None:
        self.alarms = AlarmTable()
        self.orders = OrderTable()
        self.attachments = AttachmentTable()
        self.notices = NoticeTable()
        self.sites: Table[str, Site] = Table()
        self.devices: Table[tuple[str, str], Device] = Table()
        self.overrides: Table[str, Override] = Table()
        self.routes: Table[tuple[str, str], Route] = Table()
        self.rounds = RoundTable()
        self.duties = DutyTable()
        self.floods = FloodTable()
        self.measures = MeasureTable()
        self.memories: Table[tuple[str, str], bytes] = Table()
        self.events = EventTable()
        self.quarantine: Table[tuple[str, str, str, str], QuarantineEntry] = Table()
        self.people: Table[str, Person] = Table()
        self.tokens: Table[str, Token] = Table()
        self.sessions: Table[str, Session] = Table()
        self.heartbeats: Table[str, Heartbeat] = Table()
        self.processes: Table[tuple[str, int], ProcessBeat] = Table()
        self.marks: Table[str, str] = Table()
        self.leases: Table[str, Lease] = Table()
        self.counters: Table[str, int] = Table()
        self.series: Table[tuple[str, str], int] = Table()

    def copy(self) -> State:
        """Tables of its own with the same rows."""
        copy = State()
        tables: dict[str, Table[Any, Any]] = vars(copy)
        for name, table in tables.items():
            table.fill(getattr(self, name))
        return copy


def _source(alarm: Alarm) -> tuple[str, Subject, str] | None:
    return (alarm.site, alarm.subject, alarm.rule) if alarm.state.open else None


def _deadline(order: WorkOrder) -> datetime | None:
    """The first instant at which a clock, or the end of a wait, asks for something."""
    if order.state.ended:
        return None
    instants = [next_act_at(clock) for clock in order.clocks]
    if order.state is OrderState.WAITING:
        instants.append(order.wait_until)
    return min((instant for instant in instants if instant is not None), default=None)
