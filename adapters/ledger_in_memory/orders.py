"""Work orders and their files in memory; every change is owed to an event."""

from __future__ import annotations

from datetime import datetime

from adapters.ledger import attachments as attachment_rows
from adapters.ledger import orders as order_rows
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger_in_memory.act import Look, refuse_a_move
from adapters.ledger_in_memory.pages import Order, page
from adapters.ledger_in_memory.state import ALL
from domain.errors import Conflict, NotFound
from domain.instants import to_us
from domain.papers import Attachment
from domain.ports.ledger import OrderFilter, Page
from domain.workorders import WorkOrder

_NEWEST_FIRST: Order[WorkOrder] = Order("work-orders", lambda order: (to_us(order.opened_at), order.id), (False, True))


class Orders:
    """Implements `domain.ports.ledger.OrderRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.orders

    def get(self, order_id: str) -> WorkOrder:
        """By id, or by number where only one site has it. Raises NotFound."""
        order = self._table.get(order_id)
        if order is not None:
            return order
        found = list(self._table.by_number.of(order_id))
        if len(found) == 1:
            return self._table.rows[found[0]]
        if found:
            raise NotFound(f"several sites have a work order {order_id}: name it by its id")
        raise NotFound(f"there is no work order {order_id}")

    def page(self, which: OrderFilter, *, after: str | None, most: int) -> Page[WorkOrder]:
        """Newest opened first."""
        rows = self._table.rows
        some = rows.values() if which.ended is not False else (rows[key] for key in self._table.going_on.of(ALL))
        return page((one for one in some if _matches(one, which)), _NEWEST_FIRST, after=after, most=most)

    def due(self, at: datetime, *, most: int) -> list[WorkOrder]:
        """Orders with something to act upon at `at`, the one that waits longest first."""
        return [self._table.rows[key] for key in self._table.deadlines.until(at, most=most)]

    def put(self, order: WorkOrder) -> None:
        """Insert or replace by id. Raises Conflict when its site has the number already."""
        act = self._look.act()
        act.chains.owe(order.site, order_rows.row_name(order.id), digest_of(write_body(order)))
        refuse_a_move(self._table.get(order.id), order.site, f"work order {order.id}")
        if any(
            key != order.id and self._table.rows[key].site == order.site
            for key in self._table.by_number.of(order.number)
        ):
            raise act.failed(Conflict(f"{order.site} has another work order {order.number}"))
        act.change(self._table, order.id, order)


class Attachments:
    """Implements `domain.ports.ledger.AttachmentRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.attachments

    def get(self, attachment_id: str) -> Attachment:
        """Raises NotFound."""
        return self._table.need(attachment_id, f"file {attachment_id}")

    def of_order(self, order_id: str) -> list[Attachment]:
        """All files of an order, by its id, in the order in which they were added."""
        found = [self._table.rows[key] for key in self._table.of_order.of(order_id)]
        return sorted(found, key=lambda one: (one.added_at, one.id))

    def total_bytes(self) -> int:
        """What all files of all orders take."""
        return sum(one.size_bytes for one in self._table.rows.values())

    def digests(self) -> set[str]:
        """Every content that some order has."""
        return {one.digest for one in self._table.rows.values()}

    def add(self, attachment: Attachment) -> None:
        """Insert. Raises Conflict when the id is there."""
        act = self._look.act()
        digest = digest_of(write_body(attachment))
        act.chains.owe(attachment.site, attachment_rows.row_name(attachment.id), digest)
        if self._table.get(attachment.id) is not None:
            raise act.failed(Conflict(f"there is a file {attachment.id} already"))
        act.change(self._table, attachment.id, attachment)


def _matches(order: WorkOrder, which: OrderFilter) -> bool:
    return (
        (which.ended is None or order.state.ended == which.ended)
        and (which.sites is None or order.site in which.sites)
        and which.state in (None, order.state)
        and which.subject in (None, order.subject)
        and which.template in (None, order.template)
        and which.device in (None, order.device)
        and which.assignee in (None, order.assignee)
        and (which.opened_from is None or order.opened_at >= which.opened_from)
        and (which.opened_before is None or order.opened_at < which.opened_before)
    )
