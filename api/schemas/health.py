"""Readiness, part by part."""

from __future__ import annotations

from api.schemas.basics import Schema


class PartView(Schema):
    """One part. `detail` is said only to who is signed in."""

    part: str
    ready: bool
    detail: str = ""


class ReadinessView(Schema):
    """Whether everything that Watchkeeper needs in order to watch is there."""

    ready: bool
    parts: list[PartView]


class LivenessView(Schema):
    """The process answers."""

    status: str = "ok"
