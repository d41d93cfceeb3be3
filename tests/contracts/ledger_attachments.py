"""The ledger's contract: files of work orders."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import Conflict, NotFound
from domain.events import EventType
from domain.papers import Attachment, FileType
from domain.ports.ledger import Ledger, Transaction
from tests.contracts.ledger_values import OPERATOR, START, after, order, put_order


def attachment(number: int, **changes: Any) -> Attachment:
    """A photo of the first order, added that many seconds after `START`."""
    values: dict[str, Any] = {
        "id": f"main-F{number}",
        "order": order(1).id,
        "site": "main",
        "name": "门锁.jpg",
        "type": FileType.JPEG,
        "size_bytes": 1000 * number,
        "digest": f"{number:064x}",
        "added_at": after(seconds=number),
        "added_by": "wang",
    }
    return Attachment(**(values | changes))


def add(tx: Transaction, one: Attachment) -> None:
    """Insert with its event."""
    tx.attachments.add(one)
    tx.events.record(EventType.WORKORDER_ATTACHED, one.site, work_order=one.order)


class AttachmentContract:
    """Files of work orders."""

    def test_files_come_back_with_their_order_in_the_order_they_were_added(self, ledger: Ledger) -> None:
        files = [attachment(number) for number in (1, 2, 3)]
        elsewhere = attachment(9, order=order(2).id, digest=files[0].digest)
        with ledger.write(at=START, actor=OPERATOR) as tx:
            for number in (1, 2):
                put_order(tx, order(number))
            for one in (files[2], files[0], elsewhere, files[1]):
                add(tx, one)
        with ledger.read() as rows:
            assert rows.attachments.of_order(order(1).id) == files
            assert rows.attachments.of_order("main-none") == []
            assert rows.attachments.get("main-F9") == elsewhere
            assert rows.attachments.total_bytes() == 15_000
            assert rows.attachments.digests() == {one.digest for one in files}
            with pytest.raises(NotFound):
                rows.attachments.get("main-F4")
        assert ledger.verify() == []

    def test_an_id_is_given_once(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=OPERATOR) as tx:
            put_order(tx, order(1))
            add(tx, attachment(1))
        with ledger.write(at=START, actor=OPERATOR) as tx:
            tx.take("main")
            with pytest.raises(Conflict), tx.savepoint():
                add(tx, attachment(1, name="other.jpg"))
        with ledger.read() as rows:
            assert rows.attachments.get("main-F1").name == "门锁.jpg"
