"""Expected: what a script can say must be so: alarms, work orders, notices, rounds, duties and what comes next.

Promises: only what is named is compared. Leaves to others: comparing (`watchkeeper.rehearsal.expect`), reading files
(`watchkeeper.config_scenarios`).
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from domain.alarms import AlarmState
from domain.duty_cycles import CycleState
from domain.escalation import Because
from domain.notices import NoticeState
from domain.rounds import FindingType, RoundState
from domain.rules import Severity
from domain.standing import Standing
from domain.workorders import ClockName, OrderState

NOBODY = "nobody"
"""Whom an alarm calls next that calls nobody."""


class NextExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom an alarm calls next unless somebody takes it. `at` is the wall clock of the site; `whom` may be `nobody`."""

    whom: str
    at: str | None = None
    channel: str | None = None
    because: Because | None = None


class AlarmExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An alarm that must be there. Only what is named is compared; `state` normal finds one that is over."""

    rule: str
    device: str | None = None
    state: AlarmState | None = None
    standing: Standing | None = None
    severity: Severity | None = None
    life_safety: bool | None = None
    active: bool | None = None
    occurrences: int | None = None
    acknowledged_by: str | None = None
    chattering: bool | None = None
    late: timedelta | None = None
    raised: str | None = None
    """The wall clock at which its condition became true."""
    next: NextExpected | None = None


class OrderExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A work order that must be there: the newest of that template, on that device if one is named.

    `number` may be shortened to its beginning (`WO-20260302-`). `clocks`: where each named clock stands, as
    `watchkeeper.rehearsal.expect.clock_word` says it.
    """

    template: str
    device: str | None = None
    number: str | None = None
    state: OrderState | None = None
    severity: Severity | None = None
    owner: str | None = None
    assignee: str | None = None
    alarms: int | None = None
    rework: int | None = None
    clocks: dict[ClockName, str] = {}


class NoticeExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Notices that must be there: `times` of those that match what is named, or at least one."""

    to: str | None = None
    rule: str | None = None
    device: str | None = None
    channel: str | None = None
    state: NoticeState | None = None
    because: Because | None = None
    times: int | None = None


class RoundExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The newest round of a route that started at this time of the site's clock, planned or not."""

    route: str
    starts: str
    state: RoundState | None = None
    missed: tuple[str, ...] | None = None
    findings: tuple[FindingType, ...] | None = None
    amended: bool | None = None


class DayExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rounds of a route that started on a date of the site's calendar: how many, and how many of them whole."""

    route: str
    day: date
    due: int
    completed: int | None = None


class DutyExpected(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a unit stands in a duty. `cycle_days` is the length of its cycle, `done` how often it was done."""

    duty: str
    unit: str
    state: CycleState | None = None
    due: date | None = None
    done: int | None = None
    late: bool | None = None
    cycle_days: int | None = None
    proposed_days: int | None = None
