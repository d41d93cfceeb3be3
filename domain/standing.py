"""Standing: how an alarm stands beside its state, and the measures by which people change that.

Promises: one table of what each measure may do, by whom and for how long, and pure checks over it. Life-safety is
touched by no measure but a test. Leaves to others: hiding by design (`alerting.suppress`), keeping measures
(`domain.ports.ledger`), taking and ending them (`alerting.desk`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.assets import Device, Subject, SubjectType
from domain.errors import Invalid
from domain.people import Permission


class Standing(StrEnum):
    """How an alarm stands. All but `announced` call nobody; `test` is told to the testers."""

    ANNOUNCED = "announced"
    TEST = "test"  # raised by a device under test
    OUT_OF_SERVICE = "out_of_service"  # its device was taken out by authority
    SHELVED = "shelved"  # put aside by an operator for a while
    SUPPRESSED = "suppressed"  # its cause is known: hidden by design

    @property
    def hidden(self) -> bool:
        """Whether lists leave it out unless they are asked for it."""
        return self is not Standing.ANNOUNCED


class Permit(msgspec.Struct, frozen=True):
    """What one type of measure may do. `persons` counts those who must stand for it.

    `ends_by_itself`: at its `until`, without anybody. A device that is out of service stays so beyond its expected
    return, and the return list says that it is overdue: only a person knows that it is whole again.
    """

    longest: timedelta
    permission: Permission
    life_safety: bool
    persons: int
    ends_by_itself: bool
    because: str


PERMITS: dict[Standing, Permit] = {
    Standing.SHELVED: Permit(
        longest=timedelta(hours=8),
        permission=Permission.HANDLE_ALARMS,
        life_safety=False,
        persons=1,
        ends_by_itself=True,
        because="a shift may put an alarm aside, but not hand it on unseen",
    ),
    Standing.OUT_OF_SERVICE: Permit(
        longest=timedelta(days=90),
        permission=Permission.TAKE_OUT_OF_SERVICE,
        life_safety=False,
        persons=1,
        ends_by_itself=False,
        because="whoever answers for the device takes it out and brings it back; people near it are still in danger",
    ),
    Standing.TEST: Permit(
        longest=timedelta(hours=4),
        permission=Permission.HANDLE_ALARMS,
        life_safety=True,
        persons=2,
        ends_by_itself=True,
        because="a fire test sounds what must never be hidden, so two people stand for it",
    ),
}
"""Spans: design, section 5. 90 days is the longest that any instant of a promise may lie ahead."""

MOST_TEST_DEVICES = 500
"""Named devices of one test; a whole zone has no such bound."""


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people decided about a place, a device or an alarm, from `began_at` until it was ended.

    `type` is one of `PERMITS`. A shelf is for one `rule` on one `subject`; out of service for one of `devices`; a test
    for named `devices`, or for all of a `zone` of a `building`; a maintenance window (`window`) for those of a `kind`
    too, and it ends by itself. `until`: its end, or the expected return. `order` is the job whose check returns the
    device to service.
    """

    id: str
    site: str
    type: Standing
    reason: str
    by: str
    began_at: datetime
    until: datetime
    second: str | None = None
    subject: Subject | None = None
    rule: str | None = None
    devices: frozenset[str] = frozenset()
    building: str | None = None
    zone: str | None = None
    kind: str | None = None
    order: str | None = None
    window: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def ends_by_itself(self) -> bool:
        """Whether it ends at `until` without anybody."""
        return PERMITS[self.type].ends_by_itself or self.window is not None

    def in_force(self, at: datetime) -> bool:
        """Whether it hides or marks anything at `at`."""
        if self.ended_at is not None:
            return False
        return at < self.until or not self.ends_by_itself

    def overdue(self, at: datetime) -> bool:
        """Whether it lasts beyond what was expected."""
        return self.ended_at is None and at >= self.until

    def covers(self, subject: Subject, rule: str, device: Device | None) -> bool:
        """Whether an alarm of `rule` on `subject` falls under it. `device` is the subject's entry in the registry."""
        if self.type is Standing.SHELVED:
            return self.subject == subject and self.rule == rule
        if subject.type in (SubjectType.DEVICE, SubjectType.GATEWAY) and subject.id in self.devices:
            return True
        return device is not None and device.is_of(kind=self.kind, building=self.building, zone=self.zone)


def check_span(type_: Standing, field: str, until: datetime, at: datetime) -> None:
    """Raises Invalid, naming the field, unless a measure of this type may last from `at` to `until`."""
    longest = PERMITS[type_].longest
    if until.tzinfo is None:
        raise Invalid(f"{field}: an instant needs a time zone")
    if until <= at:
        raise Invalid(f"{field}: it must be in the future")
    if until > at + longest:
        hours = longest // timedelta(hours=1)
        words = type_.replace("_", " ")
        raise Invalid(f"{field}: {words} for at most {hours} hours")


def check_persons(type_: Standing, first: str, second: str | None) -> None:
    """Raises Invalid unless as many different people stand for it as the table asks for."""
    if PERMITS[type_].persons > 1 and (second is None or second == first):
        raise Invalid("second: a second person must stand for it")
