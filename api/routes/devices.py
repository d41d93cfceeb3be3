"""Devices with their latest state, adoption, and the registry's sites."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Adopter, PartsHere, Reader, acting, in_reach, reach
from api.latest import device_views
from api.routes.queries import Cursor, DeviceName, Limit, SiteName, SiteQuery
from api.schemas.basics import Name
from api.schemas.devices import AdoptRequest, DeviceList, DeviceView, SiteList
from api.views import adoption_details, site_view
from api.watch import watch_of
from domain.people import Permission
from domain.ports.ledger import DeviceFilter

router = APIRouter(tags=["devices"])


@router.get("/sites", summary="Sites, their buildings and zones")
def list_sites(caller: Reader, parts: PartsHere) -> SiteList:
    """The sites in reach, and whether each is being watched now."""
    with parts.ledger.read() as rows:
        watch = watch_of(rows, parts.clock.now(), caller.actor.sites)
        sites = [site for site in rows.devices.sites() if caller.actor.may(Permission.READ, site.id)]
    return SiteList(items=[site_view(site, watch) for site in sites])


@router.get("/devices", summary="Devices with their latest state")
def list_devices(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    kind: Annotated[Name | None, Query(description="Only this kind.")] = None,
    building: Annotated[Name | None, Query(description="Only this building.")] = None,
    discovered: Annotated[
        bool | None, Query(description="Only those that wait for adoption, or only the others.")
    ] = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> DeviceList:
    """The devices in reach: newest values, when last heard of, open alarms."""
    which = DeviceFilter(sites=reach(caller, site), kind=kind, building=building, discovered=discovered)
    with parts.ledger.read() as rows:
        page = rows.devices.page(which, after=cursor, most=limit)
        return DeviceList(items=device_views(rows, page.items, parts.clock.now()), next=page.next)


@router.get("/devices/{site}/{device}", summary="One device with its latest state")
def get_device(caller: Reader, parts: PartsHere, site: SiteName, device: DeviceName) -> DeviceView:
    """The device as the registry has it, and as it last reported."""
    in_reach(caller, site, f"device {site}/{device}")
    with parts.ledger.read() as rows:
        return device_views(rows, [rows.devices.get(site, device)], parts.clock.now())[0]


@router.post("/devices/{site}/{device}/adopt", summary="Adopt a discovered device into the registry")
def adopt_device(
    caller: Adopter, parts: PartsHere, site: SiteName, device: DeviceName, body: AdoptRequest
) -> DeviceView:
    """It was judged with its kind's defaults from its first reading; now it has a name and a place."""
    in_reach(caller, site, f"device {site}/{device}")
    with acting(parts, caller) as tx:
        adopted = parts.desk.adopt(tx, site, device, details=adoption_details(body), actor=caller.actor)
        return device_views(tx, [adopted], tx.at)[0]
