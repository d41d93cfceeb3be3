"""The journal: what happened on a site and who did it, newest first, for whoever answers for it.

Promises: reading only, one site at a time, because each has its own chain. Leaves to others: what happens as it happens
(`api.routes.events`), whether the chain is whole (`watchkeeper ledger verify`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import JournalReader, PartsHere, reach
from api.routes.queries import Cursor, Limit
from api.schemas.basics import AccountName, Instant, Name
from api.schemas.events import EventList
from api.views import event_view
from domain.people import ActorType
from domain.ports.ledger import EventFilter

router = APIRouter(prefix="/journal", tags=["events"])


@router.get("", summary="What happened on a site, newest first")
def list_journal(
    caller: JournalReader,
    parts: PartsHere,
    site: Annotated[Name, Query(description="The site: each has its own chain of events.")],
    noun: Annotated[
        str | None, Query(pattern=r"^[a-z]{1,32}$", description="Only events of this noun: `alarm`, `device`, ...")
    ] = None,
    actor: Annotated[AccountName | None, Query(description="Only what this one did.")] = None,
    actor_type: Annotated[
        ActorType | None, Query(description="Only what people, programs, rules or timers did.")
    ] = None,
    before: Annotated[Instant | None, Query(description="Only what happened before this instant.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> EventList:
    """Every act leaves an event. A page may be shorter than asked for, or empty: `next` says whether there is more."""
    reach(caller, site)
    which = EventFilter(site=site, noun=noun, actor=actor, actor_type=actor_type, before=before)
    with parts.ledger.read() as rows:
        page = rows.events.page(which, after=cursor, most=limit)
    return EventList(items=[event_view(event) for event in page.items], next=page.next)
