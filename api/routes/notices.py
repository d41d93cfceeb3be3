"""Notices: what was told to people outside the console, what waits, and what could not be delivered.

Promises: reading straight from the ledger. Leaves to others: sending (`alerting.notices`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import PartsHere, Reader, reach
from api.routes.queries import Cursor, Limit, SiteQuery
from api.schemas.basics import Id
from api.schemas.notices import ChannelCountView, NoticeList, NoticeView
from domain.notices import NoticeState
from domain.ports.ledger import NoticeFilter

router = APIRouter(prefix="/notices", tags=["notices"])


@router.get("", summary="Notices to people, newest first")
def list_notices(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    alarm: Annotated[Id | None, Query(description="Only this alarm's.")] = None,
    channel: Annotated[Id | None, Query(description="Only what goes by this channel.")] = None,
    state: Annotated[NoticeState | None, Query(description="Only those that stand so.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> NoticeList:
    """The notices in reach. What the console alone shows is on the alarm's timeline (`alarm.escalated`)."""
    sites = reach(caller, site)
    which = NoticeFilter(sites=sites, alarm=alarm, channel=channel, state=state)
    with parts.ledger.read() as rows:
        page = rows.notices.page(which, after=cursor, most=limit)
        counts = rows.notices.counts(sites)
    return NoticeList(
        items=[NoticeView.model_validate(notice) for notice in page.items],
        next=page.next,
        channels=[
            ChannelCountView(channel=name, **{state.value: counts.get((name, state), 0) for state in NoticeState})
            for name in sorted({name for name, _ in counts})
        ],
    )
