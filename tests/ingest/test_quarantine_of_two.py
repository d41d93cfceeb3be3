"""Two replicas set aside the same messages at the same time, in one PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.ledger import ledger_key, migrate, open_ledger
from domain.readings import Reject, RejectReason
from ingest.quarantine import Quarantine
from ingest.turn import SetAside
from tests.ingest.parts import TOPIC, new_clock


async def test_each_message_counts_once_whatever_order_they_came_in(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = new_database("two_quarantines")
    migrate(url)
    kinds_of_nonsense = [
        SetAside(TOPIC, b"nonsense %d" % number, Reject(RejectReason.NOT_JSON, "")) for number in range(200)
    ]
    ledgers = [
        open_ledger(url, key=ledger_key(tmp_path), anchors=tmp_path / "anchors", lock_wait=timedelta(seconds=20))
        for _ in range(2)
    ]
    writers = [Quarantine(ledger, new_clock()) for ledger in ledgers]
    running = [asyncio.create_task(writer.run()) for writer in writers]
    dealt = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(5):
            await asyncio.gather(
                *(writer.keep(dealt.sample(kinds_of_nonsense, len(kinds_of_nonsense))) for writer in writers)
            )
    assert all(writer.empty for writer in writers)
    with ledgers[0].read() as rows:
        assert rows.quarantine.total() == 2 * 5 * len(kinds_of_nonsense)
        entries = rows.quarantine.page(after=None, most=500).items
    assert [entry.count for entry in entries] == [10] * len(kinds_of_nonsense)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for writer, ledger in zip(writers, ledgers, strict=True):
        await writer.close()
        ledger.close()
