"""Notices to residents: drafted on an order, edited and marked as published by people. Nothing is published from here.

Promises: a draft says where, since when and by when, in every language, on the clock of the site; an outage that comes
back is drafted anew; of two who edit the same text one wins and the other is told who. Leaves to others: the words
(`config/orders.toml`), hanging them up.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from alerting.desk.details import MAX_NOTE_CHARS, check_note
from alerting.desk.order_steps import lock_order, owned, settle, tell
from alerting.desk.places import site_of
from alerting.desk.templates import Templates
from alerting.desk.timeline import order_data
from alerting.desk.wording import place_text
from domain.alarms import Alarm
from domain.assets import Site
from domain.errors import Conflict, Invalid, NotFound
from domain.events import EventType
from domain.instants import on_the_wall
from domain.papers import ResidentsNotice
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction
from domain.texts import Text
from domain.workorders import ClockName, WorkOrder


def draft_notice(tx: Transaction, templates: Templates, order: WorkOrder, alarm: Alarm, actor: Actor) -> WorkOrder:
    """The order, with a notice drafted where its template has one for the alarm's rule. Its site is taken."""
    template = templates.get(order.template)
    forms = template.residents_notice if template is not None else ()
    form = next((form for form in forms if alarm.rule in form.rules), None)
    known = order.residents_notice
    if form is None or (known is not None and known.published_at is None):
        return order
    words = _filled(form.text, order, site_of(tx, order.site))
    version = known.version + 1 if known is not None else 1
    after = replace(order, residents_notice=ResidentsNotice(text=words, drafted_at=tx.at, version=version))
    tx.orders.put(after)
    tell(tx, EventType.WORKORDER_NOTICE_DRAFTED, after, order_data(order, after, text=words), actor, alarm=alarm.id)
    return after


def edit_notice(tx: Transaction, order_id: str, *, text: Text, version: int, actor: Actor) -> WorkOrder:
    """Another text in place of `version` (0 where there was none). Conflict names whoever was faster."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    _check_text(text)
    before = settle(tx, order)
    known = before.residents_notice
    if (known.version if known is not None else 0) != version:
        raise Conflict("the notice has another text by now", winner=known.edited_by if known is not None else None)
    drafted_at = known.drafted_at if known is not None else tx.at
    edited = ResidentsNotice(
        text=text, drafted_at=drafted_at, version=version + 1, edited_at=tx.at, edited_by=actor.name
    )
    after = owned(replace(before, residents_notice=edited), actor)
    tx.orders.put(after)
    tell(tx, EventType.WORKORDER_NOTICE_EDITED, after, order_data(before, after, text=text), actor)
    return after


def publish_notice(tx: Transaction, order_id: str, *, version: int, where: str, actor: Actor) -> WorkOrder:
    """Somebody has published this text, and where. Conflict when it is another by now, or was published already."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    words = check_note("where", where)
    before = settle(tx, order)
    known = before.residents_notice
    if known is None:
        raise NotFound("this order has no notice to residents")
    if known.version != version:
        raise Conflict("the notice has another text by now", winner=known.edited_by)
    if known.published_at is not None:
        raise Conflict("the notice is published already", winner=known.published_by)
    published = replace(known, published_at=tx.at, published_by=actor.name, published_where=words)
    after = owned(replace(before, residents_notice=published), actor)
    tx.orders.put(after)
    tell(
        tx, EventType.WORKORDER_NOTICE_PUBLISHED, after, order_data(before, after, where=words, text=known.text), actor
    )
    return after


def _filled(layout: Text, order: WorkOrder, site: Site | None) -> Text:
    zone = site.time_zone if site is not None else None
    building = place_text(site, order.building, None) or order.title
    fix = next((clock.due_at for clock in order.clocks if clock.name is ClockName.FIX), None)
    began, expected = _told(order.opened_at, zone), _told(fix, zone)

    def fill(words: str, place: str) -> str:
        return words.format(building=place, began=began, expected=expected)

    return Text(
        fill(layout.en, building.en), fill(layout.zh_hans, building.zh_hans), fill(layout.zh_hant, building.zh_hant)
    )


def _told(at: datetime | None, zone: str | None) -> str:
    return f"{on_the_wall(at, zone):%Y-%m-%d %H:%M}" if at is not None else "____"


def _check_text(text: Text) -> None:
    for words in (text.en, text.zh_hans, text.zh_hant):
        if not words.strip() or len(words) > MAX_NOTE_CHARS:
            raise Invalid(f"text: 1 to {MAX_NOTE_CHARS} characters in every language")
