"""Other limits and severities for some devices: what is set, setting one, removing one.

Promises: reading straight from the ledger, changing only through the desk. Leaves to others: which one counts
(`domain.overrides`), what is refused (`alerting.desk.override_acts`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import PartsHere, Reader, RuleChanger, acting, in_reach, reach
from api.override_views import override_details, override_view
from api.routes.queries import SiteQuery
from api.schemas.basics import Id, Note
from api.schemas.overrides import OverrideList, OverrideRequest, OverrideView

router = APIRouter(tags=["rules"])

OverrideId = Annotated[Id, Path(description="The override's id.")]


@router.get("/overrides", summary="Other limits and severities for some devices")
def list_overrides(caller: Reader, parts: PartsHere, site: SiteQuery = None) -> OverrideList:
    """All in reach, each with its reason and who decided it. What counts for one device is in that device's view."""
    with parts.ledger.read() as rows:
        found = rows.overrides.every(reach(caller, site))
    return OverrideList(items=[override_view(one) for one in found])


@router.post("/overrides", summary="Have another limit or severity count for some devices", status_code=201)
def set_override(caller: RuleChanger, parts: PartsHere, body: OverrideRequest) -> OverrideView:
    """It counts within a second. One about the same takes the place of the one before."""
    with acting(parts, caller) as tx:
        return override_view(parts.desk.set_override(tx, override_details(body), actor=caller.actor))


@router.delete("/overrides/{override_id}", summary="Have what counted before count again")
def remove_override(
    caller: RuleChanger,
    parts: PartsHere,
    override_id: OverrideId,
    reason: Annotated[Note, Query(description="Why, for whoever asks later.")],
) -> OverrideView:
    """The override as it was."""
    with acting(parts, caller) as tx:
        in_reach(caller, tx.overrides.get(override_id).site, f"override {override_id}")
        return override_view(parts.desk.remove_override(tx, override_id, reason=reason, actor=caller.actor))
