"""Looking things up in the registry: a site, what an alarm is about.

Promises: an alarm never fails for want of a registry entry; an act of a person does, with the field that is wrong.
Leaves to others: keeping the registry (`domain.ports.ledger`).
"""

from __future__ import annotations

from datetime import datetime

from alerting.subjects import DEVICE_TYPES
from domain.assets import Device, Site, Subject, SubjectType
from domain.errors import Invalid
from domain.instants import on_the_wall
from domain.ports.ledger import Rows


def site_of(rows: Rows, site: str) -> Site | None:
    """The site's entry; None for one that only its devices' topics know."""
    return next((one for one in rows.devices.sites() if one.id == site), None)


def check_subject(site: Site, subject: Subject, device: Device | None) -> None:
    """Raises Invalid when a person names something that the site does not have."""
    if subject.type in DEVICE_TYPES and device is None:
        raise Invalid(f"subject: {site.id} has no device {subject.id}")
    if subject.type is SubjectType.BUILDING and subject.id not in {one.id for one in site.buildings}:
        raise Invalid(f"subject: {site.id} has no building {subject.id}")


def check_place(site: Site, building: str | None, zone: str | None) -> None:
    """Raises Invalid when a person names a place that the site does not have."""
    if building is None:
        if zone is not None:
            raise Invalid("zone: a zone needs its building")
        return
    found = next((one for one in site.buildings if one.id == building), None)
    if found is None:
        raise Invalid(f"building: {site.id} has no building {building}")
    if zone is not None and zone not in {one.id for one in found.zones}:
        raise Invalid(f"zone: building {building} has no zone {zone}")


def local_date(site: Site | None, at: datetime) -> str:
    """`YYYYMMDD` of an instant where the site is; in UTC for a site without an entry or with an unknown time zone."""
    return f"{on_the_wall(at, site.time_zone if site is not None else None):%Y%m%d}"
