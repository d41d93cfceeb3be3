"""Maintenance windows: when they come, and the early end of one.

Promises: what config says, with instants worked out for now; changing only through the desk. Leaves to others: when a
window comes (`domain.maintenance`), what it hides (`alerting.suppress`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path

from api.access import PartsHere, Reader, ServiceKeeper, acting, in_reach, reach
from api.routes.queries import SiteQuery
from api.schemas.basics import Id
from api.schemas.maintenance import MaintenanceList, MaintenanceView
from api.schemas.measures import MeasureView, ReturnRequest
from api.views import measure_view
from domain.maintenance import MaintenanceWindow, following

router = APIRouter(prefix="/maintenance", tags=["standing"])

MeasureId = Annotated[Id, Path(description="The measure's id, as the list of windows and that of measures have it.")]

_NEVER = datetime.max.replace(tzinfo=UTC)


@router.get("", summary="Maintenance windows, the next one first")
def list_maintenance(caller: Reader, parts: PartsHere, site: SiteQuery = None) -> MaintenanceList:
    """The windows of the config for the sites in reach; what is on now hides alarms, life safety never."""
    at, sites = parts.clock.now(), reach(caller, site)
    with parts.ledger.read() as rows:
        zones = {one.id: one.time_zone for one in rows.devices.sites()}
        on = {(one.site, one.window): one.id for one in rows.measures.running(sites) if one.in_force(at)}
        devices = rows.devices.every()
    windows = [window for window in parts.desk.windows if sites is None or window.site in sites]
    views = [
        _view(
            window,
            zones.get(window.site),
            at,
            measure=on.get((window.site, window.name)),
            covers=sum(window.covers(device) for device in devices),
        )
        for window in windows
    ]
    views.sort(key=lambda view: (view.measure is None, view.next_begins_at or _NEVER, view.site, view.name))
    return MaintenanceList(items=views)


@router.post("/{measure_id}/end", summary="End a maintenance window that is on")
def end_maintenance(
    caller: ServiceKeeper, parts: PartsHere, measure_id: MeasureId, body: ReturnRequest | None = None
) -> MeasureView:
    """Its devices are back in service, what still holds on them is announced anew. It comes again when it is due."""
    with acting(parts, caller) as tx:
        in_reach(caller, tx.measures.get(measure_id).site, f"maintenance window {measure_id}")
        note = body.note if body is not None else None
        return measure_view(parts.desk.end_window(tx, measure_id, note=note, actor=caller.actor), tx.at)


def _view(
    window: MaintenanceWindow, time_zone: str | None, at: datetime, *, measure: str | None, covers: int
) -> MaintenanceView:
    fields = {name: getattr(window, name) for name in window.__struct_fields__}
    comes = following(window, time_zone, at)
    return MaintenanceView.model_validate(
        fields
        | {
            "next_begins_at": comes.begins_at if comes is not None else None,
            "next_ends_at": comes.ends_at if comes is not None else None,
            "measure": measure,
            "covers": covers,
        }
    )
