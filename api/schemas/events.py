"""Events on timelines and on the stream."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.basics import Listing, Schema
from domain.events import EventType
from domain.people import ActorType, Role


class ActorView(Schema):
    """Who did it."""

    type: ActorType
    name: str
    role: Role | None = None


class EventView(Schema):
    """One event of a site's chain. `data` holds what a reader needs to understand it."""

    site: str
    number: int
    type: EventType
    at: datetime
    actor: ActorView
    alarm: str | None = None
    work_order: str | None = None
    device: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class EventList(Listing[EventView]):
    """A page of a site's events, newest first."""
