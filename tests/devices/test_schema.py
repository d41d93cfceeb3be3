"""The JSON Schema given to those who build devices says the same as decoding does."""

from __future__ import annotations

import jsonschema_rs
import pytest

from devices.registry import kinds
from devices.schema import payload_schema
from domain.kinds import Kind, MetricType
from tests.devices.test_kinds import EVERY_KIND


def validator(kind: Kind) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(payload_schema(kind), validate_formats=True)


@EVERY_KIND
def test_is_itself_valid_and_takes_every_sample(kind: Kind) -> None:
    jsonschema_rs.meta.validate(payload_schema(kind))
    valid = validator(kind)
    for sample in kind.samples:
        valid.validate({"values": sample})
        valid.validate([{"ts": 1763712000000, "seq": 3, "values": sample}])
        valid.validate({"ts": "2025-11-21T16:00:00.5+08:00", "values": sample, "site_note": "x"})


@EVERY_KIND
def test_tells_unit_and_range_of_every_metric(kind: Kind) -> None:
    told = payload_schema(kind)["$defs"]["reading"]["properties"]["values"]["properties"]
    assert set(told) == {metric.name for metric in kind.metrics}
    for metric in kind.metrics:
        assert told[metric.name].get("x-unit", "") == metric.unit
        assert told[metric.name].get("minimum") == metric.low
        assert told[metric.name].get("maximum") == metric.high


@EVERY_KIND
def test_refuses_values_out_of_range_and_of_another_type(kind: Kind) -> None:
    valid = validator(kind)
    for metric in kind.metrics:
        assert not valid.is_valid({"values": {metric.name: None}})
        assert not valid.is_valid({"values": {metric.name: ["x"]}})
        if metric.type is MetricType.NUMBER and metric.high is not None:
            assert not valid.is_valid({"values": {metric.name: metric.high * 2 + 1}})
        if metric.choices is not None:
            assert not valid.is_valid({"values": {metric.name: "never heard of"}})


@pytest.mark.parametrize(
    "payload",
    [{}, [], 7, {"values": 7}, {"ts": "2025-11-21T16:00:00", "values": {}}, {"ts": 1.5, "values": {}}],
    ids=repr,
)
def test_refuses_another_shape(payload: object) -> None:
    assert not validator(kinds()["elevator"]).is_valid(payload)
