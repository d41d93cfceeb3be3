"""Work orders: see them and take their steps.

Promises: every step of `domain.workorders.Step` has a path; waiting and cancelling need a manager's permission.
Leaves to others: what a step needs and brings with it (`alerting.desk`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Path, Query

from alerting.desk import OrderDraft
from api.access import OrderHandler, PartsHere, Reader, acting, acting_on_order, order_in_reach, reach
from api.routes.queries import Cursor, DeviceQuery, Limit, OrderId, SiteQuery
from api.schemas.basics import Name, PartyName
from api.schemas.work_orders import (
    OpenOrderRequest,
    ProgressRequest,
    PromiseRequest,
    StampRequest,
    StepRequest,
    WorkOrderDetail,
    WorkOrderList,
    WorkOrderView,
)
from api.views import order_detail, order_view, step_details
from domain.alarms import Alarm
from domain.errors import NotFound
from domain.people import Permission
from domain.ports.ledger import OrderFilter, Rows
from domain.texts import Text
from domain.workorders import OrderState, Step, WorkOrder

router = APIRouter(prefix="/work-orders", tags=["work orders"])

NEEDS_APPROVAL = frozenset({Step.HOLD, Step.CANCEL})
"""Steps for whoever may approve (design, section 6)."""


def _alarms_of(rows: Rows, order: WorkOrder) -> list[Alarm]:
    """The order's alarms, without those that retention has taken."""
    found = []
    for alarm_id in order.alarms:
        with suppress(NotFound):
            found.append(rows.alarms.get(alarm_id))
    return found


@router.get("", summary="Work orders, newest first")
def list_work_orders(
    caller: Reader,
    parts: PartsHere,
    site: SiteQuery = None,
    device: DeviceQuery = None,
    state: Annotated[OrderState | None, Query(description="Only this state.")] = None,
    ended: Annotated[
        bool | None, Query(description="Ended ones or those that are not; without it and `state`: those that are not.")
    ] = None,
    template: Annotated[Name | None, Query(description="Only orders of this template.")] = None,
    assignee: Annotated[PartyName | None, Query(description="Only this person's.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> WorkOrderList:
    """The work orders in reach, by default those that are not ended."""
    which = OrderFilter(
        ended=False if ended is None and state is None else ended,
        state=state,
        sites=reach(caller, site),
        template=template,
        device=device,
        assignee=assignee,
    )
    with parts.ledger.read() as rows:
        page = rows.orders.page(which, after=cursor, most=limit)
    return WorkOrderList(items=[order_view(order) for order in page.items], next=page.next)


@router.get("/{order_id}", summary="One work order with its alarms and timeline")
def get_work_order(caller: Reader, parts: PartsHere, order_id: OrderId) -> WorkOrderDetail:
    """The job as it stands, its clocks, its alarms and everything that happened to it."""
    with parts.ledger.read() as rows:
        order = order_in_reach(caller, rows, order_id)
        template = next((one for one in parts.desk.templates if one.name == order.template), None)
        files = rows.attachments.of_order(order.id)
        return order_detail(order, _alarms_of(rows, order), rows.events.of_order(order.id), files, template)


@router.post("", status_code=201, summary="Open a work order without an alarm")
def open_work_order(caller: OrderHandler, parts: PartsHere, body: OpenOrderRequest) -> WorkOrderView:
    """A job that somebody saw or was told of and that alarms nobody."""
    draft = OrderDraft(
        site=body.site,
        title=Text(body.title, body.title, body.title),
        severity=body.severity,
        device=body.device,
        building=body.building,
        zone=body.zone,
    )
    with acting(parts, caller) as tx:
        opened = parts.desk.open_order_by_hand(tx, draft, template=body.template, note=body.note, actor=caller.actor)
    return order_view(opened)


@router.post("/{order_id}/note", summary="Write a progress note")
def note_work_order(caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: ProgressRequest) -> WorkOrderView:
    """Changes nothing but the timeline, unless it is the plan that the *plan* clock waits for."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.note_order(tx, order.id, note=body.note, plan=body.plan, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/promise", summary="Promise a later time for the fix")
def promise_work_order(
    caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: PromiseRequest
) -> WorkOrderView:
    """Both are kept: the contract's instant and what was promised to whom."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.promise(tx, order.id, until=body.until, told_whom=body.told_whom, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/stamp", summary="Stamp a named instant of the scene")
def stamp_work_order(caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: StampRequest) -> WorkOrderView:
    """`released`, `fire_brigade_called`: instants that reports ask for."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.stamp(tx, order.id, name=body.name, at=body.at, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/{step}", summary="Take a step of a work order")
def take_work_order_step(
    caller: OrderHandler,
    parts: PartsHere,
    order_id: OrderId,
    step: Annotated[Step, Path(description="What is done; `possible_steps` of the order names what its state allows.")],
    body: StepRequest | None = None,
) -> WorkOrderView:
    """A step that the state does not allow is 409; a detail that the step needs and that is missing is 422."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        if step in NEEDS_APPROVAL:
            caller.actor.require(Permission.APPROVE_ORDERS, order.site)
        changed = parts.desk.take_step(tx, order.id, step, step_details(body), actor=caller.actor)
    return order_view(changed)
