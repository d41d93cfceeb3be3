"""The query parameters and path parts that routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

from api.schemas.basics import MOST_ITEMS, Id, Name
from domain.assets import Subject, SubjectType

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="The longest page to answer.")]
Cursor = Annotated[
    str | None, Query(max_length=256, pattern=r"^[A-Za-z0-9_.:|=+/-]+$", description="`next` of the page before.")
]
SiteQuery = Annotated[Name | None, Query(alias="site", description="Only this site.")]
DeviceQuery = Annotated[Name | None, Query(alias="device", description="Only this device.")]
SubjectQuery = Annotated[
    str | None,
    Query(
        alias="subject",
        max_length=200,
        pattern=rf"^({'|'.join(SubjectType)}):[A-Za-z0-9_.-]+$",
        description="Only what is about this: its type and its id, as `device:E-01`.",
    ),
]
AlarmId = Annotated[Id, Path(description="The alarm's id.")]
OrderId = Annotated[Id, Path(description="The work order's id, or its number.")]
SiteName = Annotated[Name, Path(description="The site.")]
DeviceName = Annotated[Name, Path(description="The device, unique in its site.")]


def subject_of(asked: str | None) -> Subject | None:
    """What `SubjectQuery` names."""
    if asked is None:
        return None
    type_, _, name = asked.partition(":")
    return Subject(SubjectType(type_), name)
