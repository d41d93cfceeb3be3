"""Broken: how an audit says that something does not hold, and what all its parts share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from domain.events import Event
from domain.people import ActorType

LATEST = timedelta(seconds=2)
"""A deadline is acted on within this, unless nobody could."""

PEOPLE = (ActorType.PERSON, ActorType.PROGRAM)


class Broken(AssertionError):
    """Something that must hold does not."""


class Sight:
    """Until when nobody could act on anything."""

    def __init__(self) -> None:
        self.back_at: datetime | None = None

    def in_time(self, event: Event, due: datetime, *, within: timedelta = LATEST) -> bool:
        """Whether the event came in time for what was due, or could not."""
        excused = self.back_at is not None and due <= self.back_at
        return excused or event.at - due <= within


def must(holds: Any, *otherwise: object) -> None:
    """Raises Broken unless it holds, with these words, which are put together only then."""
    if not holds:
        raise Broken(" ".join(map(str, otherwise)))


def few(names: Iterable[object]) -> str:
    """The first of them, for a sentence."""
    found = sorted(str(name) for name in names)
    return ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
