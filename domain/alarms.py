"""Alarms: one occurrence of a condition, from raise to end.

Promises: the states after ISA-18.2 / IEC 62682 and the one table of ways between them, each row with its reason.
`step` is the only place where a state changes. Leaves to others: when a condition holds (`alerting.judge`), keeping
alarms (`domain.ports.ledger`), who may act (`domain.people`), telling people.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.assets import Subject
from domain.errors import Conflict
from domain.escalation import Climb
from domain.rules import Rule, Severity
from domain.standing import Standing
from domain.texts import Text


class AlarmState(StrEnum):
    """Where an alarm stands. `normal` means it is over; all others are *open*."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"
    LATCHED_ACKNOWLEDGED = "latched_acknowledged"

    @property
    def open(self) -> bool:
        """Whether somebody still has to do or see something."""
        return self is not AlarmState.NORMAL

    @property
    def acknowledged(self) -> bool:
        """Whether a person has seen and owns it."""
        return self in (AlarmState.ACKNOWLEDGED, AlarmState.LATCHED_ACKNOWLEDGED)


class Trigger(StrEnum):
    """What can happen to an alarm. The first three come from judging, the others from people.

    `withdrawn` is the return of an alarm that nobody was called for: it stood hidden, or under test.
    """

    ACTIVATED = "activated"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"


class Transition(msgspec.Struct, frozen=True):
    """One row of the table. `latched` None applies to both."""

    before: AlarmState
    trigger: Trigger
    latched: bool | None
    after: AlarmState
    because: str


_S, _T = AlarmState, Trigger

TRANSITIONS: tuple[Transition, ...] = (
    Transition(_S.NORMAL, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "a condition that begins must be seen"),
    Transition(_S.UNACKNOWLEDGED, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "pressed again before anybody looked: one more occurrence, still unseen"),
    Transition(_S.ACKNOWLEDGED, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "it happened again after somebody looked: they must look again"),
    Transition(_S.RETURNED, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "it came back before anybody saw the first time"),
    Transition(_S.LATCHED_UNACKNOWLEDGED, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "the signal is there again"),
    Transition(_S.LATCHED_ACKNOWLEDGED, _T.ACTIVATED, None, _S.UNACKNOWLEDGED, "a new activation of a latched alarm must be seen anew"),
    Transition(_S.UNACKNOWLEDGED, _T.RETURNED, False, _S.RETURNED, "normal again, but nobody has seen that it happened"),
    Transition(_S.UNACKNOWLEDGED, _T.RETURNED, True, _S.LATCHED_UNACKNOWLEDGED, "the signal is gone, but somebody must look on the spot"),
    Transition(_S.ACKNOWLEDGED, _T.RETURNED, False, _S.NORMAL, "seen, and over"),
    Transition(_S.ACKNOWLEDGED, _T.RETURNED, True, _S.LATCHED_ACKNOWLEDGED, "seen, but held until it is ended on the spot"),
    Transition(_S.UNACKNOWLEDGED, _T.WITHDRAWN, False, _S.NORMAL, "nobody was called when it came, so nobody has to look when it goes"),
    Transition(_S.ACKNOWLEDGED, _T.WITHDRAWN, False, _S.NORMAL, "seen, and over"),
    Transition(_S.UNACKNOWLEDGED, _T.WITHDRAWN, True, _S.LATCHED_UNACKNOWLEDGED, "the signal is gone, the latch holds, hidden or not"),
    Transition(_S.ACKNOWLEDGED, _T.WITHDRAWN, True, _S.LATCHED_ACKNOWLEDGED, "seen, and the latch holds"),
    Transition(_S.UNACKNOWLEDGED, _T.ACKNOWLEDGED, None, _S.ACKNOWLEDGED, "seen and owned"),
    Transition(_S.RETURNED, _T.ACKNOWLEDGED, None, _S.NORMAL, "seen, and already over"),
    Transition(_S.LATCHED_UNACKNOWLEDGED, _T.ACKNOWLEDGED, None, _S.LATCHED_ACKNOWLEDGED, "seen and owned; the latch holds"),
    Transition(_S.LATCHED_UNACKNOWLEDGED, _T.ENDED, True, _S.NORMAL, "who ends it with a note has seen it"),
    Transition(_S.LATCHED_ACKNOWLEDGED, _T.ENDED, True, _S.NORMAL, "looked at on the spot, with a note"),
)  # fmt: skip

_TABLE = {
    (row.before, row.trigger, latched): row
    for row in TRANSITIONS
    for latched in ((False, True) if row.latched is None else (row.latched,))
}


def step(state: AlarmState, trigger: Trigger, *, latched: bool) -> Transition:
    """The row of the table for this trigger. Raises Conflict, saying why, where the table has none."""
    row = _TABLE.get((state, trigger, latched))
    if row is not None:
        return row
    if trigger is Trigger.ENDED and state.open:
        why = (
            "its signal is still active" if latched else "it is not latched: it ends by itself once it is acknowledged"
        )
        raise Conflict(f"this alarm cannot be ended: {why}")
    raise Conflict(f"an alarm that is {state} cannot be {trigger}")


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm as the ledger keeps it. Open alarms are unique by (site, subject, rule).

    `id` is unique over all sites. `rule` is the rule's id; `rule_as_it_was` the rule when it was raised (None for
    one raised by hand). `signal_active` says whether the condition holds now. `raised_at` is when it became true
    (the end of its hold), on the clock of receipt; `last_raised_at` the newest occurrence. `late_by_ms` is how late
    the reading came that raised it. `climb` is its escalation policy as it was then, and what of it is still to come.
    `standing` is how it stands beside its state; when that is not `announced`, `standing_by` names what hides or marks
    it (a measure, the alarm of its cause, or a device), and `standing_until` when that ends, where it is known. One that
    is over keeps how it stood last. `chattering_since` is set while its condition comes and goes too often to return
    after its own off-delay.
    """

    id: str
    site: str
    subject: Subject
    rule: str
    severity: Severity
    life_safety: bool
    latched: bool
    state: AlarmState
    signal_active: bool
    raised_at: datetime
    last_raised_at: datetime
    occurrences: int
    title: Text
    text: Text
    device: str | None = None
    kind: str | None = None
    building: str | None = None
    zone: str | None = None
    work_order: str | None = None
    template: str | None = None
    rule_as_it_was: Rule | None = None
    raised_by: str | None = None
    late_by_ms: int = 0
    returned_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_note: str | None = None
    climb: Climb | None = None
    standing: Standing = Standing.ANNOUNCED
    standing_by: str | None = None
    standing_until: datetime | None = None
    chattering_since: datetime | None = None

    @property
    def test(self) -> bool:
        """Whether its device was under test when it was raised: it is told to the testers alone."""
        return self.standing is Standing.TEST

    @property
    def shelved_until(self) -> datetime | None:
        """When its shelf ends, None when it is not on one."""
        return self.standing_until if self.standing is Standing.SHELVED else None

    @property
    def suppressed_by(self) -> str | None:
        """The alarm or device that explains it, None when it is not suppressed by design."""
        return self.standing_by if self.standing is Standing.SUPPRESSED else None
