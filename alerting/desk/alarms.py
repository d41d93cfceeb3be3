"""Alarms: what becomes of one, as pure functions.

Promises: every change of state is a row of `domain.alarms` (`step`), and the row comes back with the alarm, so that the
timeline can say why. Leaves to others: locking, keeping and telling (`alerting.desk.alarm_acts`), its order
(`alerting.desk.orders`).
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from alerting.signals import Activation
from alerting.suppress import Hiding
from domain.alarms import Alarm, AlarmState, Transition, Trigger, step
from domain.assets import Device, Subject, SubjectType
from domain.errors import Conflict
from domain.events import EventType
from domain.rules import Severity
from domain.standing import Standing
from domain.texts import Text

MANUAL = "manual"
"""The rule id of alarms that people raise."""


class Changed(msgspec.Struct, frozen=True):
    """An alarm after an act, and the row of the table that led there."""

    alarm: Alarm
    row: Transition


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a person saw or was told: a call, the intercom, a walk."""

    site: str
    subject: Subject
    severity: Severity
    title: Text
    life_safety: bool
    template: str | None
    building: str | None
    zone: str | None
    device: Device | None
    note: str
    by: str


def raised(activation: Activation, alarm_id: str, *, device: Device | None, text: Text) -> Changed:
    """A new alarm of a rule."""
    rule = activation.rule
    row = step(AlarmState.NORMAL, Trigger.ACTIVATED, latched=rule.latched)
    subject = activation.subject
    is_building = subject.type is SubjectType.BUILDING
    alarm = Alarm(
        id=alarm_id,
        site=activation.site,
        subject=subject,
        rule=rule.id,
        severity=rule.severity,
        life_safety=rule.life_safety,
        latched=rule.latched,
        state=row.after,
        signal_active=True,
        raised_at=activation.at,
        last_raised_at=activation.at,
        occurrences=1,
        title=rule.title,
        text=text,
        device=_device_id(subject, device),
        kind=device.kind if device is not None else _kind_of(activation),
        building=device.building if device is not None else subject.id if is_building else None,
        zone=device.zone if device is not None else None,
        template=rule.template,
        rule_as_it_was=rule,
        late_by_ms=activation.late_by_ms,
    )
    return Changed(alarm, row)


def raised_by_hand(report: Report, alarm_id: str, *, text: Text, at: datetime) -> Changed:
    """A new alarm of a person. It is latched and its signal stands until a person ends it: no sensor will."""
    row = step(AlarmState.NORMAL, Trigger.ACTIVATED, latched=True)
    device = report.device
    alarm = Alarm(
        id=alarm_id,
        site=report.site,
        subject=report.subject,
        rule=MANUAL,
        severity=report.severity,
        life_safety=report.life_safety,
        latched=True,
        state=row.after,
        signal_active=True,
        raised_at=at,
        last_raised_at=at,
        occurrences=1,
        title=report.title,
        text=text,
        device=_device_id(report.subject, device),
        kind=device.kind if device is not None else None,
        building=report.building,
        zone=report.zone,
        template=report.template,
        raised_by=report.by,
    )
    return Changed(alarm, row)


def is_news(alarm: Alarm, activation: Activation) -> bool:
    """Whether an activation changes an open alarm. Telemetry that still says so does not, while nobody has looked."""
    return not (activation.held_on and alarm.state is AlarmState.UNACKNOWLEDGED)


def reactivated(alarm: Alarm, at: datetime) -> Changed:
    """The alarm, once more: unseen again, one occurrence more."""
    row = step(alarm.state, Trigger.ACTIVATED, latched=alarm.latched)
    changed = replace(
        alarm,
        state=row.after,
        signal_active=True,
        last_raised_at=at,
        occurrences=alarm.occurrences + 1,
        returned_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
    )
    return Changed(changed, row)


def retold(changed: Changed, title: Text, text: Text) -> Changed:
    """The change, with what is said now: a round names the points that it missed, not those of the round before."""
    return Changed(replace(changed.alarm, title=title, text=text), changed.row)


def reported_again(alarm: Alarm, report: Report, at: datetime) -> Changed:
    """The alarm of a person, reported by another: as severe as the worse of the two, and never hidden."""
    changed = reactivated(alarm, at)
    worse = report.severity.rank < alarm.severity.rank or (report.life_safety and not alarm.life_safety)
    severity = min(alarm.severity, report.severity, key=lambda one: one.rank)
    now = replace(
        changed.alarm,
        severity=severity,
        life_safety=alarm.life_safety or report.life_safety,
        template=report.template or (None if worse else alarm.template),
    )
    return stood(Changed(now, changed.row), None)


def returned(alarm: Alarm, at: datetime) -> Changed | None:
    """The alarm, its signal gone; None when it was gone already.

    One that nobody was called for, or that a person put aside, is over then. One that was announced before it was
    suppressed still waits to be seen, and stands announced again.
    """
    if not alarm.signal_active:
        return None
    by_design = alarm.standing is Standing.SUPPRESSED
    waits = by_design and alarm.work_order is not None
    withdrawn = alarm.standing.hidden and not waits
    row = step(alarm.state, Trigger.WITHDRAWN if withdrawn else Trigger.RETURNED, latched=alarm.latched)
    ended_at = None if row.after.open else at
    gone = Changed(replace(alarm, state=row.after, signal_active=False, returned_at=at, ended_at=ended_at), row)
    return stood(gone, None) if waits else gone


def hidden(alarm: Alarm, hiding: Hiding) -> Alarm:
    """The alarm as `hiding` has it stand."""
    return replace(alarm, standing=hiding.standing, standing_by=hiding.by, standing_until=hiding.until)


def shown(alarm: Alarm) -> Alarm:
    """The alarm, standing announced."""
    return replace(alarm, standing=Standing.ANNOUNCED, standing_by=None, standing_until=None)


def stood(changed: Changed, hiding: Hiding | None) -> Changed:
    """The change, with how the alarm stands from now on: None announces it."""
    alarm = shown(changed.alarm) if hiding is None else hidden(changed.alarm, hiding)
    return Changed(alarm, changed.row)


def announced_anew(alarm: Alarm, at: datetime) -> Changed:
    """A hidden alarm whose condition holds, when nothing hides it any more: to be seen now, no occurrence more."""
    row = step(alarm.state, Trigger.ACTIVATED, latched=alarm.latched)
    changed = replace(alarm, state=row.after, last_raised_at=at, acknowledged_at=None, acknowledged_by=None)
    return stood(Changed(changed, row), None)


def chattering(changed: Changed, activation: Activation) -> Changed:
    """The change, with the mark that it comes and goes too often, where this activation says so."""
    if not activation.chatters or changed.alarm.chattering_since is not None:
        return changed
    return Changed(replace(changed.alarm, chattering_since=activation.at), changed.row)


def calmed(changed: Changed) -> Changed:
    """The change, without that mark: it was gone for longer than chatter is."""
    return Changed(replace(changed.alarm, chattering_since=None), changed.row)


def stands_so(alarm: Alarm, hiding: Hiding) -> bool:
    """Whether the alarm stands as `hiding` says."""
    return (alarm.standing, alarm.standing_by, alarm.standing_until) == (hiding.standing, hiding.by, hiding.until)


def may_hide(alarm: Alarm, hiding: Hiding | None) -> Hiding | None:
    """What of `hiding` may touch an open alarm that is asserted anew: one that people are at work on stays announced.

    Only one that had returned, and for which nobody would have come any more, is hidden; a test touches none at all.
    """
    if hiding is None or alarm.standing.hidden:
        return hiding
    return hiding if alarm.state is AlarmState.RETURNED and hiding.standing is not Standing.TEST else None


def event_of(hiding: Hiding | None, announced: EventType) -> EventType:
    """What a raise is called: as it is when announced, else what keeps it from being announced."""
    if hiding is None:
        return announced
    return EventType.ALARM_TESTED if hiding.standing is Standing.TEST else EventType.ALARM_SUPPRESSED


def acknowledged(alarm: Alarm, by: str, at: datetime) -> Changed:
    """The alarm, seen and owned by `by`. Raises Conflict naming who was faster, and when."""
    if alarm.state.acknowledged:
        when = f" at {alarm.acknowledged_at:%Y-%m-%d %H:%M:%S} UTC" if alarm.acknowledged_at is not None else ""
        raise Conflict(f"{alarm.acknowledged_by} acknowledged it already{when}", winner=alarm.acknowledged_by)
    if not alarm.state.open:
        raise Conflict("this alarm is over", winner=alarm.ended_by or alarm.acknowledged_by)
    row = step(alarm.state, Trigger.ACKNOWLEDGED, latched=alarm.latched)
    changed = replace(alarm, state=row.after, acknowledged_at=at, acknowledged_by=by)
    return Changed(changed if row.after.open else replace(changed, ended_at=at, ended_by=by), row)


def ended(alarm: Alarm, by: str, note: str, at: datetime) -> Changed:
    """The latched alarm, ended on the spot. Raises Conflict while its signal is active, or when it is over.

    An alarm raised by hand has no signal but a person's word, so the word that ends it is its return too.
    """
    if not alarm.state.open:
        raise Conflict("this alarm is over", winner=alarm.ended_by or alarm.acknowledged_by)
    gone = returned(alarm, at) if alarm.rule == MANUAL else None
    before = gone.alarm if gone is not None else alarm
    row = step(before.state, Trigger.ENDED, latched=alarm.latched)
    return Changed(replace(before, state=row.after, ended_at=at, ended_by=by, end_note=note), row)


def _kind_of(activation: Activation) -> str | None:
    """The kind of device that a rule is about; a route, a duty and our own system are no devices."""
    about_devices = activation.subject.type not in (SubjectType.ROUTE, SubjectType.DUTY, SubjectType.SYSTEM)
    return activation.rule.kind if about_devices else None


def _device_id(subject: Subject, device: Device | None) -> str | None:
    if device is not None:
        return device.id
    return subject.id if subject.type in (SubjectType.DEVICE, SubjectType.GATEWAY) else None
