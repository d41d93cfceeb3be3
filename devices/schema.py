"""Schema: what a device of a kind may send, for those who build devices.

Promises: a JSON Schema (2020-12) of the payload on `telemetry` and `event`: one reading or a batch, with titles, units
(`x-unit`) and physical ranges; every sample of the kind is valid. Leaves to others: what a schema cannot say (a key
named twice, a `ts` far from now), which `devices.decode` judges.
"""

from __future__ import annotations

from typing import Any

from devices.decode import MAX_BATCH
from domain.kinds import Kind, Metric, MetricType
from domain.readings import MAX_PAYLOAD_BYTES

_JSON_TYPES = {MetricType.NUMBER: "number", MetricType.BOOLEAN: "boolean", MetricType.TEXT: "string"}

_WITH_OFFSET = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$"


def payload_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one kind's payload."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:watchkeeper:v1:{kind.name}",
        "title": kind.label.en,
        "description": (
            f"Payload of wk/v1/{{site}}/{kind.name}/{{device}}/telemetry and .../event, UTF-8, "
            f"{MAX_PAYLOAD_BYTES} bytes at the most. The status channel carries bare online or offline instead."
        ),
        "oneOf": [
            {"$ref": "#/$defs/reading"},
            {"type": "array", "items": {"$ref": "#/$defs/reading"}, "minItems": 1, "maxItems": MAX_BATCH},
        ],
        "examples": [{"ts": 1763712000000, "values": sample} for sample in kind.samples],
        "$defs": {
            "reading": {
                "type": "object",
                "required": ["values"],
                "properties": {"ts": _TIME, "seq": _SEQUENCE, "values": _values(kind)},
            }
        },
    }


_TIME: dict[str, Any] = {
    "title": "When it was measured; without it, the time of receipt counts",
    "oneOf": [
        {"type": "integer", "minimum": 0, "title": "Epoch milliseconds"},
        {"type": "string", "format": "date-time", "pattern": _WITH_OFFSET, "title": "RFC 3339, with an offset"},
        {"type": "null"},
    ],
}

_SEQUENCE: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0, "title": "The device's own count"}


def _values(kind: Kind) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Send what belongs together in one reading. Further values are stored, not judged.",
        "properties": {metric.name: _metric(metric) for metric in kind.metrics},
        "additionalProperties": True,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _JSON_TYPES[metric.type], "title": metric.label.en}
    if metric.unit:
        schema["x-unit"] = metric.unit
    if metric.low is not None:
        schema["minimum"] = metric.low
    if metric.high is not None:
        schema["maximum"] = metric.high
    if metric.choices is not None:
        schema["oneOf"] = [{"const": word, "title": label.en} for word, label in metric.choices.items()]
    elif metric.type is MetricType.TEXT:
        schema["maxLength"] = metric.max_length
    return schema
