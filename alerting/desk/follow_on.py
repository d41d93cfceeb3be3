"""Second jobs: the repair after a fire, the inspection before an elevator carries people again.

Promises: one for each reason and occurrence, opened in the transaction of the act that is the reason, with an event on
both orders; a device that is taken out by it stays out until it is checked, and returns with that check.
Leaves to others: which reasons there are (`config/orders.toml`), hiding what is out of service (`alerting.suppress`).
"""

from __future__ import annotations

from msgspec.structs import replace

from alerting.desk.incidents import find_order, next_number, opening_data, time_zone_of
from alerting.desk.measure_acts import end_measure, measure_on, place_out
from alerting.desk.order_steps import tell
from alerting.desk.orders import OrderDraft, opened
from alerting.desk.places import site_of
from alerting.desk.templates import Templates
from alerting.desk.timeline import order_data
from alerting.desk.wording import alarm_text
from alerting.subjects import device_of
from domain.assets import Subject, SubjectType
from domain.escalation import Plan
from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction
from domain.texts import Text
from domain.workorders import ClockName, FollowOn, Step, WorkOrder


def follow(tx: Transaction, templates: Templates, before: WorkOrder, after: WorkOrder, actor: Actor) -> WorkOrder:
    """Open what a change of an order leads to. The order as it is then."""
    template = templates.get(after.template)
    for wanted in template.follow_on if template is not None else ():
        if _begins(wanted, before, after) and not _under_way(tx, after, wanted.template):
            after = _open(tx, templates, after, wanted, actor)
    return after


def require_inspector(templates: Templates, order: WorkOrder, step: Step, actor: Actor) -> None:
    """Raises NotAllowed where a check would return a device to service, unless the actor may do that."""
    template = templates.get(order.template)
    if step is Step.PASS_CHECK and template is not None and template.returns_device:
        actor.require(Permission.TAKE_OUT_OF_SERVICE, order.site)


def return_checked(
    tx: Transaction, templates: Templates, plan: Plan, order: WorkOrder, step: Step, actor: Actor
) -> None:
    """Return the device to service whose inspection has passed its check."""
    if step is not Step.PASS_CHECK or order.device is None:
        return
    measure = measure_on(tx, order.site, order.device)
    if measure is not None and measure.order == order.id:
        end_measure(tx, templates, plan, measure, tx.at, actor, note=order.number)


def _begins(wanted: FollowOn, before: WorkOrder, after: WorkOrder) -> bool:
    if wanted.stamp is not None:
        return wanted.stamp in after.stamps and wanted.stamp not in before.stamps
    return after.verdict in wanted.verdicts and before.verdict is not after.verdict


def _under_way(tx: Transaction, order: WorkOrder, template: str) -> bool:
    led_to = (find_order(tx, one) for one in order.led_to)
    return any(one is not None and one.template == template and not one.state.ended for one in led_to)


def _open(tx: Transaction, templates: Templates, order: WorkOrder, wanted: FollowOn, actor: Actor) -> WorkOrder:
    form = templates.choose(wanted.template, order.severity)
    draft = OrderDraft(
        site=order.site,
        title=_title(tx, order, wanted.title),
        severity=order.severity,
        device=order.device,
        building=order.building,
        zone=order.zone,
        follows=order.id,
    )
    second = opened(draft, form, next_number(tx, order.site), tx.at, time_zone_of(tx, order.site))
    tx.orders.put(second)
    tell(tx, EventType.WORKORDER_OPENED, second, {**opening_data(second), "follows": order.number}, actor)
    first = replace(order, led_to=(*order.led_to, second.id))
    tx.orders.put(first)
    data = order_data(order, first, led_to=second.number, title=second.title)
    tell(tx, EventType.WORKORDER_FOLLOW_ON_OPENED, first, data, actor)
    if wanted.out_of_service and order.device is not None:
        back_at = max((clock.due_at for clock in second.clocks if clock.name is ClockName.FIX), default=tx.at)
        place_out(tx, order.site, order.device, reason=second.number, until=back_at, actor=actor, order=second.id)
    return first


def _title(tx: Transaction, order: WorkOrder, title: Text) -> Text:
    site = site_of(tx, order.site)
    if order.device is not None:
        subject = Subject(SubjectType.DEVICE, order.device)
        device = device_of(tx, order.site, subject)
        return alarm_text(title, subject, device=device, site=site, zone=order.zone)
    if order.building is not None:
        return alarm_text(title, Subject(SubjectType.BUILDING, order.building), device=None, site=site, zone=order.zone)
    return title
