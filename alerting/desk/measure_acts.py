"""Measures, done: shelve, take out of service, test, and the end of each.

Promises: who, why and until when stand in a row and in an event; what a measure may do is asked of one table
(`domain.standing`). Its end looks at once at every alarm that it hid. Leaves to others: what is hidden
(`alerting.suppress`), announcing it anew (`alerting.desk.standing_acts`).
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from alerting.desk.alarm_rows import lock_alarm, tell_alarm
from alerting.desk.authority import account_may
from alerting.desk.details import check_note
from alerting.desk.duty_acts import resume
from alerting.desk.incidents import find_order
from alerting.desk.orders import waits_for
from alerting.desk.places import check_place, site_of
from alerting.desk.standing_acts import hide, restand
from alerting.desk.templates import Templates
from alerting.suppress import Hiding, reconsider
from domain.alarms import Alarm
from domain.errors import Conflict, Invalid, NotFound
from domain.escalation import Plan
from domain.events import EventType
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.standing import MOST_TEST_DEVICES, PERMITS, Measure, Standing, check_persons, check_span

_BEGUN = {Standing.OUT_OF_SERVICE: EventType.DEVICE_TAKEN_OUT, Standing.TEST: EventType.TEST_BEGUN}
_ENDED = {
    Standing.OUT_OF_SERVICE: EventType.DEVICE_RETURNED,
    Standing.TEST: EventType.TEST_ENDED,
    Standing.SHELVED: EventType.ALARM_UNSHELVED,
}


class PlannedTest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be tested: named devices, or all of a zone of a building. `second` is the other account's name."""

    site: str
    until: datetime
    reason: str
    second: str
    devices: frozenset[str] = frozenset()
    building: str | None = None
    zone: str | None = None


def shelve(tx: Transaction, alarm_id: str, *, until: datetime, reason: str, actor: Actor) -> Alarm:
    """Put an open alarm aside for a while, and whatever its rule says of its subject meanwhile."""
    alarm = lock_alarm(tx, alarm_id, actor)
    words = check_note("reason", reason)
    check_span(Standing.SHELVED, "until", until, tx.at)
    if alarm.life_safety and not PERMITS[Standing.SHELVED].life_safety:
        raise Conflict("a life-safety alarm cannot be shelved")
    if not alarm.state.open:
        raise Conflict("this alarm is over", winner=alarm.ended_by or alarm.acknowledged_by)
    if alarm.standing.hidden:
        hidden = alarm.standing.replace("_", " ")
        raise Conflict(f"this alarm is not announced: it is {hidden}", winner=_who_hid(tx, alarm))
    shelf = Measure(
        id=next_id(tx, alarm.site),
        site=alarm.site,
        type=Standing.SHELVED,
        reason=words,
        by=actor.name,
        began_at=tx.at,
        until=until,
        subject=alarm.subject,
        rule=alarm.rule,
    )
    tx.measures.put(shelf)
    hiding = Hiding(Standing.SHELVED, shelf.id, f"shelved: {words}", until)
    return hide(tx, alarm, hiding, EventType.ALARM_SHELVED, actor, reason=words)


def unshelve(tx: Transaction, templates: Templates, plan: Plan, alarm_id: str, *, actor: Actor) -> Alarm:
    """End an alarm's shelf before its time. It stands as everything else has it then, announced anew if it holds."""
    alarm = lock_alarm(tx, alarm_id, actor)
    shelves = [
        one
        for one in tx.measures.running(frozenset({alarm.site}))
        if one.type is Standing.SHELVED and one.in_force(tx.at) and one.covers(alarm.subject, alarm.rule, None)
    ]
    if not shelves:
        raise Conflict("this alarm is not shelved")
    for shelf in shelves:
        _end(tx, shelf, tx.at, actor)
    return restand(tx, templates, plan, alarm_id, actor)


def take_out(
    tx: Transaction, site: str, device: str, *, reason: str, expected_return: datetime, actor: Actor
) -> Measure:
    """Take a device out of service until a person returns it. Its alarms are hidden, life-safety never."""
    _authorise(tx, Standing.OUT_OF_SERVICE, site, actor)
    words = check_note("reason", reason)
    check_span(Standing.OUT_OF_SERVICE, "expected_return", expected_return, tx.at)
    tx.devices.get(site, device)
    already = measure_on(tx, site, device)
    if already is not None:
        raise Conflict(f"{already.by} took it out of service already", winner=already.by)
    return place_out(tx, site, device, reason=words, until=expected_return, actor=actor)


def place_out(
    tx: Transaction, site: str, device: str, *, reason: str, until: datetime, actor: Actor, order: str | None = None
) -> Measure:
    """The device, out of service. `order` is the job whose check returns it; a device that is out already waits for
    that as well. The site is taken.
    """
    already = measure_on(tx, site, device)
    if already is not None:
        measure = replace(already, order=order)
        _begin(tx, measure, actor)
        return measure
    measure = Measure(
        id=next_id(tx, site),
        site=site,
        type=Standing.OUT_OF_SERVICE,
        reason=reason,
        by=actor.name,
        began_at=tx.at,
        until=until,
        devices=frozenset({device}),
        order=order,
    )
    _begin(tx, measure, actor)
    for alarm in tx.alarms.open_on(site):
        hiding = reconsider(tx, alarm, tx.at) if alarm.device == device and not alarm.standing.hidden else None
        if hiding is not None and hiding.standing is Standing.OUT_OF_SERVICE:
            hide(tx, alarm, hiding, EventType.ALARM_SUPPRESSED, actor)
    return measure


def bring_back(
    tx: Transaction, templates: Templates, plan: Plan, site: str, device: str, *, note: str | None, actor: Actor
) -> Measure:
    """Return a device to service. What still holds is announced anew."""
    _authorise(tx, Standing.OUT_OF_SERVICE, site, actor)
    words = check_note("note", note) if note is not None else None
    measure = measure_on(tx, site, device)
    if measure is None:
        raise Conflict("this device is in service")
    inspection = find_order(tx, measure.order)
    if inspection is not None and waits_for(inspection):
        raise Conflict(f"it returns to service when {inspection.number} is checked", winner=inspection.assignee)
    return end_measure(tx, templates, plan, measure, tx.at, actor, note=words)


def begin_test(tx: Transaction, wanted: PlannedTest, *, actor: Actor) -> Measure:
    """Put devices under test. Two people stand for it; alarms that are open already stay as real as they were."""
    _authorise(tx, Standing.TEST, wanted.site, actor)
    words = check_note("reason", wanted.reason)
    check_span(Standing.TEST, "until", wanted.until, tx.at)
    check_persons(Standing.TEST, actor.name, wanted.second)
    _check_second(tx, wanted.second, wanted.site)
    _check_what(tx, wanted)
    test = Measure(
        id=next_id(tx, wanted.site),
        site=wanted.site,
        type=Standing.TEST,
        reason=words,
        by=actor.name,
        second=wanted.second,
        began_at=tx.at,
        until=wanted.until,
        devices=wanted.devices,
        building=wanted.building,
        zone=wanted.zone,
    )
    _begin(tx, test, actor)
    return test


def end_test(
    tx: Transaction, templates: Templates, plan: Plan, test_id: str, *, note: str | None, actor: Actor
) -> Measure:
    """End a test before its time. What still holds is announced, for real; what is gone is over."""
    site = tx.measures.get(test_id).site
    _authorise(tx, Standing.TEST, site, actor)
    words = check_note("note", note) if note is not None else None
    test = tx.measures.get(test_id)
    if test.type is not Standing.TEST:
        raise NotFound(f"there is no test {test_id}")
    if not test.in_force(tx.at):
        raise Conflict("this test is over", winner=test.ended_by)
    return end_measure(tx, templates, plan, test, tx.at, actor, note=words)


def expire(tx: Transaction, site: str, actor: Actor) -> list[str]:
    """End the measures of a site whose time is up; returns the alarms that they hid, to be looked at once more.

    They end whatever becomes of those: a test that one alarm keeps from ending would go on hiding all others. The site
    is taken.
    """
    over = [one for one in tx.measures.running(frozenset({site})) if one.ends_by_itself and not one.in_force(tx.at)]
    for measure in over:
        _end(tx, measure, measure.until, actor)
    ids = {measure.id for measure in over}
    return [alarm.id for alarm in tx.alarms.open_on(site) if alarm.standing_by in ids] if over else []


def end_measure(
    tx: Transaction,
    templates: Templates,
    plan: Plan,
    measure: Measure,
    at: datetime,
    actor: Actor,
    *,
    note: str | None = None,
) -> Measure:
    """The measure, ended at `at`, and every alarm that it hid looked at once more."""
    ended = _end(tx, measure, at, actor, note=note)
    for alarm in tx.alarms.open_on(measure.site):
        if alarm.standing_by == measure.id:
            restand(tx, templates, plan, alarm.id, actor)
    return ended


def _begin(tx: Transaction, measure: Measure, actor: Actor) -> None:
    tx.measures.put(measure)
    _tell(tx, _BEGUN[measure.type], measure, actor)


def _end(tx: Transaction, measure: Measure, at: datetime, actor: Actor, *, note: str | None = None) -> Measure:
    ended = replace(measure, ended_at=at, ended_by=actor.name)
    tx.measures.put(ended)
    shelved = (
        tx.alarms.open_for(measure.site, measure.subject, measure.rule)
        if measure.subject is not None and measure.rule is not None
        else None
    )
    if shelved is None:
        type_ = EventType.MAINTENANCE_ENDED if measure.window is not None else _ENDED[measure.type]
        _tell(tx, type_, ended, actor, note=note)
    else:
        tell_alarm(tx, EventType.ALARM_UNSHELVED, shelved, {"measure": msgspec.to_builtins(ended)}, actor)
    if measure.type is Standing.OUT_OF_SERVICE:
        for device in sorted(measure.devices):
            resume(tx, measure.site, device)
    return ended


def _tell(tx: Transaction, type: EventType, measure: Measure, actor: Actor, *, note: str | None = None) -> None:
    data = {"measure": msgspec.to_builtins(measure)} | ({"note": note} if note is not None else {})
    device = next(iter(measure.devices)) if len(measure.devices) == 1 else None
    tx.events.record(type, measure.site, device=device, data=data, actor=actor)


def _authorise(tx: Transaction, type_: Standing, site: str, actor: Actor) -> None:
    tx.take(site)
    actor.require(PERMITS[type_].permission, site)


def measure_on(tx: Transaction, site: str, device: str) -> Measure | None:
    """What keeps a device out of service, if anything does."""
    running = tx.measures.running(frozenset({site}))
    out = (one for one in running if one.type is Standing.OUT_OF_SERVICE and one.window is None)
    return next((one for one in out if device in one.devices), None)


def _check_second(tx: Transaction, name: str, site: str) -> None:
    if not account_may(tx, name, PERMITS[Standing.TEST].permission, site):
        raise Invalid(f"second: {name} is nobody who may stand for a test")


def _check_what(tx: Transaction, wanted: PlannedTest) -> None:
    """Raises Invalid unless what is to be tested is named, once, and is there."""
    by_zone = wanted.zone is not None
    if by_zone == bool(wanted.devices):
        raise Invalid("devices: name devices, or a zone of a building")
    if len(wanted.devices) > MOST_TEST_DEVICES:
        raise Invalid(f"devices: at most {MOST_TEST_DEVICES} by name")
    site = site_of(tx, wanted.site)
    if site is None:
        raise NotFound(f"there is no site {wanted.site}")
    check_place(site, wanted.building, wanted.zone)
    known = {device.id for device in tx.devices.every() if device.site == wanted.site}
    for name in sorted(wanted.devices - known):
        raise Invalid(f"devices: {wanted.site} has no device {name}")


def next_id(tx: Transaction, site: str) -> str:
    """The id of the site's next measure. The site is taken."""
    return f"{site}-M{tx.next_number(site, 'measure')}"


def _who_hid(tx: Transaction, alarm: Alarm) -> str | None:
    """Who took the measure that an alarm is hidden by; None for what is hidden by design."""
    if alarm.standing not in PERMITS or alarm.standing_by is None:
        return None
    return tx.measures.get(alarm.standing_by).by
