"""History over HTTP from a real store: raw, downsampled, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import ManualClock
from adapters.history.duckdb import DuckDBHistory
from api.csv_export import ROWS_A_PART, cell
from api.parts import ApiSettings
from api.ranges import MOST_RAW, SPANS, cut_page, plan_range
from api.schemas.history import HistoryForm
from devices.registry import kinds
from domain.errors import Invalid
from domain.instants import to_ms
from domain.people import Role
from domain.ports.history import Point
from domain.readings import Channel, Reading, Value
from tests.api.property import START, Property, TestClient, new_ledger


def reading(device: str, at: datetime, **values: Value) -> Reading:
    at_ms = to_ms(at)
    return Reading("main", "elevator", device, Channel.TELEMETRY, at_ms, at_ms, values, sent_ms=at_ms)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Property]:
    """A property whose E-01 reported every ten seconds for an hour before the start."""
    folder = tmp_path_factory.mktemp("history")
    ledger, history = new_ledger(folder), DuckDBHistory(folder / "history", kinds())
    stored = Property(ledger, ManualClock(START), history=history, settings=ApiSettings(exports_limit=2))
    stored.furnish()
    begin = START - timedelta(hours=1)
    history.write(
        [
            reading("E-01", begin + timedelta(seconds=10 * i), motor_temp_c=40.0 + i % 10, floor=i % 12, door="closed")
            for i in range(360)
        ]
    )
    history.write([reading("E-02", START - timedelta(minutes=1), floor=3, x_note="=HYPERLINK(1)", x_other="plain")])
    history.write([reading("X-7", START - timedelta(minutes=1), floor=3)])
    yield stored
    history.close()
    ledger.close()


@pytest.fixture(scope="module")
def engineer(stored: Property) -> Iterator[TestClient]:
    with stored.client(Role.ENGINEER) as client:
        yield client


def ask(client: TestClient, device: str = "E-01", **query: Any) -> dict[str, Any]:
    answer = client.get(f"/api/v1/history/main/{device}", params={"metric": "motor_temp_c"} | query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def test_a_short_range_is_raw(engineer: TestClient) -> None:
    shown = ask(engineer, start="2026-03-14T07:00:00Z", end="2026-03-14T07:01:00Z")
    assert (shown["form"], shown["span_s"], shown["next"]) == ("raw", None, None)
    assert [item["value"] for item in shown["items"]] == [40, 41, 42, 43, 44, 45]
    assert shown["items"][1]["at"] == "2026-03-14T07:00:10Z"
    assert shown["unit"] == kinds()["elevator"].metric("motor_temp_c").unit  # type: ignore[union-attr]


def test_without_a_range_the_last_day_is_shown(engineer: TestClient) -> None:
    assert len(ask(engineer)["items"]) == 360


def test_points_downsample(engineer: TestClient) -> None:
    shown = ask(engineer, start="2026-03-14T07:00:00Z", end="2026-03-14T08:00:00Z", points=6)
    assert (shown["form"], shown["span_s"]) == ("downsampled", 600)
    assert len(shown["items"]) == 6
    first = shown["items"][0]
    assert (first["at"], first["count"], first["low"], first["high"]) == ("2026-03-14T07:00:00Z", 60, 40, 49)
    assert first["mean"] == pytest.approx(44.5)


def test_text_and_offsets_are_understood(engineer: TestClient) -> None:
    shown = ask(engineer, metric="door", start="2026-03-14T15:00:00+08:00", end="2026-03-14T15:00:30+08:00")
    assert [item["value"] for item in shown["items"]] == ["closed"] * 3
    assert shown["start"] == "2026-03-14T07:00:00Z"


def test_an_unknown_metric_is_empty_and_an_unknown_device_is_not_found(engineer: TestClient) -> None:
    assert ask(engineer, metric="never")["items"] == []
    assert engineer.get("/api/v1/history/main/nothing", params={"metric": "floor"}).status_code == 404


def test_a_device_that_only_history_knows_is_shown(engineer: TestClient) -> None:
    assert [item["value"] for item in ask(engineer, "X-7", metric="floor")["items"]] == [3]


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-03-14T08:00:00Z", "end": "2026-03-14T07:00:00Z"},
        {"start": "2001-01-01T00:00:00Z"},
        {"start": "2026-03-14T08:00:00"},
        {"start": "0001-01-01T00:00:00+14:00"},
        {"end": "9999-12-31T23:59:59-12:00"},
        {"points": 0},
        {"points": 5001},
        {"metric": "a" * 65},
        {"metric": "a'; drop"},
    ],
)
def test_a_wrong_range_is_refused(engineer: TestClient, query: dict[str, Any]) -> None:
    answer = engineer.get("/api/v1/history/main/E-01", params={"metric": "floor"} | query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_whole_readings_are_exported(engineer: TestClient) -> None:
    answer = engineer.get("/api/v1/history/main/E-01/export.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="main-E-01-')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 360
    assert rows[0]["at"] == "2026-03-14T07:00:00.000Z"
    assert (float(rows[3]["motor_temp_c"]), rows[3]["door"], rows[3]["passenger"]) == (43.0, "closed", "")
    assert set(rows[0]) == {"at", "other"} | {metric.name for metric in kinds()["elevator"].metrics}


def test_values_of_no_metric_are_exported_and_cannot_become_a_formula(engineer: TestClient) -> None:
    [row] = csv.DictReader(io.StringIO(engineer.get("/api/v1/history/main/E-02/export.csv").text))
    assert row["other"] == '{"x_note": "=HYPERLINK(1)", "x_other": "plain"}'
    by_metric = engineer.get("/api/v1/history/main/E-02", params={"metric": "x_note"}, headers={"Accept": "text/csv"})
    assert by_metric.text.splitlines() == ["at,x_note", "2026-03-14T07:59:00.000Z,'=HYPERLINK(1)"]


def test_csv_needs_the_permission_to_export(stored: Property) -> None:
    with stored.client(Role.VIEWER) as viewer:
        path = "/api/v1/history/main/E-01"
        assert viewer.get(path, params={"metric": "floor"}).status_code == 200
        assert viewer.get(path, params={"metric": "floor"}, headers={"Accept": "text/csv"}).status_code == 403
        assert viewer.get(f"{path}/export.csv").status_code == 403


def test_exports_give_back_what_they_hold(engineer: TestClient) -> None:
    for _ in range(5):  # more than may run at once
        assert engineer.get("/api/v1/history/main/E-01/export.csv").status_code == 200


def test_without_a_store_history_is_away_and_the_rest_goes_on(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    without = Property(ledger, ManualClock(START))
    without.furnish()
    with without.client() as client:
        answer = client.get("/api/v1/history/main/E-01", params={"metric": "floor"})
        assert (answer.status_code, answer.json()["part"]) == (503, "history")
        assert client.get("/api/v1/history/main/E-01/export.csv").status_code == 503
        assert client.get("/api/v1/alarms").status_code == 200
    ledger.close()


def test_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    ledger, history = new_ledger(tmp_path), DuckDBHistory(tmp_path / "history", kinds())
    away = Property(ledger, ManualClock(START), history=history)
    away.furnish()
    with away.client() as client:
        assert {part["part"] for part in client.get("/readyz").json()["parts"]} == {"ledger", "alerting", "history"}
    history.close()
    (tmp_path / "history").rename(tmp_path / "gone")
    (tmp_path / "history").write_text("a file where the folder was")
    with away.client() as client:
        answer = client.get("/api/v1/history/main/E-01", params={"metric": "floor"})
        assert (answer.status_code, answer.json()["part"]) == (503, "history")
        [part] = [part for part in client.get("/readyz").json()["parts"] if not part["ready"]]
        assert part["part"] == "history"
    ledger.close()


@given(st.text(max_size=20))
def test_no_text_becomes_a_formula(text: str) -> None:
    written = str(cell(text))
    assert not written.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert written in (text, f"'{text}")


@pytest.mark.parametrize(("value", "written"), [(True, "true"), (False, "false"), (-1.5, -1.5), (None, ""), ("a", "a")])
def test_other_values_stay_what_they_are(value: Value | None, written: object) -> None:
    assert cell(value) == written


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 10))
def test_pages_of_raw_points_show_every_instant_once(seconds: list[int], most: int) -> None:
    stored = [Point(START + timedelta(seconds=second), index) for index, second in enumerate(sorted(seconds))]
    begin, shown = START, list[Point]()
    while True:
        page, following = cut_page([point for point in stored if point.at >= begin][: most + 1], most)
        shown += page
        if following is None:
            break
        assert following > begin or len(page) == most
        begin = following
    assert len(set(shown)) == len(shown)
    crowded = {at for at in (point.at for point in stored) if sum(point.at == at for point in stored) > most}
    assert [point for point in shown if point.at not in crowded] == [p for p in stored if p.at not in crowded]
    assert {point.at for point in shown} == {point.at for point in stored}


def test_a_long_range_is_downsampled_unless_it_is_paged() -> None:
    long = plan_range(START - timedelta(days=30), START, None, START)
    assert (long.form, long.spans) == (HistoryForm.DOWNSAMPLED, SPANS)
    assert plan_range(None, None, None, START).form is HistoryForm.RAW
    assert ROWS_A_PART < MOST_RAW
    with pytest.raises(Invalid):
        plan_range(START, START, None, START)
