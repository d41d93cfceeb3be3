"""Whether ingest is well, judged from its beats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.ingesting import STALE_AFTER, judge_ingest
from domain.ports.ledger import ProcessBeat

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def beat(ordinal: int = 0, *, age: timedelta = timedelta(0), process: str = "host:1", **told: object) -> ProcessBeat:
    fields: dict[str, object] = {"ready": True, **told}
    return ProcessBeat(role="ingest", ordinal=ordinal, at=NOW - age, process=process, **fields)  # type: ignore[arg-type]


def test_a_lone_one_that_beats_is_ready() -> None:
    [status] = judge_ingest([beat(age=STALE_AFTER)], replicas=1, at=NOW)
    assert (status.part, status.ready) == ("ingest", True)


@pytest.mark.parametrize(
    ("beats", "why"),
    [
        ([], "ordinal 0 was never started"),
        ([beat(age=STALE_AFTER + timedelta(seconds=1))], "host:1 is silent since 2026-11-21T11:59:49"),
        ([beat(process="", ready=False)], "it was stopped at 2026-11-21T12:00:00"),
        ([beat(ready=False, detail="history is away")], "history is away"),
    ],
)
def test_one_that_is_missing_silent_stopped_or_ill_is_not_and_says_why(beats: list[ProcessBeat], why: str) -> None:
    [status] = judge_ingest(beats, replicas=1, at=NOW)
    assert (status.part, status.ready) == ("ingest", False)
    assert why in status.detail


def test_each_replica_is_told_by_its_ordinal_also_one_that_was_left_behind() -> None:
    told = judge_ingest([beat(0), beat(2, age=timedelta(minutes=1))], replicas=2, at=NOW)
    assert [(status.part, status.ready) for status in told] == [
        ("ingest-0", True),
        ("ingest-1", False),
        ("ingest-2", False),
    ]
    assert "--drain 2" in told[2].detail
    assert "start it again" not in told[2].detail
