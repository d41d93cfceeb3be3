"""Alarms by the handful: floods, groups, one word about a group, and what is raised most often.

Promises: reading straight from the ledger, changing only through the desk. Leaves to others: what a flood and a group
are (`domain.flood`, `alerting.grouping`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from alerting.grouping import grouped
from api.access import AlarmHandler, PartsHere, Reader, acting, in_reach, reach
from api.flood_views import bad_actor_view, flood_view, group_view
from api.routes.queries import Limit, SiteQuery
from api.schemas.floods import (
    AlarmGroups,
    BadActorList,
    GroupAcknowledgedView,
    GroupAcknowledgeRequest,
    LeftView,
    RaisesSpan,
)
from api.views import alarm_view
from domain.ports.ledger import AlarmFilter, RaisedBy
from domain.standing import Standing

router = APIRouter(prefix="/alarms", tags=["alarms"])

MOST_GROUPED = 5_000
"""Open alarms of one answer: far beyond what a control room ever has, and read in a fraction of a second."""


@router.get("/groups", summary="Open alarms by building and cause, with what they explain")
def list_alarm_groups(caller: Reader, parts: PartsHere, site: SiteQuery = None) -> AlarmGroups:
    """Every announced open alarm once: about life safety each by itself, the others in groups, with what they hide."""
    sites = reach(caller, site)
    with parts.ledger.read() as rows:
        page, suppressed = (
            rows.alarms.page(AlarmFilter(sites=sites, standing=frozenset({one})), after=None, most=MOST_GROUPED)
            for one in (Standing.ANNOUNCED, Standing.SUPPRESSED)
        )
        floods = rows.floods.running(sites)
    found = grouped(page.items, suppressed.items)
    return AlarmGroups(
        floods=[flood_view(load) for load in floods],
        pinned=[alarm_view(alarm) for alarm in found.pinned],
        groups=[group_view(group) for group in found.groups],
        complete=page.next is None and suppressed.next is None,
    )


@router.post("/acknowledge", summary="Acknowledge the alarms of a group")
def acknowledge_alarms(caller: AlarmHandler, parts: PartsHere, body: GroupAcknowledgeRequest) -> GroupAcknowledgedView:
    """For alarms of one building and one rule that were seen together; life safety is acknowledged one by one: 409."""
    with acting(parts, caller) as tx:
        for name in body.alarms:
            in_reach(caller, tx.alarms.get(name).site, f"alarm {name}")
        done = parts.desk.acknowledge_group(tx, body.alarms, actor=caller.actor, note=body.note)
    return GroupAcknowledgedView(
        acknowledged=[alarm_view(alarm) for alarm in done.acknowledged],
        left=[LeftView(alarm=one.alarm, why=one.why) for one in done.left],
    )


@router.get("/bad-actors", summary="What is raised most often")
def list_bad_actors(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    span: Annotated[RaisesSpan, Query(description="Over how long.")] = RaisesSpan.DAY,
    by: Annotated[RaisedBy, Query(description="Counted by a rule on a subject, by subject, or by rule.")] = (
        RaisedBy.SOURCE
    ),
    limit: Limit = 20,
) -> BadActorList:
    """Few devices and rules bring most of the alarms: these are to be repaired, or their rules mended."""
    since = parts.clock.now() - span.span
    sites = reach(caller, site)
    with parts.ledger.read() as rows:
        found = rows.alarms.raises(since, by, sites=sites, most=limit)
        still_open = rows.alarms.page(AlarmFilter(sites=sites), after=None, most=MOST_GROUPED).items
    chattering = [alarm for alarm in still_open if alarm.chattering_since is not None]
    return BadActorList(items=[bad_actor_view(one, chattering) for one in found], since=since)
