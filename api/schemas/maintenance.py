"""Maintenance windows: when they come, and which are on."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.schemas.basics import Listing, Schema
from domain.callout import Weekday


class MaintenanceView(Schema):
    """A maintenance window of the config. Times are on the clock of its site; `to` may be the next morning.

    It is for named `devices`, or for all of a `kind`, `building` and `zone` as far as these are given. `measure`
    is what hides alarms while it is on: null while it is not, or when somebody ended it early.
    """

    site: str
    name: str
    reason: str
    authority: str
    begins: str = Field(alias="from", examples=["09:00"])
    ends: str = Field(alias="to", examples=["11:30"])
    days: list[Weekday]
    weeks: list[int] = Field(description="Only these weeks of a month; empty: every one.")
    first: date | None
    last: date | None
    devices: list[str]
    kind: str | None
    building: str | None
    zone: str | None
    covers: int = Field(description="How many devices of the registry that are now.")
    next_begins_at: datetime | None = Field(description="When it begins next; null when it does not come any more.")
    next_ends_at: datetime | None
    measure: str | None


class MaintenanceList(Listing[MaintenanceView]):
    """All windows in reach, the one that comes next first."""
