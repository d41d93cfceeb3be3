"""Whatever bytes come, decoding answers, and what it answers can be stored and told."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.decode import MAX_REJECTS, decode
from devices.registry import kinds
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Decoded, Message

NOW_MS = 1_763_712_000_500
INT64 = 2**63
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine proves nothing
KINDS = sorted(kinds())

names = st.sampled_from(sorted({metric.name for kind in kinds().values() for metric in kind.metrics})) | st.text(
    max_size=70
)
numbers = st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([10**30, -(10**400), 1e308])
scalars = st.none() | st.booleans() | numbers | st.text(max_size=80) | st.sampled_from(["open", "closed", "up", "0"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=12
)
times = anything | st.integers(NOW_MS - 10**9, NOW_MS + 10**6) | st.datetimes().map(str)
objects = st.fixed_dictionaries(
    {"values": st.dictionaries(names, anything, max_size=8)}, optional={"ts": times, "seq": anything, "x": anything}
)
contents = objects | st.lists(objects | anything, max_size=5) | anything
topics = st.builds(
    "wk/v1/{}/{}/{}/{}".format,
    st.just("main"),
    st.sampled_from(KINDS),
    st.just("X-01"),
    st.sampled_from(["telemetry", "event", "status"]),
)


def written(content: Any, ascii_only: bool) -> bytes:
    """As a careless device writes it: with NaN, Infinity and halves of surrogate pairs."""
    return json.dumps(content, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def assert_fit_to_store(decoded: Decoded, message: Message) -> None:
    assert decoded.readings or decoded.rejects
    assert len(decoded.rejects) <= MAX_REJECTS
    msgspec.json.encode(decoded)  # no half characters, no integer beyond 64 bits
    for reject in decoded.rejects:
        assert reject.detail
        assert len(reject.detail) < 400
        assert reject.detail.isprintable()
    for reading in decoded.readings:
        assert reading.received_ms == message.received_ms
        assert 0 <= reading.at_ms < INT64
        assert not set(reading.bad) & set(reading.values)
        for value in reading.values.values():
            assert type(value) in (bool, int, float, str)
            assert type(value) is not int or -INT64 <= value < INT64
            assert type(value) is not float or abs(value) < float("inf")
            assert type(value) is not str or "\x00" not in value
        kind = kinds()[reading.kind]
        for metric in kind.metrics:
            if metric.name in reading.values:
                assert_possible(metric, reading.values[metric.name])


def assert_possible(metric: Metric, value: Any) -> None:
    if metric.type is MetricType.NUMBER:
        assert type(value) in (int, float)
        assert metric.low is None or value >= metric.low
        assert metric.high is None or value <= metric.high
    elif metric.type is MetricType.BOOLEAN:
        assert type(value) is bool
    else:
        assert type(value) is str
        assert metric.choices is None or value in metric.choices


@unhurried
@given(topics, st.binary(max_size=400))
def test_any_bytes_are_answered(topic: str, payload: bytes) -> None:
    message = Message(topic, payload, NOW_MS)
    assert_fit_to_store(decode(message, kinds()), message)


@unhurried
@given(st.text(max_size=300), st.binary(max_size=40))
def test_any_topic_is_answered(topic: str, payload: bytes) -> None:
    message = Message(topic, payload, NOW_MS)
    assert_fit_to_store(decode(message, kinds()), message)


@unhurried
@given(topics, contents, st.booleans())
def test_any_json_is_answered(topic: str, content: Any, ascii_only: bool) -> None:
    message = Message(topic, written(content, ascii_only), NOW_MS)
    assert_fit_to_store(decode(message, kinds()), message)


@unhurried
@given(topics, objects, st.data())
def test_a_payload_damaged_on_its_way_is_answered(topic: str, content: Any, data: st.DataObject) -> None:
    payload = bytearray(written(content, ascii_only=False))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    message = Message(topic, bytes(payload), NOW_MS)
    assert_fit_to_store(decode(message, kinds()), message)


def good_values(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """Values that the kind's metrics can have."""

    def of(metric: Metric) -> st.SearchStrategy[Any]:
        if metric.type is MetricType.BOOLEAN:
            return st.booleans()
        if metric.type is MetricType.TEXT:
            return st.sampled_from(sorted(metric.choices)) if metric.choices else st.text("abc:019 号", max_size=20)
        return st.floats(metric.low, metric.high) | st.integers(int(metric.low or 0), int(metric.high or 0))

    return st.fixed_dictionaries({}, optional={metric.name: of(metric) for metric in kind.metrics})


@unhurried
@given(st.data())
def test_every_possible_value_passes_and_comes_out_as_it_went_in(data: st.DataObject) -> None:
    kind = kinds()[data.draw(st.sampled_from(KINDS))]
    values = data.draw(good_values(kind))
    message = Message(f"wk/v1/main/{kind.name}/X-01/event", msgspec.json.encode({"values": values}), NOW_MS)
    (reading,) = decode(message, kinds()).readings
    derived = {} if kind.derive is None else kind.derive(values)
    assert {name: value for name, value in reading.values.items() if name not in derived} == {
        name: value for name, value in values.items() if name not in derived
    }
    assert set(reading.bad) <= set(derived)


@unhurried
@given(objects, st.sampled_from(["values", "ts", "x"]), st.data())
def test_a_key_named_twice_is_found_wherever_it_is(content: Any, key: str, data: st.DataObject) -> None:
    inside = written(data.draw(anything), ascii_only=True)
    text = written({key: content.get(key), **content}, ascii_only=True)
    doubled = b'{"%b":%b,%b' % (key.encode(), inside, text[1:])
    decoded = decode(Message("wk/v1/main/elevator/X-01/event", doubled, NOW_MS), kinds())
    assert decoded.readings == ()
    assert {reject.reason for reject in decoded.rejects} <= {"duplicate_key", "not_json"}
