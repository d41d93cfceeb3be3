"""Scenarios: what happens when, and what must come of it, as data.

Promises: a script is a list of steps at instants of the site's own clock; each is one thing that devices, the network,
people or the machine do, or one thing that is expected. Leaves to others: reading files
(`watchkeeper.config_scenarios`), playing (`watchkeeper.rehearsal`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from domain.assets import Device, Site
from domain.callout import Position
from domain.duties import NO_DUTIES, DutyBook
from domain.events import EventType
from domain.maintenance import MaintenanceWindow
from domain.people import Role
from domain.readings import Channel, Value
from domain.routes import Route
from domain.rules import Severity
from domain.texts import Text
from domain.workorders import Step as OrderStep
from domain.workorders import Verdict
from simulators.expected import AlarmExpected, DayExpected, DutyExpected, NoticeExpected, OrderExpected, RoundExpected

NOTHING = timedelta(0)

CAST = {
    "lin": Role.OPERATOR,
    "wu": Role.OPERATOR,
    "chen": Role.ENGINEER,
    "zhao": Role.MANAGER,
}
"""Who acts in a script that names no people of its own."""


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """Base of every step. `at` is the site's wall clock (`"02:00"`, `"02:00:30"`): its first such instant at or after
    the step before it; `after` counts from the step before it. Without both it comes at the same instant.
    `restart`: alerting is killed after this line and starts again before the next.
    """

    at: str | None = None
    after: timedelta | None = None
    restart: bool = False


class Reports(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="report"):
    """A device reports. What it says on telemetry stays so: it repeats it at its interval.

    `late`: the message was under way so long. `ahead`: its `ts` lies so far in the future. `timed` false sends no
    `ts`. `name` lets a later step deliver the same message again.
    """

    device: str
    values: dict[str, Value]
    channel: Channel = Channel.TELEMETRY
    late: timedelta = NOTHING
    ahead: timedelta = NOTHING
    timed: bool = True
    name: str | None = None


class Sends(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="send"):
    """Anything at all arrives, as text, on any topic."""

    topic: str
    payload: str
    name: str | None = None


class Redelivers(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="redeliver"):
    """The broker sends a message again, byte for byte, `times` over."""

    message: str
    times: int = 1


class FallsSilent(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fall_silent"):
    """Devices stop to report."""

    devices: tuple[str, ...]


class Walks(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="walk"):
    """A guard passes points, `pace` after each other: those of the route, or only these. Time passes meanwhile.

    `late`: he has walked already, and the readers tell it only now: the first point was passed so long ago.
    """

    route: str
    guard: str
    points: tuple[str, ...] | None = None
    pace: timedelta = timedelta(minutes=1)
    late: timedelta = NOTHING


class SpeaksAgain(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="speak_again"):
    """Devices report again, what they said before unless told otherwise."""

    devices: tuple[str, ...]


class SetsClock(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="set_clock"):
    """A device's own clock is wrong from here on, or right again with neither."""

    device: str
    ahead: timedelta = NOTHING
    behind: timedelta = NOTHING


class LosesBroker(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_broker"):
    """Alerting cannot reach the broker; the broker keeps what devices send."""


class FindsBroker(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="find_broker"):
    """The broker is there again."""


class LosesLedger(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_ledger"):
    """The ledger cannot be written."""


class FindsLedger(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="find_ledger"):
    """The ledger can be written again."""


class LosesReceiver(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lose_receiver"):
    """Nobody takes notices at the far end of a channel; `gone`: and it says that nobody ever will (HTTP 410)."""

    channel: str = "message"
    gone: bool = False


class FindsReceiver(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="find_receiver"):
    """Notices are taken again."""

    channel: str = "message"


class Restarts(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="restart"):
    """Alerting is killed and starts again after `down`."""

    down: timedelta = NOTHING


class Registers(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="register"):
    """A device's limits or tags change in the registry. What is left out stays."""

    device: str
    limits: dict[str, float] | None = None
    tags: frozenset[str] | None = None
    interval: timedelta | None = None


class _Act(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what people do. `refused` true expects to be told no, `winner` by whom it was done before."""

    by: str
    refused: bool = False
    winner: str | None = None


class _AlarmAct(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what people do to an alarm: the newest of that rule on that device, or on any."""

    rule: str
    device: str | None = None


class Acknowledges(_AlarmAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="acknowledge"):
    """Somebody has seen it."""

    note: str | None = None


class AcknowledgesGroup(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="acknowledge_group"):
    """Somebody has seen the alarms of one rule on these devices, all of one building, and says so in one word."""

    rule: str
    devices: tuple[str, ...]
    note: str | None = None


class Comments(_AlarmAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="comment"):
    """Somebody writes a note."""

    note: str


class Ends(_AlarmAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="end"):
    """Somebody ends a latched alarm on the spot."""

    note: str


class Shelves(_AlarmAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="shelve"):
    """Somebody puts an alarm aside for `lasts`."""

    lasts: timedelta
    reason: str


class Unshelves(_AlarmAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="unshelve"):
    """Somebody takes it off its shelf."""


class TakesOut(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="take_out"):
    """Somebody takes a device out of service, expected back after `lasts`."""

    device: str
    lasts: timedelta
    reason: str


class BringsBack(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bring_back"):
    """Somebody returns a device to service."""

    device: str
    note: str | None = None


class BeginsTest(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="begin_test"):
    """Two people put devices, or a zone of a building, under test for `lasts`."""

    second: str
    lasts: timedelta
    reason: str
    devices: tuple[str, ...] = ()
    building: str | None = None
    zone: str | None = None


class EndsTest(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="end_test"):
    """Somebody ends the test that began last."""

    note: str | None = None


class RaisesByHand(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="raise"):
    """Somebody raises what was seen or told: rule `manual`, on a device."""

    device: str
    title: Text
    note: str
    severity: Severity = Severity.IMPORTANT
    life_safety: bool = False
    template: str | None = None


class _OrderAct(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what people do to a work order: the newest of that template, on that device if one is named."""

    template: str
    device: str | None = None


class TakesSteps(_OrderAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="order"):
    """Somebody takes steps of a work order, one after the other. `wait` is how long it is held."""

    take: tuple[OrderStep, ...]
    assignee: str | None = None
    note: str | None = None
    reason: str | None = None
    approver: str | None = None
    wait: timedelta | None = None
    verdict: Verdict | None = None
    cause: str | None = None


class Notes(_OrderAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="note"):
    """Somebody notes progress, or the plan."""

    note: str
    plan: bool = False


class Promises(_OrderAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="promise"):
    """Somebody promises a time for the fix, `within` from now."""

    within: timedelta
    told: str


class Stamps(_OrderAct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="stamp"):
    """Somebody notes an instant of the scene."""

    stamp: str


class RecordsDuty(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="record_duty"):
    """Somebody records that a duty was done on paper, so many days ago."""

    duty: str
    unit: str
    days_ago: int


class DecidesCycle(_Act, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="decide_cycle"):
    """Somebody accepts or declines the cycle that a review proposes, or restores the duty's own."""

    duty: str
    unit: str
    decision: Literal["accept", "decline", "restore"]
    reason: str


class Expects(_Step, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="expect"):
    """What must be so now. No other alarm may be open than those of `alarms` unless `others` is true; `hidden` lets
    others be open that do not stand announced.

    `orders` are looked for among others. `open_orders` is how many are open. `events` counts what has happened since
    the beginning, by type. `called` is how many notices each person has taken since then: nobody else may have any.
    `notices` are looked for among others; so are `rounds`, `days` of rounds, and `duties`. `flooded`: whether the
    control room has more alarms than a person can take in.
    """

    alarms: tuple[AlarmExpected, ...] = ()
    others: bool = False
    hidden: bool = False
    orders: tuple[OrderExpected, ...] = ()
    open_orders: int | None = None
    events: dict[EventType, int] = {}
    called: dict[str, int] | None = None
    notices: tuple[NoticeExpected, ...] = ()
    rounds: tuple[RoundExpected, ...] = ()
    days: tuple[DayExpected, ...] = ()
    duties: tuple[DutyExpected, ...] = ()
    flooded: bool | None = None


PlugStep = LosesBroker | FindsBroker | LosesLedger | FindsLedger
"""Plugs that are pulled, and put back."""

ReceiverStep = LosesReceiver | FindsReceiver
"""The far end of a channel goes, and is back."""

AlarmStep = Acknowledges | AcknowledgesGroup | Comments | Ends | RaisesByHand
OrderStepTaken = TakesSteps | Notes | Promises | Stamps
MeasureStep = Shelves | Unshelves | TakesOut | BringsBack | BeginsTest | EndsTest
DutyStep = RecordsDuty | DecidesCycle
PersonStep = AlarmStep | OrderStepTaken | MeasureStep | DutyStep
"""What people do."""

Step = (
    Reports
    | Sends
    | Redelivers
    | FallsSilent
    | SpeaksAgain
    | Walks
    | SetsClock
    | PlugStep
    | ReceiverStep
    | Restarts
    | Registers
    | PersonStep
    | Expects
)


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A script, ready to be played. `stands_for` names the standard or the habit of the trade behind it.

    `begins` is an aware instant. `devices` are on stage, sound, and report at their interval, or `reports_every`.
    `tick_every` is how coarse time may be where nothing is known to fall due. `positions` are held otherwise than
    `simulators.staff` says. `routes` are walked, `duties` owed and maintenance `windows` come in it: without them there
    are none. `restarts`: it goes the same way when alerting is killed after every line.
    """

    name: str
    title: Text
    stands_for: str
    site: Site
    devices: tuple[Device, ...]
    begins: datetime
    steps: tuple[Step, ...]
    people: dict[str, Role]
    reports_every: timedelta | None = None
    tick_every: timedelta = timedelta(seconds=10)
    positions: tuple[Position, ...] = ()
    routes: tuple[Route, ...] = ()
    duties: DutyBook = NO_DUTIES
    windows: tuple[MaintenanceWindow, ...] = ()
    restarts: bool = True
