"""Reports: figures over a span of days.

Promises: days are those of each site's own clock; a span and what it reads are bounded, and what is beyond is refused
rather than left out. Leaves to others: the arithmetic (`api.figures`); rounds have their own (`api.routes.rounds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.access import PartsHere, Reader, reach
from api.credentials import Caller
from api.figures import alarm_report, order_report
from api.parts import Parts
from api.rota import local_day, sites_in
from api.routes.queries import SiteQuery
from api.schemas.basics import EARLIEST, LATEST
from api.schemas.reports import AlarmReport, OrderReport
from domain.assets import Site
from domain.errors import Invalid
from domain.ports.ledger import AlarmFilter, OrderFilter, Page, Rows

router = APIRouter(prefix="/reports", tags=["reports"])

T = TypeVar("T")

MOST_DAYS = 92
"""A quarter: the span over which a service contract is looked at."""

MOST_ROWS = 50_000
"""Alarms or orders that one report reads."""

_PAGE = 2_000

First = Annotated[date | None, Query(description="The first day; without it: six days before the last.")]
Last = Annotated[date | None, Query(description="The last day; without it: today.")]


@router.get("/alarms", summary="Alarm figures: how many, of which rules, how soon they were seen")
def report_alarms(
    caller: Reader, parts: PartsHere, site: SiteQuery = None, first: First = None, last: Last = None
) -> AlarmReport:
    """Alarms raised in the span. Tests and advisories are counted apart and are in no other figure."""
    with parts.ledger.read() as rows:
        sites, begin, end = _span(caller, parts, rows, site, first, last)
        alarms = _every(rows.alarms.page, [_alarms_of(each, begin, end) for each in sites])
    return alarm_report(alarms, {each.id: ZoneInfo(each.time_zone) for each in sites}, begin, end)


@router.get("/orders", summary="Work order figures: clocks met and breached")
def report_orders(
    caller: Reader, parts: PartsHere, site: SiteQuery = None, first: First = None, last: Last = None
) -> OrderReport:
    """Work orders opened in the span, and what became of their clocks by now."""
    with parts.ledger.read() as rows:
        sites, begin, end = _span(caller, parts, rows, site, first, last)
        orders = _every(rows.orders.page, [_orders_of(each, begin, end) for each in sites])
    return order_report(orders, {template.name: template.title for template in parts.desk.templates}, begin, end)


def _span(
    caller: Caller, parts: Parts, rows: Rows, site: str | None, first: date | None, last: date | None
) -> tuple[list[Site], date, date]:
    """The sites in reach and the days asked for. Raises Invalid for a span that is absurd or too long."""
    sites, now = sites_in(rows, reach(caller, site)), parts.clock.now()
    end = last or max((local_day(each, now) for each in sites), default=now.date())
    begin = first or end - timedelta(days=6)
    if not EARLIEST.date() < begin or not end < LATEST.date():
        raise Invalid("first: must lie between the years 2000 and 2200")
    if not 0 <= (end - begin).days < MOST_DAYS:
        raise Invalid(f"first: it lies after the last day, or more than {MOST_DAYS} days before it")
    return sites, begin, end


def _bounds(site: Site, first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(site.time_zone)
    return (
        datetime.combine(first, time(), tzinfo=zone),
        datetime.combine(last + timedelta(days=1), time(), tzinfo=zone),
    )


def _alarms_of(site: Site, first: date, last: date) -> AlarmFilter:
    begin, end = _bounds(site, first, last)
    return AlarmFilter(open=None, sites=frozenset({site.id}), raised_from=begin, raised_before=end)


def _orders_of(site: Site, first: date, last: date) -> OrderFilter:
    begin, end = _bounds(site, first, last)
    return OrderFilter(ended=None, sites=frozenset({site.id}), opened_from=begin, opened_before=end)


def _every(page: Callable[..., Page[T]], filters: Iterable[AlarmFilter | OrderFilter]) -> list[T]:
    """All items that one of the filters finds."""
    return [item for which in filters for item in _page_by_page(partial(page, which, most=_PAGE))]


def _page_by_page(page: Callable[..., Page[T]]) -> Iterator[T]:
    """All items of a list, page after page. Raises Invalid where there are more than one report reads."""
    after, read = None, 0
    while True:
        part = page(after=after)
        read += len(part.items)
        if read > MOST_ROWS:
            raise Invalid(f"first: more than {MOST_ROWS} in this span; ask for fewer days")
        yield from part.items
        if part.next is None:
            return
        after = part.next
