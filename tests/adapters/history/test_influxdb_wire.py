"""What goes over the wire to InfluxDB, and what its answers are taken for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.history.influxdb import InfluxAddress, InfluxHistory, Mode, prepare, wire
from adapters.history.influxdb.wire import open_wire
from domain.errors import HistoryUnavailable
from domain.instants import to_ms
from domain.readings import RejectReason
from ingest.storing import store
from tests.adapters.history.scripted_server import DROP, HANG, Asked, ScriptedServer
from tests.contracts.history_samples import DAY, KINDS, after, reading
from tests.services import free_port

NOTHING_STORED = b'{"results": []}'


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().running() as running:
        yield running


def address(server: ScriptedServer, mode: Mode) -> InfluxAddress:
    if mode is Mode.V1:
        return InfluxAddress(url=server.url, mode=mode, bucket="wk", username="ingest", password="p:w")
    return InfluxAddress(url=server.url, mode=mode, bucket="wk", org="our house", token="t-1")


BOTH = pytest.mark.parametrize("mode", list(Mode))


@BOTH
def test_lines_go_compressed_to_the_endpoint_of_the_mode_with_its_account(server: ScriptedServer, mode: Mode) -> None:
    open_wire(address(server, mode)).write([b"elevator,channel=telemetry floor=3.0 1", b"elevator floor=4.0 2"])
    (asked,) = server.asked
    assert asked.method == "POST"
    assert asked.headers["content-encoding"] == "gzip"
    assert asked.text == "elevator,channel=telemetry floor=3.0 1\nelevator floor=4.0 2"
    if mode is Mode.V1:
        assert (asked.path, asked.parameters) == ("/write", {"db": "wk", "precision": "ns"})
        assert asked.headers["authorization"] == "Basic aW5nZXN0OnA6dw=="
    else:
        assert asked.path == "/api/v2/write"
        assert asked.parameters == {"bucket": "wk", "org": "our house", "precision": "ns"}
        assert asked.headers["authorization"] == "Token t-1"


@BOTH
def test_questions_are_influxql_in_both_modes(server: ScriptedServer, mode: Mode) -> None:
    server.answer = lambda _: (200, NOTHING_STORED)
    assert open_wire(address(server, mode)).query(["SELECT 1", "SELECT 2"]) == []
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/query")
    assert asked.body == b"db=wk&epoch=ns&q=SELECT+1%3B+SELECT+2"
    assert asked.headers["authorization"] == ("Basic aW5nZXN0OnA6dw==" if mode is Mode.V1 else "Token t-1")


@BOTH
@pytest.mark.parametrize("passing", [429, 500, 502, 503, 504, DROP])
def test_what_may_pass_is_tried_again_at_once(server: ScriptedServer, mode: Mode, passing: int) -> None:
    server.answer = lambda _: (204, b"") if len(server.asked) > 1 else (passing, b"{}")
    open_wire(address(server, mode)).write([b"m f=1 1"])
    assert [asked.text for asked in server.asked] == ["m f=1 1"] * 2


@BOTH
def test_what_does_not_pass_is_an_outage_after_three_tries(server: ScriptedServer, mode: Mode) -> None:
    server.answer = lambda _: (503, b'{"message": "overloaded"}')
    with pytest.raises(HistoryUnavailable, match="503"):
        open_wire(address(server, mode)).write([b"m f=1 1"])
    assert len(server.asked) == 3


@BOTH
def test_a_server_that_hangs_is_an_outage_and_is_not_asked_again(
    server: ScriptedServer, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.1)
    server.answer = lambda _: (HANG, b"")
    connected = open_wire(address(server, mode))
    with pytest.raises(HistoryUnavailable):
        connected.write([b"m f=1 1"])
    with pytest.raises(HistoryUnavailable):
        connected.query(["SELECT 1"])
    assert [asked.path for asked in server.asked] == ["/write" if mode is Mode.V1 else "/api/v2/write", "/query"]


@BOTH
def test_a_server_that_is_not_there_is_an_outage(mode: Mode) -> None:
    nowhere = InfluxAddress(url=f"http://127.0.0.1:{free_port()}", mode=mode, bucket="wk", org="o", token="t")
    history = InfluxHistory(nowhere, KINDS)
    for call in (
        history.check,
        lambda: history.write([reading(DAY, speed_mps=1.0)]),
        lambda: history.latest("main", "E-01"),
        lambda: prepare(nowhere, None),
    ):
        with pytest.raises(HistoryUnavailable):
            call()


@BOTH
@pytest.mark.parametrize(("status", "remedy"), [(401, "check the token"), (403, "check"), (404, "history init")])
def test_an_account_or_database_that_is_wrong_is_an_outage_with_its_remedy(
    server: ScriptedServer, mode: Mode, status: int, remedy: str
) -> None:
    server.answer = lambda _: (status, b'{"message": "no"}')
    history = InfluxHistory(address(server, mode), KINDS)
    with pytest.raises(HistoryUnavailable, match=remedy):
        history.check()


@BOTH
@pytest.mark.parametrize("refusal", [400, 413, 422])
def test_of_a_batch_with_one_refused_point_the_rest_is_stored_and_that_one_is_told(
    server: ScriptedServer, mode: Mode, refusal: int
) -> None:
    taken: set[str] = set()

    def answer(asked: Asked) -> tuple[int, bytes]:
        if asked.path == "/query":
            return 200, NOTHING_STORED
        if "speed_mps=13.0" in asked.text:
            return refusal, b'{"error": "partial write: field type conflict dropped=1"}'
        taken.update(asked.text.split("\n"))
        return 204, b""

    server.answer = answer
    history = InfluxHistory(address(server, mode), KINDS)
    batch = [reading(after(seconds=second), speed_mps=float(second)) for second in range(50)]
    (refused,) = store(history, batch)
    assert refused.reject.reason is RejectReason.NOT_STORABLE
    assert json.loads(refused.payload) == {"ts": to_ms(after(seconds=13)), "values": {"speed_mps": 13.0}}
    assert "partial write" in refused.reject.detail
    stored = {line.split(" ")[1] for line in taken if line.startswith("elevator")}
    assert stored == {f"speed_mps={second}.0" for second in range(50) if second != 13}


@BOTH
@pytest.mark.parametrize(
    "said",
    [
        b'{"error": "partial write: points beyond retention policy dropped=1"}',
        b'{"code": "unprocessable entity", "message": "partial write: dropped 1 points outside retention policy of'
        b' duration 24h0m0s"}',
    ],
)
def test_what_is_older_than_the_server_keeps_counts_as_stored(server: ScriptedServer, mode: Mode, said: bytes) -> None:
    server.answer = lambda _: (422, said)
    open_wire(address(server, mode)).write([b"m f=1 1"])
    assert len(server.asked) == 1


@BOTH
def test_a_server_that_refuses_even_the_probe_is_away(server: ScriptedServer, mode: Mode) -> None:
    server.answer = lambda asked: (200, NOTHING_STORED) if asked.path == "/query" else (400, b"no")
    with pytest.raises(HistoryUnavailable):
        store(InfluxHistory(address(server, mode), KINDS), [reading(DAY, speed_mps=1.0)])


def test_large_batches_go_in_requests_of_bounded_size(server: ScriptedServer) -> None:
    lines = [b"m f=%d %d" % (number, number) for number in range(wire.MOST_LINES + 1)]
    lines += [b'm f="' + b"x" * (wire.MOST_BYTES // 2) + b'" 1'] * 3
    open_wire(address(server, Mode.V1)).write(lines)
    assert "\n".join(asked.text for asked in server.asked).encode() == b"\n".join(lines)
    assert all(len(asked.text) <= wire.MOST_BYTES for asked in server.asked)
    assert len(server.asked) == 4


def test_an_error_of_one_statement_and_an_answer_cut_short_are_told(server: ScriptedServer) -> None:
    connected = open_wire(address(server, Mode.V1))
    for answer, told in (
        (b'{"results": [{"error": "shard is disabled"}]}', "shard is disabled"),
        (b'{"error": "not authorized"}', "not authorized"),
        (b'{"results": [{"series": [{"columns": ["time"], "partial": true}]}]}', "cuts answers short"),
        (b"<html>a proxy</html>", "not an answer of InfluxDB"),
    ):
        server.answer = lambda _, answer=answer: (200, answer)
        with pytest.raises(HistoryUnavailable, match=told):
            connected.query(["SELECT 1"])


def test_preparing_a_2x_makes_bucket_retention_and_the_name_for_influxql(server: ScriptedServer) -> None:
    def answer(asked: Asked) -> tuple[int, bytes]:
        if asked.method == "POST" and asked.path == "/api/v2/buckets":
            return 201, b'{"id": "b1", "name": "wk", "retentionRules": []}'
        if asked.method == "POST":
            return 201, json.dumps(json.loads(asked.body) | {"id": "d1", "orgID": "o1"}).encode()
        there = {
            "/api/v2/buckets": b'{"buckets": []}',
            "/api/v2/orgs": b'{"orgs": [{"id": "o1", "name": "our house"}]}',
        }
        return 200, there.get(asked.path, b'{"content": []}')

    server.answer = answer
    assert "bucket wk is ready" in prepare(address(server, Mode.V2), timedelta(days=30))
    made = [(asked.path, json.loads(asked.body)) for asked in server.asked if asked.method == "POST"]
    rules = [{"type": "expire", "everySeconds": 2_592_000}]
    assert made[0][0] == "/api/v2/buckets"
    assert made[0][1] | {"name": "wk", "orgID": "o1", "retentionRules": rules} == made[0][1]
    assert made[1] == (
        "/api/v2/dbrps",
        {
            "org": "our house",
            "bucketID": "b1",
            "database": "wk",
            "retention_policy": "autogen",
            "default": True,
        },
    )


def test_preparing_a_2x_again_changes_only_the_retention(server: ScriptedServer) -> None:
    def answer(asked: Asked) -> tuple[int, bytes]:
        if asked.path == "/api/v2/dbrps":
            return 200, (
                b'{"content": [{"id": "d1", "bucketID": "b1", "database": "wk", "default": true,'
                b' "retention_policy": "autogen", "orgID": "o1"}]}'
            )
        found = b'{"id": "b1", "name": "wk", "retentionRules": []}'
        return 200, found if asked.method == "PATCH" else b'{"buckets": [' + found + b"]}"

    server.answer = answer
    prepare(address(server, Mode.V2), None)
    assert {asked.method for asked in server.asked} == {"GET"}
    prepare(address(server, Mode.V2), timedelta(days=1))
    (changed,) = (asked for asked in server.asked if asked.method == "PATCH")
    assert changed.path == "/api/v2/buckets/b1"
    assert json.loads(changed.body)["retentionRules"] == [{"type": "expire", "everySeconds": 86_400}]


@BOTH
def test_a_measurement_is_dropped_up_to_an_instant_in_the_words_of_the_mode(server: ScriptedServer, mode: Mode) -> None:
    server.answer = lambda _: (200, NOTHING_STORED) if mode is Mode.V1 else (204, b"")
    open_wire(address(server, mode)).drop("patrol_reader", to_ms(DAY) * 1_000_000)
    (asked,) = server.asked
    assert asked.method == "POST"
    if mode is Mode.V1:
        assert b"DELETE+FROM+%22patrol_reader%22+WHERE+time+%3C+1763683200000000000" in asked.body
    else:
        assert (asked.path, asked.parameters) == ("/api/v2/delete", {"bucket": "wk", "org": "our house"})
        said = json.loads(asked.text)
        assert said["predicate"] == '_measurement="patrol_reader"'
        assert (said["start"], said["stop"]) == ("1970-01-01T00:00:00+00:00", "2025-11-21T00:00:00+00:00")
