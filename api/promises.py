"""Metrics that say whether promises are kept, read from the ledger when Prometheus asks.

Promises: they come from this process, so they go on when the one they tell about has ended: a heartbeat that ages is a
number, not a gap. A caller sees the sites in reach. Bounded: `MOST` rows of each list are looked at. While the ledger
is away they are left out, and `watchkeeper_part_ready` says why.
Leaves to others: counting what happens (`metrics` of each role), when a number is too high (Prometheus' rules).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from api.parts import PartStatus
from domain.alarms import Alarm
from domain.duty_cycles import CycleState
from domain.notices import NoticeState
from domain.ports.ledger import NoticeFilter, OrderFilter, Rows
from domain.standing import Standing

MOST = 2_000
"""Of open alarms, open orders and waiting notices: beyond it the number says *at least*."""


def promises(rows: Rows, at: datetime, sites: frozenset[str] | None) -> list[GaugeMetricFamily]:
    """What the ledger says at `at` about these sites (None: all)."""
    known = sorted(site.id for site in rows.devices.sites() if sites is None or site.id in sites)
    alarms = {site: rows.alarms.open_on(site) for site in known}
    return [
        *_watching(rows, at, known),
        *_alarms(alarms, at),
        *_orders(rows, at, sites),
        *_duties(rows, sites),
        *_notices(rows, at, sites),
    ]


def parts_ready(parts: Iterable[PartStatus]) -> GaugeMetricFamily:
    """What `/readyz` says, as numbers."""
    ready = _family("part_ready", "1 while the part can do its work", "part")
    for status in parts:
        ready.add_metric([status.part], float(status.ready))
    return ready


def exposition(families: Sequence[GaugeMetricFamily]) -> bytes:
    """In Prometheus' text form."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(families))
    return generate_latest(registry)


class _Given(Collector):
    def __init__(self, families: Sequence[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._families


def _watching(rows: Rows, at: datetime, sites: Sequence[str]) -> Iterator[GaugeMetricFamily]:
    age = _family("heartbeat_age_seconds", "Since alerting judged the site last; +Inf if it never did", "site")
    beats = {beat.site: beat.at for beat in rows.heartbeats.all()}
    for site in sites:
        age.add_metric([site], (at - beats[site]).total_seconds() if site in beats else float("inf"))
    yield age


def _alarms(alarms: dict[str, list[Alarm]], at: datetime) -> Iterator[GaugeMetricFamily]:
    unseen = _family("alarms_unacknowledged", "Announced alarms that nobody acknowledged", "site", "severity")
    oldest = _family("oldest_unacknowledged_alarm_seconds", "Age of the oldest of them; 0 without one", "site")
    for site, here in alarms.items():
        waiting = [alarm for alarm in here if alarm.standing is Standing.ANNOUNCED and not alarm.state.acknowledged]
        for severity, count in sorted(Counter(alarm.severity.value for alarm in waiting).items()):
            unseen.add_metric([site, severity], count)
        oldest.add_metric([site], max(((at - alarm.raised_at).total_seconds() for alarm in waiting), default=0.0))
    yield unseen
    yield oldest


def _orders(rows: Rows, at: datetime, sites: frozenset[str] | None) -> Iterator[GaugeMetricFamily]:
    opened = _family("work_orders_open", "Work orders that have not ended", "site")
    broken = _family("clocks_overdue", "Running clocks of open work orders that are past due", "site", "clock")
    orders = rows.orders.page(OrderFilter(sites=sites), after=None, most=MOST).items
    for site, count in sorted(Counter(order.site for order in orders).items()):
        opened.add_metric([site], count)
    overdue = Counter(
        (order.site, clock.name.value)
        for order in orders
        for clock in order.clocks
        if clock.running and clock.due_at <= at
    )
    for (site, clock), count in sorted(overdue.items()):
        broken.add_metric([site, clock], count)
    yield opened
    yield broken


def _duties(rows: Rows, sites: frozenset[str] | None) -> Iterator[GaugeMetricFamily]:
    owed = _family("duties", "Units by where they stand in their duties' cycles", "site", "state")
    for (site, state), count in sorted(rows.duties.counts(sites).items()):
        if state is not CycleState.RETIRED:
            owed.add_metric([site, state.value], count)
    yield owed


def _notices(rows: Rows, at: datetime, sites: frozenset[str] | None) -> Iterator[GaugeMetricFamily]:
    waiting = _family("notices_waiting", "Notices to people that have not left", "site")
    oldest = _family("oldest_waiting_notice_seconds", "Age of the oldest of them", "site")
    which = NoticeFilter(sites=sites, state=NoticeState.WAITING)
    ages: dict[str, list[float]] = {}
    for notice in rows.notices.page(which, after=None, most=MOST).items:
        ages.setdefault(notice.site, []).append((at - notice.made_at).total_seconds())
    for site, here in sorted(ages.items()):
        waiting.add_metric([site], len(here))
        oldest.add_metric([site], max(here))
    yield waiting
    yield oldest


def _family(name: str, help_: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"watchkeeper_{name}", help_, labels=labels)
