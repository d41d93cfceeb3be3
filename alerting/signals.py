"""Signals: what settling tells the desk.

Promises: the two values between deciding that a condition began or ended and acting on it. `why` holds what a person
asks later (the reading, the values judged, hold and filter decisions, each with its instant), ready for JSON.
Leaves to others: making them (`alerting.settle`), acting on them (`alerting.desk`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from domain.assets import Device, Subject
from domain.rules import Rule


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's condition began on a subject, or (`again`) was asserted anew while it lasted: a second press.

    `held_on` marks telemetry that merely still says so: it re-alarms only an alarm that somebody acknowledged.
    `late_by_ms` is how long the reading was under way. `chatters`: it comes and goes too often, and from now on it must
    have been gone for longer before it counts as gone (`alerting.chatter`).
    """

    site: str
    subject: Subject
    rule: Rule
    at: datetime
    why: dict[str, Any]
    device: Device | None = None
    again: bool = False
    held_on: bool = False
    late_by_ms: int = 0
    chatters: bool = False


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's condition ended on a subject."""

    site: str
    subject: Subject
    rule: str
    at: datetime
    why: dict[str, Any]


Signal = Activation | Return
