"""Papers of an order, done: files, its cost, a signature.

Promises: a file's row and its event name the digest of its content, so that a changed file is found; no order has more
files, and all of them together no more bytes, than they may. Leaves to others: receiving and keeping the content
(`domain.ports.files`), which must be done before the row says that it is there.
"""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from alerting.desk.details import check_name, check_note
from alerting.desk.order_steps import lock_order, owned, settle, tell
from alerting.desk.timeline import order_data
from domain.errors import Conflict, Invalid
from domain.events import EventType
from domain.papers import MAX_FILE_BYTES, MOST_FILES, Attachment, Cost, FileType, Signature
from domain.people import Actor, Permission
from domain.ports.ledger import Transaction
from domain.workorders import WorkOrder

MOST_CENTS = 10**11
"""A thousand million: a higher cost is a typing error."""

_CURRENCY = re.compile(r"[A-Z]{3}")


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose content is kept already: what it is by its content, and what somebody calls it."""

    name: str
    type: FileType
    size_bytes: int
    digest: str


def attach_file(tx: Transaction, order_id: str, file: KeptFile, *, most_bytes: int, actor: Actor) -> Attachment:
    """Enter a kept file. `most_bytes` is what all files of all orders may take together. Raises Conflict, Invalid."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    check_name("name", file.name)
    if not 0 < file.size_bytes <= MAX_FILE_BYTES:
        raise Invalid(f"file: 1 to {MAX_FILE_BYTES} bytes")
    there = tx.attachments.of_order(order.id)
    same = next((one for one in there if one.digest == file.digest), None)
    if same is not None:
        raise Conflict(f"this file is on the order already: {same.name}", winner=same.added_by)
    if len(there) >= MOST_FILES:
        raise Conflict(f"an order has at most {MOST_FILES} files")
    if tx.attachments.total_bytes() + file.size_bytes > most_bytes:
        raise Conflict("there is no room for more files: all that there is room for is used")
    attached = Attachment(
        id=f"{order.site}-F{tx.next_number(order.site, 'file')}",
        order=order.id,
        site=order.site,
        name=file.name,
        type=file.type,
        size_bytes=file.size_bytes,
        digest=file.digest,
        added_at=tx.at,
        added_by=actor.name,
    )
    tx.attachments.add(attached)
    data = order_data(order, order, file=file.name, id=attached.id, size_bytes=file.size_bytes, digest=file.digest)
    tell(tx, EventType.WORKORDER_ATTACHED, order, data, actor)
    return attached


def enter_cost(tx: Transaction, order_id: str, cost: Cost, *, actor: Actor) -> WorkOrder:
    """What the job cost, in place of what was entered before; both are on the timeline."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    if not 0 <= cost.cents <= MOST_CENTS:
        raise Invalid("amount: from 0 to a thousand million")
    if not _CURRENCY.fullmatch(cost.currency):
        raise Invalid("currency: three capital letters, like CNY")
    if cost.note is not None:
        cost = replace(cost, note=check_note("note", cost.note))
    before = settle(tx, order)
    after = owned(replace(before, cost=cost), actor)
    tx.orders.put(after)
    data = order_data(before, after, cost=cost, corrected=before.cost, note=cost.note)
    tell(tx, EventType.WORKORDER_COST_ENTERED, after, data, actor)
    return after


def sign(tx: Transaction, order_id: str, *, name: str, attachment: str | None, actor: Actor) -> WorkOrder:
    """Somebody signed for the job; `attachment` is the picture of the signature, a file of this order."""
    order = lock_order(tx, order_id, Permission.HANDLE_ORDERS, actor)
    check_name("name", name)
    if attachment is not None and attachment not in {one.id for one in tx.attachments.of_order(order.id)}:
        raise Invalid("attachment: this order has no such file")
    before = settle(tx, order)
    if before.fixed_at is None:
        raise Conflict("there is nothing to sign for before it is fixed")
    signed = Signature(name=name, signed_at=tx.at, taken_by=actor.name, attachment=attachment)
    after = owned(replace(before, signature=signed), actor)
    tx.orders.put(after)
    tell(tx, EventType.WORKORDER_SIGNED, after, order_data(before, after, signed_by=name, file=attachment), actor)
    return after
