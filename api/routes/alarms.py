"""Alarms: see them, acknowledge, comment, raise by hand, end.

Promises: reading straight from the ledger, changing only through the desk. Leaves to others: what may follow what
(`domain.alarms`), what an act brings with it (`alerting.desk`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import AlarmHandler, PartsHere, Reader, acting, in_reach, reach
from api.credentials import Caller
from api.flood_views import flood_view
from api.routes.queries import AlarmId, Cursor, DeviceQuery, Limit, SiteQuery, SubjectQuery, subject_of
from api.schemas.alarms import (
    AcknowledgeRequest,
    AlarmDetail,
    AlarmList,
    AlarmStateFilter,
    AlarmView,
    NoteRequest,
    RaiseRequest,
    StandingFilter,
)
from api.schemas.basics import Id
from api.views import alarm_detail, alarm_view
from domain.alarms import Alarm
from domain.assets import Subject
from domain.people import Permission
from domain.ports.ledger import AlarmFilter, Rows
from domain.rules import Severity
from domain.texts import Text

router = APIRouter(prefix="/alarms", tags=["alarms"])

_OPEN = {AlarmStateFilter.OPEN: True, AlarmStateFilter.CLOSED: False, AlarmStateFilter.ALL: None}


def _alarm_for(caller: Caller, rows: Rows, alarm_id: str) -> Alarm:
    alarm = rows.alarms.get(alarm_id)
    in_reach(caller, alarm.site, f"alarm {alarm_id}")
    return alarm


@router.get("", summary="Alarms, newest first")
def list_alarms(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    device: DeviceQuery = None,
    state: Annotated[AlarmStateFilter, Query(description="`open` is every state but normal.")] = AlarmStateFilter.OPEN,
    severity: Annotated[Severity | None, Query(description="Only this severity.")] = None,
    standing: Annotated[
        StandingFilter, Query(description="How they stand; what is hidden or under test must be asked for.")
    ] = StandingFilter.ANNOUNCED,
    subject: SubjectQuery = None,
    rule: Annotated[Id | None, Query(description="Only what this rule raised.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AlarmList:
    """The alarms in reach, by default the open ones that are announced; `hidden` counts the others."""
    sites = reach(caller, site)
    which = AlarmFilter(
        open=_OPEN[state],
        sites=sites,
        severity=severity,
        device=device,
        subject=subject_of(subject),
        rule=rule,
        standing=standing.standings,
    )
    with parts.ledger.read() as rows:
        page = rows.alarms.page(which, after=cursor, most=limit)
        hidden = rows.alarms.counts_aside(sites)
        floods = [flood_view(load) for load in rows.floods.running(sites)]
    return AlarmList(items=[alarm_view(alarm) for alarm in page.items], next=page.next, hidden=hidden, floods=floods)


@router.post("", summary="Raise an alarm by hand", status_code=201)
def raise_alarm(caller: AlarmHandler, parts: PartsHere, body: RaiseRequest) -> AlarmView:
    """What a person saw or was told: same states, same clocks as an alarm of a rule."""
    caller.actor.require(Permission.HANDLE_ALARMS, body.site)
    with acting(parts, caller) as tx:
        alarm = parts.desk.raise_by_hand(
            tx,
            site=body.site,
            subject=Subject(body.subject.type, body.subject.id),
            severity=body.severity,
            title=Text(body.title, body.title, body.title),
            note=body.note,
            life_safety=body.life_safety,
            template=body.template,
            building=body.building,
            zone=body.zone,
            actor=caller.actor,
        )
    return alarm_view(alarm)


@router.get("/{alarm_id}", summary="One alarm with its timeline and its why")
def get_alarm(caller: Reader, parts: PartsHere, alarm_id: AlarmId) -> AlarmDetail:
    """The alarm as it stands, what made the rule raise it, and everything that happened to it."""
    with parts.ledger.read() as rows:
        alarm = _alarm_for(caller, rows, alarm_id)
        return alarm_detail(alarm, rows.events.of_alarm(alarm.id))


@router.post("/{alarm_id}/acknowledge", summary="Acknowledge an alarm: seen and owned")
def acknowledge_alarm(
    caller: AlarmHandler, parts: PartsHere, alarm_id: AlarmId, body: AcknowledgeRequest | None = None
) -> AlarmView:
    """Of two who acknowledge at once one wins; the other gets 409 with the winner's name."""
    with acting(parts, caller) as tx:
        alarm = _alarm_for(caller, tx, alarm_id)
        changed = parts.desk.acknowledge(tx, alarm.id, actor=caller.actor, note=body.note if body else None)
    return alarm_view(changed)


@router.post("/{alarm_id}/comment", summary="Write a note on an alarm's timeline")
def comment_alarm(caller: AlarmHandler, parts: PartsHere, alarm_id: AlarmId, body: NoteRequest) -> AlarmView:
    """Changes nothing but the timeline."""
    with acting(parts, caller) as tx:
        alarm = _alarm_for(caller, tx, alarm_id)
        changed = parts.desk.comment(tx, alarm.id, actor=caller.actor, note=body.note)
    return alarm_view(changed)


@router.post("/{alarm_id}/end", summary="End a latched alarm, with a note")
def end_alarm(caller: AlarmHandler, parts: PartsHere, alarm_id: AlarmId, body: NoteRequest) -> AlarmView:
    """For a latched alarm whose signal is gone, after somebody looked on the spot; else 409 says why not."""
    with acting(parts, caller) as tx:
        alarm = _alarm_for(caller, tx, alarm_id)
        changed = parts.desk.end(tx, alarm.id, actor=caller.actor, note=body.note)
    return alarm_view(changed)
