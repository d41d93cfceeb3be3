"""What could not be read, for whoever looks after the devices."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import PartsHere, QuarantineReader
from api.routes.queries import Cursor, Limit
from api.schemas.history import QuarantineList
from api.views import quarantine_view
from domain.people import Actor
from domain.ports.ledger import QuarantineEntry

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


def _shown_to(actor: Actor, entry: QuarantineEntry) -> bool:
    """A topic that names no site is shown only to who reaches all of them."""
    if actor.sites is None:
        return True
    levels = entry.topic.split("/")
    return len(levels) > 2 and levels[:2] == ["wk", "v1"] and levels[2] in actor.sites


@router.get("", summary="Messages and values that could not be taken, newest first")
def list_quarantine(
    caller: QuarantineReader, parts: PartsHere, limit: Limit = 100, cursor: Cursor = None
) -> QuarantineList:
    """Each with its reason and its first 4 KiB. A page may be shorter for who reaches only some sites."""
    with parts.ledger.read() as rows:
        page = rows.quarantine.page(after=cursor, most=limit)
        total = rows.quarantine.total() if caller.actor.sites is None else None
    items = [quarantine_view(entry) for entry in page.items if _shown_to(caller.actor, entry)]
    return QuarantineList(items=items, next=page.next, total=total)
