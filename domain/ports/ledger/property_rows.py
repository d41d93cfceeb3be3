"""Rows of the property, one protocol a noun: the registry, alarms, orders, rounds, duties, and what is set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.alarms import Alarm
from domain.assets import Device, Site, Subject
from domain.duty_cycles import CycleState, DutyCycle
from domain.flood import Load
from domain.notices import Notice, NoticeState
from domain.overrides import Override
from domain.papers import Attachment
from domain.ports.ledger.values import (
    AlarmFilter,
    DeviceFilter,
    NoticeFilter,
    OrderFilter,
    Page,
    RaisedBy,
    Raises,
    RoundFilter,
)
from domain.rounds import Round
from domain.routes import Route
from domain.standing import Measure, Standing
from domain.workorders import WorkOrder


class AlarmRows(Protocol):
    """Alarms. Writing needs a transaction that took the alarm's site."""

    def get(self, alarm_id: str) -> Alarm:
        """Raises NotFound."""
        ...

    def open_for(self, site: str, subject: Subject, rule: str) -> Alarm | None:
        """The open alarm of that subject and rule: there is at most one."""
        ...

    def open_on(self, site: str) -> list[Alarm]:
        """All open alarms of a site."""
        ...

    def page(self, which: AlarmFilter, *, after: str | None, most: int) -> Page[Alarm]: ...

    def aside(self, *, after: str | None, most: int) -> Page[Alarm]:
        """Open alarms of all sites that do not stand announced."""
        ...

    def counts_aside(self, sites: frozenset[str] | None = None) -> dict[Standing, int]:
        """How many open alarms stand in each way but announced; what has none is left out."""
        ...

    def climbing(self, at: datetime, *, most: int) -> list[Alarm]:
        """Alarms with an escalation step at or before `at`, the one that waits longest first."""
        ...

    def raises(self, since: datetime, by: RaisedBy, *, sites: frozenset[str] | None, most: int) -> list[Raises]:
        """What was raised, or came again, most often since then: the most often first, `most` at the most."""
        ...

    def put(self, alarm: Alarm) -> None:
        """Insert or replace by id."""
        ...


class OrderRows(Protocol):
    """Work orders and their clocks. Writing needs a transaction that took the order's site."""

    def get(self, order_id: str) -> WorkOrder:
        """By id, or by number where only one site has it. Raises NotFound."""
        ...

    def page(self, which: OrderFilter, *, after: str | None, most: int) -> Page[WorkOrder]: ...

    def due(self, at: datetime, *, most: int) -> list[WorkOrder]:
        """Orders with something to act upon: a clock's warning or due instant, or a wait's end, at or before `at`."""
        ...

    def put(self, order: WorkOrder) -> None:
        """Insert or replace by id, its clocks with it."""
        ...


class AttachmentRows(Protocol):
    """Files of work orders, by name and digest; their content is elsewhere (`domain.ports.files`)."""

    def get(self, attachment_id: str) -> Attachment:
        """Raises NotFound."""
        ...

    def of_order(self, order_id: str) -> list[Attachment]:
        """All files of an order, by its id, in the order in which they were added."""
        ...

    def total_bytes(self) -> int:
        """What all files of all orders take."""
        ...

    def digests(self) -> set[str]:
        """Every content that some order has."""
        ...

    def add(self, attachment: Attachment) -> None:
        """Insert. Needs a transaction that took the order's site. Raises Conflict when the id is there."""
        ...


class NoticeRows(Protocol):
    """Notices to people. Events tell what became of them; the rows themselves are in no digest."""

    def add(self, notice: Notice) -> bool:
        """Insert; False, changing nothing, when the key is there already."""
        ...

    def get(self, key: str) -> Notice:
        """Raises NotFound."""
        ...

    def put(self, notice: Notice) -> None:
        """Replace by key."""
        ...

    def due(self, at: datetime, *, most: int) -> list[Notice]:
        """Of each lane the first that waits, where it is free to claim at `at`, the one that is free longest first."""
        ...

    def behind(self, notice: Notice, *, most: int) -> list[Notice]:
        """What waits in the notice's lane after it, in order."""
        ...

    def of_alarm(self, alarm_id: str) -> list[Notice]:
        """All of an alarm, in the order in which they were made."""
        ...

    def page(self, which: NoticeFilter, *, after: str | None, most: int) -> Page[Notice]:
        """Newest made first."""
        ...

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, NoticeState], int]:
        """How many there are by channel and state; what there is none of is left out."""
        ...


class DeviceRows(Protocol):
    """The registry: sites and devices."""

    def sites(self) -> list[Site]: ...

    def put_site(self, site: Site) -> None: ...

    def get(self, site: str, device: str) -> Device:
        """Raises NotFound."""
        ...

    def page(self, which: DeviceFilter, *, after: str | None, most: int) -> Page[Device]: ...

    def every(self) -> list[Device]: ...

    def put(self, device: Device) -> None: ...

    def revision(self) -> int:
        """Grows with every change of the registry, so that a reader knows when to load it again."""
        ...


class OverrideRows(Protocol):
    """What is another limit or severity for some devices: a part of the registry."""

    def get(self, override_id: str) -> Override:
        """Raises NotFound."""
        ...

    def every(self, sites: frozenset[str] | None = None) -> list[Override]:
        """All of them, by site and id."""
        ...

    def put(self, override: Override) -> None:
        """Insert or replace by id. A real change moves the registry's revision."""
        ...

    def remove(self, override_id: str) -> None:
        """Take it out, which moves the registry's revision too. Raises NotFound."""
        ...


class RouteRows(Protocol):
    """Routes, a part of the registry."""

    def get(self, site: str, route: str) -> Route:
        """Raises NotFound."""
        ...

    def every(self, sites: frozenset[str] | None = None) -> list[Route]:
        """All routes, by site and id."""
        ...

    def put(self, route: Route) -> None:
        """Insert or replace by site and id. A real change moves the registry's revision."""
        ...


class RoundRows(Protocol):
    """Rounds and their visits. Writing needs a transaction that took the round's site."""

    def get(self, round_id: str) -> Round:
        """Raises NotFound."""
        ...

    def find(self, round_id: str) -> Round | None: ...

    def between(self, which: RoundFilter, *, most: int) -> list[Round]:
        """Rounds that match, in the order of their start, `most` at the most."""
        ...

    def newest(self, site: str, route: str, *, most: int) -> list[Round]:
        """The newest rounds of a route, newest first."""
        ...

    def due(self, at: datetime, *, most: int) -> list[Round]:
        """Rounds that time alone changes at or before `at`, the one that waits longest first."""
        ...

    def put(self, round_: Round) -> None:
        """Insert or replace by id, its visits with it."""
        ...


class DutyRows(Protocol):
    """Where units stand in the cycles of duties. Writing needs a transaction that took the cycle's site."""

    def get(self, cycle_id: str) -> DutyCycle:
        """Raises NotFound."""
        ...

    def find(self, cycle_id: str) -> DutyCycle | None: ...

    def every(self, sites: frozenset[str] | None = None) -> list[DutyCycle]:
        """All of them, retired ones too, by id."""
        ...

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, CycleState], int]:
        """How many stand in each state, by site; what has none is left out."""
        ...

    def of_unit(self, site: str, unit: str) -> list[DutyCycle]:
        """What one device, building or site owes, by id."""
        ...

    def due(self, at: datetime, *, most: int) -> list[DutyCycle]:
        """Those that time alone changes at or before `at`, the one that waits longest first."""
        ...

    def put(self, cycle: DutyCycle) -> None:
        """Insert or replace by id."""
        ...


class FloodRows(Protocol):
    """What control-room positions have had to take. Writing needs a transaction that took the site."""

    def get(self, site: str) -> Load | None:
        """None when nobody counted yet."""
        ...

    def running(self, sites: frozenset[str] | None = None) -> list[Load]:
        """The positions that are flooded, by site."""
        ...

    def due(self, at: datetime, *, most: int) -> list[Load]:
        """Those whose flood may have ebbed at `at`, the one that waits longest first."""
        ...

    def put(self, load: Load) -> None:
        """Insert or replace by site."""
        ...


class MeasureRows(Protocol):
    """Shelves, devices out of service and tests. Writing needs a transaction that took the measure's site."""

    def get(self, measure_id: str) -> Measure:
        """Raises NotFound."""
        ...

    def running(self, sites: frozenset[str] | None = None) -> list[Measure]:
        """Those that nobody ended, in the order in which they began; `in_force` says whether their time is up."""
        ...

    def put(self, measure: Measure) -> None:
        """Insert or replace by id."""
        ...
