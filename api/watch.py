"""Whether somebody is watching: alerting's heartbeats, judged.

Promises: a pure judgement of heartbeats at an instant. A site that alerting never judged is not watched.
Leaves to others: writing heartbeats (`alerting.loop`), telling people (`api.feed`, `api.readiness`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from domain.ports.ledger import WHOLE_INSTALLATION, Heartbeat, Rows

STALE_AFTER = timedelta(seconds=10)
"""A heartbeat older than this means that nobody watches the site (design, section 5)."""


class SiteWatch(msgspec.Struct, frozen=True):
    """One site: whether it is watched, and when it was judged last."""

    site: str
    watching: bool
    judged_at: datetime | None


class Watch(msgspec.Struct, frozen=True):
    """All sites in reach. `alive`: alerting lives, whether or not there is a site to judge yet."""

    sites: tuple[SiteWatch, ...]
    alive: bool

    @property
    def watching(self) -> bool:
        """Whether alerting lives and every site is watched."""
        return self.alive and all(site.watching for site in self.sites)

    @property
    def unwatched(self) -> tuple[str, ...]:
        """The sites that nobody watches."""
        return tuple(site.site for site in self.sites if not site.watching)

    def within(self, sites: frozenset[str] | None) -> Watch:
        """The same for somebody who reaches only these."""
        return self if sites is None else Watch(tuple(site for site in self.sites if site.site in sites), self.alive)

    def of(self, site: str) -> SiteWatch:
        """One site; not watched when it is unknown."""
        return next((known for known in self.sites if known.site == site), SiteWatch(site, False, None))


def judge_watch(sites: Iterable[str], heartbeats: Iterable[Heartbeat], at: datetime) -> Watch:
    """Who is watched at `at`. Sites known only by a heartbeat count as well."""
    newest = {heartbeat.site: heartbeat.at for heartbeat in heartbeats}
    names = sorted({*sites, *newest} - {WHOLE_INSTALLATION})

    def fresh(name: str) -> bool:
        return name in newest and at - newest[name] <= STALE_AFTER

    return Watch(tuple(SiteWatch(name, fresh(name), newest.get(name)) for name in names), fresh(WHOLE_INSTALLATION))


def watch_of(rows: Rows, at: datetime, sites: frozenset[str] | None = None) -> Watch:
    """`judge_watch` over what the ledger has."""
    known = (site.id for site in rows.devices.sites())
    return judge_watch(known, rows.heartbeats.all(), at).within(sites)
