"""Files of work orders in the ledger: what they are called and the digest of their content.

Promises: a row is owed to an event, which names its digest, so that an edited one is found. Leaves to others: the
content (`adapters.files`), who may add one (`alerting.desk`).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.tables import attachments
from domain.errors import NotFound
from domain.papers import Attachment

_READ = msgspec.json.Decoder(Attachment).decode
_PUT = insert(attachments)
_BY_ID = select(attachments.c.body).where(attachments.c.id == bindparam("id"))
_OF_ORDER = (
    select(attachments.c.body)
    .where(attachments.c.order_id == bindparam("order_id"))
    .order_by(attachments.c.added_at, attachments.c.id)
)
_TOTAL = select(func.coalesce(func.sum(attachments.c.size_bytes), 0))
_DIGESTS = select(attachments.c.digest).distinct()


def row_name(attachment_id: str) -> str:
    """How events name the row."""
    return f"attachment:{attachment_id}"


def columns(body: str) -> dict[str, Any]:
    """The row of a file's body: nothing stands in a column that is not in the body."""
    attachment = _READ(body)
    return {
        "id": attachment.id,
        "order_id": attachment.order,
        "site": attachment.site,
        "digest": attachment.digest,
        "size_bytes": attachment.size_bytes,
        "added_at": attachment.added_at,
        "body": body,
    }


class AttachmentTable:
    """Implements `domain.ports.ledger.AttachmentRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def get(self, attachment_id: str) -> Attachment:
        """Raises NotFound."""
        body = self._look.fetch(_BY_ID, {"id": attachment_id}).scalar()
        if body is None:
            raise NotFound(f"there is no file {attachment_id}")
        return _READ(body)

    def of_order(self, order_id: str) -> list[Attachment]:
        """All files of an order, by its id, in the order in which they were added."""
        return [_READ(body) for body in self._look.fetch(_OF_ORDER, {"order_id": order_id}).scalars()]

    def total_bytes(self) -> int:
        """What all files of all orders take."""
        return int(self._look.fetch(_TOTAL).scalar_one())

    def digests(self) -> set[str]:
        """Every content that some order has."""
        return set(self._look.fetch(_DIGESTS).scalars())

    def add(self, attachment: Attachment) -> None:
        """Insert. Raises Conflict when the id is there."""
        act = self._look.act()
        body = write_body(attachment)
        act.chains.owe(attachment.site, row_name(attachment.id), digest_of(body))
        act.fetch(_PUT, columns(body))
