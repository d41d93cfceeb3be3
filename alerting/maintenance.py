"""Maintenance: windows that come, begun at their time.

Promises: a window begins within a second of its instant, or when Watchkeeper starts while it should be on; one that
fails is logged and tried again, and stops no other. Looking costs nothing until the next one is due. Leaves to others:
when a window comes (`domain.maintenance`), the acts (`alerting.desk`), their end (`alerting.review`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from alerting import metrics
from alerting.desk import Desk
from domain.errors import Unavailable
from domain.maintenance import MaintenanceWindow, following, running
from domain.people import Actor, ActorType
from domain.ports.ledger import Transaction

MAINTENANCE = Actor(ActorType.TIMER, "maintenance")

LOOK_AGAIN = timedelta(minutes=1)
"""The longest time between two looks: a site may be new, its time zone changed, the clock put back."""

log = structlog.get_logger(__name__)


class Maintenance:
    """The windows of an installation. One thread at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: tuple[MaintenanceWindow, ...] | None = None
        self._looked_at: datetime | None = None
        self._next_at: datetime | None = None

    def due(self, at: datetime) -> bool:
        """Whether there is anything to look at."""
        if self._desk.windows != self._known or self._looked_at is None or self._next_at is None:
            return bool(self._desk.windows or self._known)
        return not self._looked_at <= at < self._next_at

    def look(self, tx: Transaction, at: datetime) -> int:
        """Begin what is due; returns how many that was."""
        windows = self._desk.windows
        zones = {site.id: site.time_zone for site in tx.devices.sites()}
        here = [window for window in windows if window.site in zones]
        begun = sum(self._begin(tx, window, zones[window.site], at) for window in here)
        coming = [one.begins_at for window in here if (one := following(window, zones[window.site], at)) is not None]
        self._known, self._looked_at = windows, at
        self._next_at = min([*coming, at + LOOK_AGAIN])
        return begun

    def _begin(self, tx: Transaction, window: MaintenanceWindow, time_zone: str, at: datetime) -> int:
        comes = running(window, time_zone, at)
        if comes is None:
            return 0
        try:
            with tx.savepoint():
                return int(self._desk.begin_window(tx, window, comes, actor=MAINTENANCE) is not None)
        except Unavailable:
            raise
        except Exception:
            metrics.TIMER_FAILURES.labels("maintenance").inc()
            log.exception("maintenance_not_begun", site=window.site, window=window.name)
            return 0
