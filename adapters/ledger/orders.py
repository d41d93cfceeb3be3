"""Work orders and their clocks in the ledger.

Promises: deadlines are rows, so that what is due is one indexed question however many orders there are; every change
is owed to an event. Leaves to others: the steps (`alerting.desk`), acting on what is due (`alerting.watch`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, union_all

from adapters.ledger.act import Look
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.pages import Order, page
from adapters.ledger.tables import order_clocks, upsert, work_orders
from domain.errors import Conflict, NotFound
from domain.ports.ledger import OrderFilter, Page
from domain.workorders import OrderState, WorkOrder, next_act_at

_READ = msgspec.json.Decoder(WorkOrder).decode
_PUT = upsert(work_orders, fixed=["site"])
_BY_ID = select(work_orders.c.body).where(work_orders.c.id == bindparam("id"))
_BY_NUMBER = select(work_orders.c.body).where(work_orders.c.number == bindparam("number")).limit(2)
_DROP_CLOCKS = delete(order_clocks).where(order_clocks.c.order_id == bindparam("id"))
_PUT_CLOCKS = insert(order_clocks)
_CLOCK_INSTANTS = ("started_at", "warn_at", "due_at", "warned_at", "met_at", "breached_at", "held_since")
_NEWEST_FIRST = Order("work-orders", work_orders.c.opened_at, work_orders.c.id)

_deadlines = union_all(
    select(order_clocks.c.order_id, order_clocks.c.next_at.label("next_at")).where(
        order_clocks.c.next_at <= bindparam("at", type_=order_clocks.c.next_at.type)
    ),
    select(work_orders.c.id, work_orders.c.wait_until).where(
        work_orders.c.wait_until <= bindparam("at", type_=work_orders.c.wait_until.type)
    ),
).subquery()
_overdue = (
    select(_deadlines.c.order_id, func.min(_deadlines.c.next_at).label("since"))
    .group_by(_deadlines.c.order_id)
    .order_by(func.min(_deadlines.c.next_at), _deadlines.c.order_id)
    .limit(bindparam("most"))
    .subquery()
)
_DUE = (
    select(work_orders.c.body)
    .join(_overdue, work_orders.c.id == _overdue.c.order_id)
    .order_by(_overdue.c.since, work_orders.c.id)
)


def row_name(order_id: str) -> str:
    """How events name the row."""
    return f"workorder:{order_id}"


def columns(body: str) -> dict[str, Any]:
    """The row of an order's body: nothing stands in a column that is not in the body."""
    order = _READ(body)
    return {
        "id": order.id,
        "site": order.site,
        "number": order.number,
        "ended": order.state.ended,
        "state": order.state.value,
        "severity": order.severity.value,
        "template": order.template,
        "device": order.device,
        "assignee": order.assignee,
        "opened_at": order.opened_at,
        "wait_until": order.wait_until if order.state is OrderState.WAITING else None,
        "body": body,
        "subject": None if order.subject is None else f"{order.subject.type}:{order.subject.id}",
    }


def clock_columns(body: str) -> list[dict[str, Any]]:
    """The rows of the clocks in an order's body."""
    order = _READ(body)
    return [
        {
            "order_id": order.id,
            "position": position,
            **{name: getattr(clock, name) for name in _CLOCK_INSTANTS},
            "name": clock.name.value,
            "next_at": None if order.state.ended else next_act_at(clock),
        }
        for position, clock in enumerate(order.clocks)
    ]


class OrderTable:
    """Implements `domain.ports.ledger.OrderRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, order_id: str) -> WorkOrder:
        """By id, or by number where only one site has it. Raises NotFound."""
        body = self._look.fetch(_BY_ID, {"id": order_id}).scalar()
        if body is not None:
            return _READ(body)
        bodies = self._look.fetch(_BY_NUMBER, {"number": order_id}).scalars().all()
        if len(bodies) == 1:
            return _READ(bodies[0])
        if bodies:
            raise NotFound(f"several sites have a work order {order_id}: name it by its id")
        raise NotFound(f"there is no work order {order_id}")

    def page(self, which: OrderFilter, *, after: str | None, most: int) -> Page[WorkOrder]:
        """Newest opened first."""
        rows = select(work_orders.c.body)
        if which.ended is not None:
            rows = rows.where(work_orders.c.ended.is_(which.ended))
        if which.sites is not None:
            rows = rows.where(work_orders.c.site.in_(which.sites))
        if which.state is not None:
            rows = rows.where(work_orders.c.state == which.state.value)
        if which.subject is not None:
            rows = rows.where(work_orders.c.subject == f"{which.subject.type}:{which.subject.id}")
        for column, wanted in (
            (work_orders.c.template, which.template),
            (work_orders.c.device, which.device),
            (work_orders.c.assignee, which.assignee),
        ):
            if wanted is not None:
                rows = rows.where(column == wanted)
        if which.opened_from is not None:
            rows = rows.where(work_orders.c.opened_at >= which.opened_from)
        if which.opened_before is not None:
            rows = rows.where(work_orders.c.opened_at < which.opened_before)
        return page(self._look, rows, _NEWEST_FIRST, after=after, most=most, read=lambda row: _READ(row.body))

    def due(self, at: datetime, *, most: int) -> list[WorkOrder]:
        """Orders with something to act upon at `at`, the one that waits longest first."""
        return [_READ(body) for body in self._look.fetch(_DUE, {"at": at, "most": most}).scalars()]

    def put(self, order: WorkOrder) -> None:
        """Insert or replace by id, its clocks with it. Raises Conflict when its site has the number already."""
        act = self._look.act()
        body = write_body(order)
        act.chains.owe(order.site, row_name(order.id), digest_of(body))
        try:
            written = act.fetch(_PUT, columns(body)).rowcount
        except Conflict as clash:
            raise Conflict(f"{order.site} has another work order {order.number}") from clash
        if not written:
            raise Conflict(f"work order {order.id} belongs to another site than {order.site}")
        act.fetch(_DROP_CLOCKS, {"id": order.id})
        if clocks := clock_columns(body):
            act.fetch(_PUT_CLOCKS, clocks)
