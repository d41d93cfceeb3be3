"""What lives as long as the app: the parts, the feed of events, readiness, and the lanes of slow work.

Promises: one place that names it all. Leaves to others: starting and stopping (`api.app`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from api.feed import Feed
from api.lanes import Lane
from api.parts import Parts
from api.readiness import Readiness
from api.rulebook import RuleBook
from api.throttle import Throttle

PASSWORDS_AT_ONCE = 2
"""Each takes a core and 64 MiB for about 50 ms."""

CHARTS_AT_ONCE = 4
BACKUPS_AT_ONCE = 1
UPLOADS_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Running:
    """Made once by `api.app.create_app`."""

    parts: Parts
    feed: Feed
    readiness: Readiness
    sign_in_throttle: Throttle
    passwords: Lane
    charts: Lane
    backups: Lane
    exports: asyncio.Semaphore
    uploads: asyncio.Semaphore
    rules: RuleBook


def running(parts: Parts) -> Running:
    """Everything that an app over these parts needs, not yet started."""
    return Running(
        parts=parts,
        feed=Feed(parts),
        readiness=Readiness(parts),
        sign_in_throttle=Throttle(),
        passwords=Lane("sign-in", at_once=PASSWORDS_AT_ONCE, queue=16),
        charts=Lane("history", at_once=CHARTS_AT_ONCE, queue=32),
        backups=Lane("a backup", at_once=BACKUPS_AT_ONCE, queue=1),
        exports=asyncio.Semaphore(parts.settings.exports_limit),
        uploads=asyncio.Semaphore(UPLOADS_AT_ONCE),
        rules=RuleBook(parts.rules),
    )
