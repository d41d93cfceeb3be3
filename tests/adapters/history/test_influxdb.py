"""A history in InfluxDB keeps the port's promises: a real 1.x always, a real 2.x where an address is given.

Beside the suite: what is particular to how readings lie in InfluxDB, over the 1.x.
"""

from __future__ import annotations

import os
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.influxdb import InfluxAddress, InfluxHistory, Mode, prepare
from adapters.history.influxdb.wire import Series
from domain.errors import HistoryUnavailable
from domain.ports.history import Point
from domain.readings import Channel, Reading, Value
from tests.contracts.history import HistoryContract, OpenHistory, points
from tests.contracts.history_samples import DAY, KINDS, LIFT, SITE, after, reading
from tests.influx_fixtures import InfluxServer

_SERVER_2 = os.environ.get("WATCHKEEPER_TEST_INFLUX2_URL")
_numbers = count()


def opener(address: InfluxAddress) -> Iterator[OpenHistory]:
    prepare(address, None)
    opened: list[InfluxHistory] = []

    def open_it() -> InfluxHistory:
        opened.append(InfluxHistory(address, KINDS))
        return opened[-1]

    yield open_it
    for history in opened:
        history.close()


class TestInfluxDB1(HistoryContract):
    @pytest.fixture
    def open_history(self, influx_server: InfluxServer) -> Iterator[OpenHistory]:
        yield from opener(InfluxAddress(url=influx_server.url, mode=Mode.V1, bucket=f"contract_{next(_numbers)}"))


# Debian has no InfluxDB 2: these tests exist where somebody gives the address of one.
if _SERVER_2 is not None:

    class TestInfluxDB2(HistoryContract):
        @pytest.fixture
        def open_history(self) -> Iterator[OpenHistory]:
            address = InfluxAddress(
                url=_SERVER_2,
                mode=Mode.V2,
                bucket=f"contract_{os.getpid()}_{next(_numbers)}",
                org=os.environ["WATCHKEEPER_TEST_INFLUX2_ORG"],
                token=os.environ["WATCHKEEPER_TEST_INFLUX2_TOKEN"],
            )
            yield from opener(address)


@pytest.fixture
def address(influx_server: InfluxServer) -> InfluxAddress:
    made = InfluxAddress(url=influx_server.url, mode=Mode.V1, bucket=f"alone_{next(_numbers)}")
    prepare(made, None)
    return made


class Questions:
    """Counts the statements that a history asks while it writes."""

    def __init__(self, history: InfluxHistory, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        connected = history._wire
        ask = connected.query

        def counted(statements: Sequence[str]) -> list[list[Series]]:
            self.statements += statements
            return ask(statements)

        monkeypatch.setattr(connected, "query", counted)


def test_only_what_could_be_there_already_is_asked_for(address: InfluxAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    history = InfluxHistory(address, KINDS)
    questions = Questions(history, monkeypatch)
    first = [reading(after(seconds=1), f"E-{number}", speed_mps=1.0) for number in range(1000)]
    history.write(first)
    assert len(questions.statements) == 3  # a start: a question for 400 devices each
    questions.statements.clear()
    history.write([reading(after(seconds=11), f"E-{number}", speed_mps=2.0) for number in range(1000)])
    assert questions.statements == []
    history.write([reading(after(seconds=5), "E-7", speed_mps=3.0), reading(after(seconds=21), "E-8", speed_mps=3.0)])
    assert len(questions.statements) == 1
    assert points(history, "speed_mps", "E-7") == [(1, 1.0), (5, 3.0), (11, 2.0)]
    history.close()


def test_readings_of_one_impossible_batch_stay_apart_and_are_recognised_together(address: InfluxAddress) -> None:
    def batch(received_hours: float) -> list[Reading]:
        at = after(hours=received_hours)
        return [
            reading(at, received=at, sent=after(days=4000, seconds=10 * number), clock_suspect=True, speed_mps=number)
            for number in range(1000)
        ]

    history = InfluxHistory(address, KINDS)
    history.write([reading(after(hours=1), speed_mps=-1.0)])  # believed, of the same millisecond
    history.write(batch(1))
    history.close()
    history = InfluxHistory(address, KINDS)
    history.write(batch(2))
    found = points(history, "speed_mps")
    assert {at for at, _ in found} == {3600}
    assert sorted(value for _, value in found) == [-1.0, *map(float, range(1000))]
    history.close()


def test_an_export_of_many_pages_has_every_reading_once(
    address: InfluxAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.history.influxdb.reading.PAGE", 7)
    history = InfluxHistory(address, KINDS)
    telemetry = [reading(after(seconds=second), speed_mps=float(second), note=second) for second in range(40)]
    events = [reading(after(seconds=second), channel=Channel.EVENT, door="open") for second in range(0, 40, 3)]
    history.write(telemetry + events)
    found = list(history.export(SITE, LIFT, DAY, after(days=1)))
    assert len(found) == len(telemetry) + len(events)
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    (bucket,) = history.downsampled(SITE, LIFT, "note", DAY, after(seconds=40), 1)
    assert (bucket.count, bucket.low, bucket.mean, bucket.high, bucket.last) == (40, 0.0, 19.5, 39.0, 39.0)
    history.close()


def test_what_retention_would_drop_is_neither_refused_nor_an_outage(influx_server: InfluxServer) -> None:
    address = InfluxAddress(url=influx_server.url, mode=Mode.V1, bucket=f"short_{next(_numbers)}")
    prepare(address, timedelta(days=1))
    history = InfluxHistory(address, KINDS)
    now = datetime.now(UTC).replace(microsecond=0)
    history.write([reading(now - timedelta(days=400), speed_mps=1.0), reading(now, speed_mps=2.0)])
    history.write([reading(now - timedelta(days=400), speed_mps=1.0)])
    found = history.raw(SITE, LIFT, "speed_mps", now - timedelta(days=1000), now + timedelta(days=1), 10)
    assert found == [Point(now, 2.0)]
    history.close()


def test_names_that_would_need_quoting_are_refused_before_anything_is_asked(address: InfluxAddress) -> None:
    history = InfluxHistory(address, KINDS)
    for device in ("a b", "a,b", "a)/ OR /(", "", "a\n"):
        for suspect in (False, True):
            with pytest.raises(ValueError, match="cannot name a series"):
                history.write([reading(DAY, device, clock_suspect=suspect, speed_mps=1.0)])
    history.close()


_TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_VALUES = st.one_of(st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.integers(), _TEXT)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.one_of(_TEXT, st.sampled_from(["door", "speed_mps", "time", "site", "x_a"])), _VALUES))
def test_whatever_a_device_says_comes_back_as_it_was(address: InfluxAddress, values: dict[str, Value]) -> None:
    device = f"E-{next(_numbers)}"
    history = InfluxHistory(address, KINDS)
    history.write([msgspec.structs.replace(reading(DAY, device), values=values)])
    expected = {name: float(value) if type(value) is int else value for name, value in values.items()}
    found = list(history.export(SITE, device, DAY, after(days=1)))
    assert found == ([(DAY, expected)] if values else [])
    assert {each.metric: each.value for each in history.latest(SITE, device)} == expected
    for name, value in expected.items():
        assert [point.value for point in history.raw(SITE, device, name, DAY, after(days=1), 9)] == [value]
    history.close()


def test_what_was_written_survives_a_kill_of_the_server_and_is_written_again_without_a_trace(tmp_path: Path) -> None:
    server = InfluxServer(tmp_path / "server", auth=True)
    server.start()
    _post(server, "CREATE USER ingest WITH PASSWORD 'it''s' WITH ALL PRIVILEGES".replace("''", "\\'"))
    address = InfluxAddress(url=server.url, mode=Mode.V1, bucket="wk", username="ingest", password="it's")
    prepare(address, timedelta(days=36_500))
    prepare(address, timedelta(days=36_500))
    history = InfluxHistory(address, KINDS)
    batch = [reading(after(seconds=second), speed_mps=float(second)) for second in range(500)]
    history.write(batch)
    server.kill()
    with pytest.raises(HistoryUnavailable):
        history.write(batch)
    with pytest.raises(HistoryUnavailable):
        history.check()
    server.start()
    history.check()
    history.write(batch)
    assert points(history, "speed_mps") == [(second, float(second)) for second in range(500)]
    history.close()
    with pytest.raises(HistoryUnavailable, match="password"):
        InfluxHistory(replace(address, password="wrong"), KINDS).check()
    server.kill()


def _post(server: InfluxServer, statement: str) -> None:
    body = urllib.parse.urlencode({"q": statement}).encode()
    with urllib.request.urlopen(f"{server.url}/query", data=body, timeout=5) as answer:
        assert b"error" not in answer.read()


def test_a_kind_that_is_kept_for_a_shorter_time_goes_alone_and_once_a_day(address: InfluxAddress) -> None:
    history = InfluxHistory(address, KINDS, shorter={"fire_pump": timedelta(days=1)})
    times = [after(days=day, hours=1) for day in range(4)]
    history.write([reading(at, speed_mps=1.0) for at in times])
    history.write([reading(at, "P-01", kind="fire_pump", running=True) for at in times])
    history.maintain(after(days=3))
    assert [at for at, _ in points(history, "running", "P-01")] == [2 * 86_400 + 3_600, 3 * 86_400 + 3_600]
    history.maintain(after(days=3, hours=23))
    assert len(points(history, "running", "P-01")) == 2
    history.maintain(after(days=4))
    assert len(points(history, "running", "P-01")) == 1
    assert len(points(history, "speed_mps")) == 4
    history.close()
