"""Alarms, done: by rules (raise, return) and by people (acknowledge, comment, raise, end).

Promises: one open alarm per site, subject and rule; the reading, the rule as it was and every decision before it are in
the event that raised it. Leaves to others: deciding (`alerting.desk.alarms`), its order (`alerting.desk.incidents`).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from alerting.chatter import RAISES, WITHIN, stretched_ms
from alerting.desk.alarm_rows import lock_alarm, tell_alarm, write_change
from alerting.desk.alarms import (
    MANUAL,
    Report,
    acknowledged,
    calmed,
    chattering,
    ended,
    event_of,
    is_news,
    may_hide,
    raised,
    raised_by_hand,
    reactivated,
    reported_again,
    retold,
    returned,
    stood,
)
from alerting.desk.details import check_note, check_title
from alerting.desk.incidents import attach, attend, nobody_is_at_it, receive
from alerting.desk.places import check_place, check_subject, site_of
from alerting.desk.templates import Templates
from alerting.desk.timeline import last_hand
from alerting.desk.wording import alarm_text
from alerting.signals import Activation, Return
from alerting.subjects import device_of
from alerting.suppress import Hiding
from alerting.testers import call_testers, calls_of_test
from domain.alarms import Alarm
from domain.assets import Device, SubjectType
from domain.errors import Conflict, Invalid, NotFound
from domain.escalation import Call, Plan
from domain.events import EventType
from domain.instants import span_ms, write_span
from domain.people import Actor, ActorType, Permission
from domain.ports.ledger import Transaction
from domain.standing import Standing
from domain.texts import Text


def activate(tx: Transaction, templates: Templates, plan: Plan, activation: Activation, hiding: Hiding | None) -> Alarm:
    """A condition began, or was asserted anew: a new alarm, or one occurrence more of the open one."""
    tx.take(activation.site)
    actor = Actor(ActorType.RULE, activation.rule.id)
    known = tx.alarms.open_for(activation.site, activation.subject, activation.rule.id)
    if known is None:
        return _raise(tx, templates, plan, activation, actor, hiding)
    if not is_news(known, activation):
        return known
    hiding = may_hide(known, hiding)
    changed = chattering(stood(reactivated(known, activation.at), hiding), activation)
    if activation.rule.title != known.title:
        changed = retold(changed, activation.rule.title, _text_of(tx, activation))
    said: dict[str, Any] = {
        "why": activation.why,
        "late_by_ms": activation.late_by_ms or None,
        "again": activation.again or None,
        "hidden": hiding,
    }
    calls = _calls_of_test(tx, plan, activation, hiding)
    said |= {"testers": sorted({one.whom for one in calls})} if calls else {}
    left = nobody_is_at_it(tx, templates, changed.alarm)
    type_ = event_of(hiding, EventType.ALARM_REACTIVATED)
    alarm = write_change(tx, type_, known, changed, actor, plan, left=left, **said)
    _tell_chatter(tx, known, alarm, actor)
    call_testers(tx, plan, alarm, calls)
    return alarm if hiding is not None else attend(tx, templates, alarm, actor)


def deactivate(tx: Transaction, signal: Return) -> Alarm | None:
    """A condition ended. None when no alarm of it is open."""
    tx.take(signal.site)
    known = tx.alarms.open_for(signal.site, signal.subject, signal.rule)
    changed = returned(known, signal.at) if known is not None else None
    if changed is None:
        return known
    actor = Actor(ActorType.RULE, signal.rule)
    alarm = write_change(tx, EventType.ALARM_RETURNED, known, calmed(changed), actor, why=signal.why)
    _tell_chatter(tx, known, alarm, actor)
    return alarm


def acknowledge(tx: Transaction, alarm_id: str, *, actor: Actor, note: str | None) -> Alarm:
    """Seen and owned."""
    known = lock_alarm(tx, alarm_id, actor)
    words = check_note("note", note) if note is not None else None
    changed = acknowledged(known, actor.name, tx.at)
    receive(tx, known.work_order, actor.name)
    return write_change(tx, EventType.ALARM_ACKNOWLEDGED, known, changed, actor, note=words)


def comment(tx: Transaction, alarm_id: str, *, actor: Actor, note: str) -> Alarm:
    """A note on the timeline, also after the end."""
    known = lock_alarm(tx, alarm_id, actor)
    words = check_note("note", note)
    tell_alarm(tx, EventType.ALARM_COMMENTED, known, {"state": known.state.value, "note": words}, actor)
    return known


def end(tx: Transaction, alarm_id: str, *, actor: Actor, note: str) -> Alarm:
    """A latched alarm, ended on the spot."""
    known = lock_alarm(tx, alarm_id, actor)
    words = check_note("note", note)
    try:
        changed = ended(known, actor.name, words, tx.at)
    except Conflict as refusal:
        raise Conflict(str(refusal), winner=refusal.winner or last_hand(tx.events.of_alarm(known.id))) from refusal
    return write_change(tx, EventType.ALARM_ENDED, known, changed, actor, note=words)


def raise_by_hand(tx: Transaction, templates: Templates, plan: Plan, report: Report, *, actor: Actor) -> Alarm:
    """What a person saw or was told: a new alarm, or one occurrence more of the subject's open one."""
    tx.take(report.site)
    actor.require(Permission.HANDLE_ALARMS, report.site)
    site = site_of(tx, report.site)
    if site is None:
        raise NotFound(f"there is no site {report.site}")
    device = device_of(tx, report.site, report.subject)
    check_subject(site, report.subject, device)
    check_title(report.title)
    words = check_note("note", report.note)
    if report.template is not None and templates.get(report.template) is None:
        raise Invalid(f"template: there is no {report.template}; there are {', '.join(templates.names)}")
    report = replace(report, device=device, building=report.building or _home(report, device), note=words)
    if device is not None and report.zone is None and report.building == device.building:
        report = replace(report, zone=device.zone)
    check_place(site, report.building, report.zone)
    known = tx.alarms.open_for(report.site, report.subject, MANUAL)
    if known is not None:
        again = reported_again(known, report, tx.at)
        said: dict[str, Any] = {"title": report.title, "note": words}
        left = nobody_is_at_it(tx, templates, again.alarm)
        alarm = write_change(tx, EventType.ALARM_REACTIVATED, known, again, actor, plan, left=left, **said)
        return attend(tx, templates, alarm, actor)
    text = alarm_text(report.title, report.subject, device=device, site=site, zone=report.zone)
    changed = raised_by_hand(report, _next_id(tx, report.site), text=text, at=tx.at)
    return attach(
        tx, templates, write_change(tx, EventType.ALARM_RAISED, None, changed, actor, plan, note=words), actor
    )


def _raise(
    tx: Transaction, templates: Templates, plan: Plan, activation: Activation, actor: Actor, hiding: Hiding | None
) -> Alarm:
    subject, rule = activation.subject, activation.rule
    device = activation.device or device_of(tx, activation.site, subject)
    text = _text_of(tx, activation)
    fresh = raised(activation, _next_id(tx, activation.site), device=device, text=text)
    changed = chattering(stood(fresh, hiding), activation)
    said: dict[str, Any] = {
        "rule": rule,
        "why": activation.why,
        "late_by_ms": activation.late_by_ms or None,
        "hidden": hiding,
    }
    calls = _calls_of_test(tx, plan, activation, hiding)
    said |= {"testers": sorted({one.whom for one in calls})} if calls else {}
    alarm = write_change(tx, event_of(hiding, EventType.ALARM_RAISED), None, changed, actor, plan, **said)
    _tell_chatter(tx, None, alarm, actor)
    call_testers(tx, plan, alarm, calls)
    return alarm if hiding is not None else attach(tx, templates, alarm, actor)


def _tell_chatter(tx: Transaction, before: Alarm | None, alarm: Alarm, actor: Actor) -> None:
    """Record that its off-delay is stretched, or its own again."""
    since = before.chattering_since if before is not None else None
    if alarm.chattering_since == since:
        return
    own = span_ms(alarm.rule_as_it_was.off_delay) if alarm.rule_as_it_was is not None else 0
    began = alarm.chattering_since is not None
    data: dict[str, object] = {
        "because": f"{RAISES} raises within {write_span(WITHIN)}" if began else "it kept calm",
        "off_delay_s": (stretched_ms(own) if began else own) / 1000,
        "before_s": (own if began else stretched_ms(own)) / 1000,
    }
    tell_alarm(tx, EventType.ALARM_CHATTER_BEGAN if began else EventType.ALARM_CHATTER_ENDED, alarm, data, actor)


def _calls_of_test(tx: Transaction, plan: Plan, activation: Activation, hiding: Hiding | None) -> tuple[Call, ...]:
    """Whom a raise under test calls; nobody for any other."""
    if hiding is None or hiding.standing is not Standing.TEST:
        return ()
    return calls_of_test(tx, plan, hiding.by, activation.rule)


def _text_of(tx: Transaction, activation: Activation) -> Text:
    subject = activation.subject
    device = activation.device or device_of(tx, activation.site, subject)
    return alarm_text(activation.rule.title, subject, device=device, site=site_of(tx, activation.site), zone=None)


def _next_id(tx: Transaction, site: str) -> str:
    return f"{site}-A{tx.next_number(site, 'alarm')}"


def _home(report: Report, device: Device | None) -> str | None:
    if device is not None:
        return device.building
    return report.subject.id if report.subject.type is SubjectType.BUILDING else None
