"""Liveness, readiness and metrics."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api.parts import Parts, PartStatus
from api.readiness import Readiness
from domain.errors import HistoryUnavailable
from domain.people import Role
from tests.api.property import Property, TestClient


def parts_of(property_: Property, **changes: Any) -> Parts:
    from dataclasses import replace

    return replace(property_.parts, **changes)


def status_of(statuses: Sequence[PartStatus], part: str) -> PartStatus:
    return next(status for status in statuses if status.part == part)


def test_a_watched_property_is_ready(operator: TestClient) -> None:
    answer = operator.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["ready"] is True
    assert {part["part"] for part in answer.json()["parts"]} == {"ledger", "alerting"}


async def test_when_nobody_watches_it_is_not_ready_and_says_where(property_: Property) -> None:
    await property_.clock.advance(timedelta(seconds=11))
    property_.beat("annex")
    with property_.client(Role.VIEWER) as viewer:
        answer = viewer.get("/readyz")
        assert answer.status_code == 503
        [part] = [part for part in answer.json()["parts"] if not part["ready"]]
        assert part["part"] == "alerting"
        assert "main" in part["detail"]
        assert "annex" not in part["detail"]


async def test_a_stranger_sees_no_details(property_: Property) -> None:
    await property_.clock.advance(timedelta(seconds=11))
    with property_.client(None) as stranger:
        answer = stranger.get("/readyz")
    assert answer.status_code == 503
    assert {part["detail"] for part in answer.json()["parts"]} == {""}
    assert "main" not in answer.text


async def test_a_part_that_fails_is_named(property_: Property) -> None:
    def away() -> Sequence[PartStatus]:
        raise HistoryUnavailable("the disk is full")

    def ingesting() -> Sequence[PartStatus]:
        return [PartStatus("broker", False, "connection refused"), PartStatus("ingest", True)]

    readiness = Readiness(parts_of(property_, readiness=[away, ingesting]))
    statuses = await readiness.look()
    assert status_of(statuses, "broker").ready is False
    assert status_of(statuses, "ingest").ready is True
    assert any(not status.ready and status.detail == "the disk is full" for status in statuses)
    readiness.close()


async def test_a_part_that_hangs_does_not_hang_the_answer(property_: Property) -> None:
    go_on, asked = threading.Event(), []

    def hangs() -> Sequence[PartStatus]:
        asked.append(1)
        go_on.wait()
        return [PartStatus("late", True)]

    readiness = Readiness(parts_of(property_, readiness=[hangs]), patience=timedelta(seconds=1))
    try:
        statuses = await readiness.look()
        assert status_of(statuses, "ledger").ready
        assert [status.detail for status in statuses if not status.ready] == ["no answer within 1 s"]
        readiness._asked_at = float("-inf")
        await readiness.look()
        assert asked == [1]
    finally:
        go_on.set()
        readiness.close()


async def test_parts_are_asked_once_a_second_however_often_somebody_looks(property_: Property) -> None:
    asked = []

    def counted() -> Sequence[PartStatus]:
        asked.append(1)
        return [PartStatus("counted", True)]

    readiness = Readiness(parts_of(property_, readiness=[counted]))
    for _ in range(3):
        await readiness.look()
    readiness.close()
    assert len(asked) == 1


def test_when_the_ledger_is_away_readiness_still_answers(property_: Property) -> None:
    with property_.client(Role.VIEWER) as viewer:
        property_.ledger.close()
        answer = viewer.get("/readyz")
        assert answer.status_code == 503
        assert "ledger" in {part["part"] for part in answer.json()["parts"] if not part["ready"]}
        assert viewer.get("/healthz").json() == {"status": "ok"}
        away = viewer.get("/api/v1/alarms")
        assert (away.status_code, away.json()["part"]) == (503, "ledger")
        assert "retry-after" in away.headers


def test_metrics_count_requests_by_route(operator: TestClient) -> None:
    operator.get("/api/v1/alarms/no-such-alarm")
    operator.get("/no/such/page")
    text = operator.get("/metrics").text
    series = 'watchkeeper_http_request_seconds_count{method="GET",route="/api/v1/alarms/{alarm_id}",status="4xx"}'
    assert series in text
    assert "no-such-alarm" not in text
    assert "no/such/page" not in text


def measured(client: TestClient) -> dict[str, float]:
    """Every sample of ours by its name and labels."""
    lines = client.get("/metrics").text.splitlines()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("watchkeeper_")}


async def test_metrics_say_how_long_nobody_watched_and_nobody_acknowledged(property_: Property) -> None:
    property_.raise_alarm("E-01", site="main")
    await property_.clock.advance(timedelta(minutes=5))
    property_.beat("annex")
    with property_.client(Role.VIEWER) as viewer:
        seen = measured(viewer)
    assert seen['watchkeeper_heartbeat_age_seconds{site="main"}'] == 300
    assert seen['watchkeeper_heartbeat_age_seconds{site="annex"}'] == 0
    assert seen['watchkeeper_oldest_unacknowledged_alarm_seconds{site="main"}'] >= 300
    assert seen['watchkeeper_oldest_unacknowledged_alarm_seconds{site="annex"}'] == 0
    assert sum(value for name, value in seen.items() if name.startswith("watchkeeper_alarms_unacknowledged{")) == 1
    assert seen['watchkeeper_part_ready{part="alerting"}'] == 0
    assert seen['watchkeeper_part_ready{part="ledger"}'] == 1


async def test_metrics_count_clocks_that_are_overdue(property_: Property) -> None:
    property_.raise_alarm("E-01", site="main")
    await property_.clock.advance(timedelta(hours=3))
    with property_.client(Role.VIEWER) as viewer:
        seen = measured(viewer)
    assert seen['watchkeeper_work_orders_open{site="main"}'] == 1
    assert seen['watchkeeper_clocks_overdue{clock="arrive",site="main"}'] == 1
    assert 'watchkeeper_clocks_overdue{clock="fix",site="main"}' not in seen


def test_metrics_of_a_site_out_of_reach_are_not_told(property_: Property) -> None:
    with property_.client(Role.VIEWER, sites=("main",)) as viewer:
        assert not [name for name in measured(viewer) if "annex" in name]
