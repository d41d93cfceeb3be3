"""The work order of an alarm: opened, joined, reopened, so that one incident is one job.

Promises: every alarm has an order from the moment it is raised; one that comes back finds somebody called again.
Leaves to others: the alarm itself (`alerting.desk.alarm_acts`), which order it belongs to (`alerting.desk.orders`).
"""

from __future__ import annotations

from msgspec.structs import replace

from alerting.desk.details import StepDetails
from alerting.desk.order_steps import advance, settle, tell
from alerting.desk.orders import Attention, attention, draft_for, joined, opened, order_to_join
from alerting.desk.places import local_date, site_of
from alerting.desk.residents_notices import draft_notice
from alerting.desk.templates import Templates
from alerting.desk.timeline import order_data
from domain.alarms import Alarm
from domain.assets import SubjectType
from domain.errors import NotFound
from domain.events import EventType
from domain.people import Actor
from domain.ports.ledger import OrderFilter, Rows, Transaction
from domain.workorders import Step, Template, WorkOrder

_CANDIDATES = 20
"""How many open orders of one template on a device or a route are looked at, newest first; more than one is rare."""


def attach(tx: Transaction, templates: Templates, alarm: Alarm, actor: Actor) -> Alarm:
    """The alarm with its order: the device's or the route's open one of the same template, else a new one."""
    template = templates.choose(alarm.template, alarm.severity)
    before = _open_order(tx, alarm, template)
    if before is None:
        order = opened(draft_for(alarm), template, next_number(tx, alarm.site), tx.at, time_zone_of(tx, alarm.site))
        event, data = EventType.WORKORDER_OPENED, opening_data(order)
    else:
        order = joined(before, alarm)
        event, data = EventType.WORKORDER_JOINED, order_data(before, order, alarm=alarm.id, text=alarm.text)
    attached = replace(alarm, work_order=order.id)
    tx.alarms.put(attached)
    tx.orders.put(order)
    tell(tx, event, order, data, actor, alarm=alarm.id)
    draft_notice(tx, templates, order, attached, actor)
    return attached


def attend(tx: Transaction, templates: Templates, alarm: Alarm, actor: Actor) -> Alarm:
    """See to the order of an alarm that came back: reopened, resumed, left to whoever is at it, or a new one."""
    found = find_order(tx, alarm.work_order)
    order = settle(tx, found) if found is not None else None
    need, because = _need(templates, order, alarm)
    if order is None or need is Attention.NEW:
        return attach(tx, templates, alarm, actor)
    if need is not Attention.NOTHING:
        step = Step.REOPEN if need is Attention.REOPEN else Step.RESUME
        order = advance(tx, templates, order, step, StepDetails(reason=because), actor, alarm=alarm.id)
        draft_notice(tx, templates, order, alarm, actor)
    return alarm


def nobody_is_at_it(tx: Transaction, templates: Templates, alarm: Alarm) -> bool:
    """Whether the order of an alarm that came back must be another one, or go on: whoever was at it has left."""
    need, _ = _need(templates, find_order(tx, alarm.work_order), alarm)
    return need is not Attention.NOTHING


def receive(tx: Transaction, order_id: str | None, by: str) -> None:
    """Whoever acknowledges an alarm has received its order, unless somebody did before. The act's event follows."""
    order = find_order(tx, order_id)
    if order is not None and order.owner is None and not order.state.ended:
        tx.orders.put(replace(order, owner=by))


def next_number(tx: Transaction, site: str) -> str:
    """`WO-YYYYMMDD-NNNN`, counted anew each day of the site's own calendar."""
    date = local_date(site_of(tx, site), tx.at)
    return f"WO-{date}-{tx.next_number(site, f'order-{date}'):04d}"


def time_zone_of(tx: Transaction, site: str) -> str | None:
    """The site's time zone; None for a site without an entry."""
    known = site_of(tx, site)
    return known.time_zone if known is not None else None


def opening_data(order: WorkOrder, note: str | None = None) -> dict[str, object]:
    """What the opening of an order says."""
    return order_data(None, order, template=order.template, title=order.title, severity=order.severity, note=note)


def _need(templates: Templates, order: WorkOrder | None, alarm: Alarm) -> tuple[Attention, str]:
    need, because = attention(order, life_safety=alarm.life_safety)
    if order is not None and alarm.raised_by is not None and not _serves(templates, order, alarm):
        return Attention.NEW, "the job is another one now"
    return need, because


def _serves(templates: Templates, order: WorkOrder, alarm: Alarm) -> bool:
    # A second caller can make a report graver; then the form that was right for the first is not right any more.
    return order.template == templates.choose(alarm.template, alarm.severity).name


def _open_order(tx: Transaction, alarm: Alarm, template: Template) -> WorkOrder | None:
    if alarm.subject.type is SubjectType.DUTY:  # it is about a job that was opened ahead of it
        cycle = tx.duties.find(f"{alarm.site}.{alarm.subject.id}")
        return find_order(tx, cycle.order if cycle is not None else None)
    which = OrderFilter(sites=frozenset({alarm.site}), template=template.name)
    if alarm.subject.type is SubjectType.ROUTE:
        which = replace(which, subject=alarm.subject)
    elif alarm.device is not None:
        which = replace(which, device=alarm.device)
    else:
        return None
    orders = tx.orders.page(which, after=None, most=_CANDIDATES).items
    return order_to_join(order for order in orders if order.subject == which.subject)


def find_order(tx: Rows, order_id: str | None) -> WorkOrder | None:
    """An alarm's order, if it has one and it is still there."""
    if order_id is None:
        return None
    try:
        return tx.orders.get(order_id)
    except NotFound:  # retention took it
        return None
