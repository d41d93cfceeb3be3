"""Reports: figures of alarms and of the clocks of work orders, and what is outside of them."""

from __future__ import annotations

from datetime import timedelta

from domain.assets import Subject, SubjectType
from domain.people import Role
from domain.rules import Severity
from domain.texts import text
from tests.api.property import SYSTEM, Property, TestClient

DAY = "2026-03-14"


async def test_an_alarm_report_counts_what_was_raised_and_how_soon_it_was_seen(
    property_: Property, operator: TestClient
) -> None:
    first = property_.raise_alarm("E-01")
    property_.raise_alarm("E-02")
    property_.raise_alarm("E-03", rule="door_held")
    await property_.clock.advance(timedelta(seconds=90))
    operator.post(f"/api/v1/alarms/{first.id}/acknowledge")

    report = operator.get("/api/v1/reports/alarms?site=main").json()
    assert (report["first"], report["last"], report["raised"], report["per_day"]) == ("2026-03-08", DAY, 3, 0.43)
    by_severity = {one["severity"]: one for one in report["severities"]}
    assert by_severity["urgent"] == {
        "severity": "urgent",
        "raised": 2,
        "life_safety": 2,
        "occurrences": 2,
        "acknowledged": 1,
        "in_time": 0,
        "unseen": 1,
        "median_s": 90.0,
        "longest_s": 90.0,
    }
    assert (by_severity["general"]["raised"], by_severity["general"]["longest_s"]) == (1, None)
    assert [day["day"] for day in report["days"]][-1] == DAY
    assert (report["days"][-1]["urgent"], report["days"][-1]["life_safety"], report["days"][0]["urgent"]) == (2, 2, 0)
    assert [(rule["rule"], rule["raised"], rule["devices"]) for rule in report["rules"]] == [
        ("elevator.entrapment_call", 2, 2),
        ("elevator.door_held", 1, 1),
    ]


def test_tests_and_advisories_are_counted_apart(property_: Property, operator: TestClient) -> None:
    property_.person("lin", Role.OPERATOR)
    until = property_.clock.now() + timedelta(hours=1)
    begun = operator.post(
        "/api/v1/tests",
        json={
            "site": "main",
            "reason": "Monthly test",
            "until": until.isoformat(),
            "second": "lin",
            "devices": ["E-01"],
        },
    )
    assert begun.status_code == 201, begun.text
    property_.raise_alarm("E-01")
    with property_.act() as tx:
        property_.desk.raise_by_hand(
            tx,
            site="main",
            subject=Subject(SubjectType.BUILDING, "B1"),
            severity=Severity.ADVISORY,
            title=text("Lamp", "灯", "燈"),
            note="seen",
            actor=SYSTEM,
        )
    report = operator.get("/api/v1/reports/alarms").json()
    assert (report["raised"], report["tests"], report["advisories"]) == (0, 1, 1)
    assert report["rules"] == []


async def test_an_order_report_puts_every_clock_into_one_column(property_: Property, operator: TestClient) -> None:
    quick = property_.raise_alarm("E-01", rule="overspeed")
    slow = property_.raise_alarm("E-02", rule="overspeed")
    gone = property_.raise_alarm("E-03", rule="overspeed")
    assert operator.post(f"/api/v1/work-orders/{quick.work_order}/accept").status_code == 200
    with property_.client(Role.MANAGER) as manager:
        cancelled = manager.post(f"/api/v1/work-orders/{gone.work_order}/cancel", json={"reason": "opened in error"})
        assert cancelled.status_code == 200, cancelled.text
    await property_.clock.advance(timedelta(minutes=16))
    with property_.act() as tx:
        property_.desk.run_clocks(tx, tx.at)
    assert operator.post(f"/api/v1/work-orders/{slow.work_order}/accept").status_code == 200

    report = operator.get(f"/api/v1/reports/orders?first={DAY}&last={DAY}").json()
    assert (report["opened"], report["cancelled"], report["open"], report["closed"]) == (3, 1, 2, 0)
    clocks = {one["clock"]: (one["met"], one["breached"], one["running"], one["void"]) for one in report["clocks"]}
    assert clocks == {"respond": (1, 1, 0, 1), "arrive": (0, 0, 2, 1), "fix": (0, 0, 2, 1)}
    assert report["clocks"][0]["title"]["en"] == "urgent repair"


async def test_a_report_is_about_the_days_and_the_sites_asked_for(property_: Property, operator: TestClient) -> None:
    property_.raise_alarm("E-01", site="annex")
    property_.raise_alarm("E-01")
    await property_.clock.advance(timedelta(days=1))
    property_.raise_alarm("E-02")
    yesterday = operator.get(f"/api/v1/reports/alarms?first={DAY}&last={DAY}").json()
    assert yesterday["raised"] == 2
    assert operator.get(f"/api/v1/reports/alarms?site=main&first={DAY}&last={DAY}").json()["raised"] == 1
    with property_.client(Role.VIEWER, sites=("annex",)) as viewer:
        assert viewer.get("/api/v1/reports/alarms").json()["raised"] == 1
        assert viewer.get("/api/v1/reports/orders").json()["opened"] == 1
        assert viewer.get("/api/v1/reports/orders?site=main").status_code == 403


def test_a_span_that_is_absurd_or_too_long_is_refused(operator: TestClient) -> None:
    for span in (
        "first=2026-03-15&last=2026-03-14",
        "first=2025-01-01&last=2026-03-14",
        "first=1900-01-01&last=1900-01-02",
        "last=9999-12-31",
        "first=soon",
    ):
        assert operator.get(f"/api/v1/reports/alarms?{span}").status_code == 422, span
        assert operator.get(f"/api/v1/reports/orders?{span}").status_code == 422, span
