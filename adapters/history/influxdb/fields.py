"""How readings lie in InfluxDB: one point a reading.

Measurement = kind; tags = site, device and channel, never the building: adoption must not change a series. A declared
number is a float field, a declared switch a float field of 0 or 1, a declared text a text field. Everything else is a
text field `x_<name>` that holds the value as JSON, so what a device invents can never clash with a field's type.
Flags: `bad` (names of impossible metrics, a JSON list), `clock_suspect` (1) and, with it, `sent_ms`.

The point's time is the instant that counts, in nanoseconds. A `ts` that is believed is its reading's identity and its
point's time. One that is not believed gets its time of receipt, with a part below the millisecond that is derived from
the `ts` as sent: readings of one impossible batch, received together, do not fall onto one point.

Promises: names that leave here need no quoting but for the quotes around them. Leaves to others: which of two readings
of one identity wins (`writing`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

import msgspec

from devices.status import ONLINE
from domain.instants import to_ms
from domain.kinds import Kind, MetricType
from domain.readings import Reading, Value

MS_NS = 1_000_000

UNKNOWN = "x_"
SENT = "sent_ms"
SUSPECT = "clock_suspect"
BAD = "bad"
TAGS = ("site", "device", "channel")

_RESERVED = frozenset({"time", *TAGS, SENT, SUSPECT, BAD})
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NAMES = re.compile(r"[A-Za-z0-9_.-]+(?: [A-Za-z0-9_.-]+){3}")
_AWKWARD = re.compile(r"""[\x00-\x20\x7f%"\\,=]""")
_UNESCAPED = re.compile(r'["\\]')

# The largest prime below a million. Batches are spaced evenly: with a prime, spans that repeat do not meet.
_BELOW_MS = 999_983
_FIRST_NS, _LAST_NS = -(2**63) + 2, 2**63 - 2

Field = float | str
Stream = tuple[str, str, str, str]
"""kind, site, device, channel: one series."""


class Layout:
    """The fields of the declared kinds."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = tuple(sorted(kinds))
        self._declared = {
            name: {
                metric.name: metric.type
                for metric in (*kind.metrics, ONLINE)
                if _FIELD_NAME.fullmatch(metric.name)
                and metric.name not in _RESERVED
                and not metric.name.startswith(UNKNOWN)
            }
            for name, kind in kinds.items()
        }

    def fields(self, reading: Reading) -> dict[str, Field]:
        """The fields of a reading; none when it says nothing. Raises ValueError for a kind that is not declared."""
        declared = self._declared.get(reading.kind)
        if declared is None:
            raise ValueError(f"kind {reading.kind!r} is not declared")
        fields: dict[str, Field] = {}
        for name, value in reading.values.items():
            field = _fitting(declared.get(name), value)
            if field is None:
                fields[unknown_field(name)] = msgspec.json.encode(value).decode()
            else:
                fields[name] = field
        if reading.bad:
            fields[BAD] = msgspec.json.encode(reading.bad).decode()
        if reading.clock_suspect and reading.sent_ms is not None:
            fields[SUSPECT], fields[SENT] = 1.0, float(reading.sent_ms)
        return fields

    def type_of(self, kind: str, metric: str) -> MetricType | None:
        """How a metric of a kind is declared."""
        return self._declared.get(kind, {}).get(metric)

    def read(self, kind: str, field: str, stored: Field) -> tuple[str, Value] | None:
        """A field back as (metric, value); None for a flag and for what is not ours."""
        form = self.type_of(kind, field)
        if form is not None:
            return field, typed(form, stored)
        if field.startswith(UNKNOWN) and isinstance(stored, str):
            value = read_unknown(stored)
            return None if value is None else (unquote(field.removeprefix(UNKNOWN)), value)
        return None


def unknown_field(metric: str) -> str:
    """The field of a metric that its kind does not declare."""
    return UNKNOWN + _AWKWARD.sub(lambda found: f"%{ord(found[0]):02X}", metric)


def typed(form: MetricType, stored: Field) -> Value:
    """A declared field's value as it was sent."""
    if form is MetricType.TEXT or isinstance(stored, str):
        return str(stored)
    return bool(stored) if form is MetricType.BOOLEAN else float(stored)


def read_unknown(stored: str) -> Value | None:
    """The value of an `x_` field; numbers are floats. None for what holds none."""
    try:
        value: Value | None = msgspec.json.decode(stored)
    except ValueError:
        return None
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return stored
    return value


def read_bad(stored: Field | None) -> tuple[str, ...]:
    """The names in a `bad` field; none where there is none, or nothing of ours in it."""
    if not isinstance(stored, str):
        return ()
    try:
        return msgspec.json.decode(stored, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return ()


def time_ns(reading: Reading) -> int:
    """The time of a reading's point, when it is received for the first time."""
    if reading.clock_suspect and reading.sent_ms is not None:
        return reading.at_ms * MS_NS + 1 + reading.sent_ms % _BELOW_MS
    return reading.at_ms * MS_NS


def ceiling_ns(at: datetime) -> int:
    """The first whole millisecond not before an instant, held within what InfluxDB can tell."""
    at_ms = to_ms(at) + (1 if at.microsecond % 1000 else 0)
    return max(_FIRST_NS, min(_LAST_NS, at_ms * MS_NS))


def stream_of(reading: Reading) -> Stream:
    """The series of a reading. Raises ValueError for names that would need quoting."""
    stream = (reading.kind, reading.site, reading.device, reading.channel.value)
    if _NAMES.fullmatch(" ".join(stream)) is None:
        raise ValueError(f"{stream} cannot name a series")
    return stream


def line(stream: Stream, at_ns: int, fields: Mapping[str, Field]) -> bytes:
    """One line. Raises ValueError for text that is not Unicode."""
    kind, site, device, channel = stream
    written = ",".join(
        f'{name}="{_UNESCAPED.sub(_escape, value)}"' if isinstance(value, str) else f"{name}={value!r}"
        for name, value in fields.items()
    )
    return f"{kind},channel={channel},device={device},site={site} {written} {at_ns}".encode()


def quoted_name(name: str) -> str:
    """A field's or measurement's name for InfluxQL."""
    return f'"{_UNESCAPED.sub(_escape, name)}"'


def quoted_text(text: str) -> str:
    """A text for InfluxQL."""
    escaped = re.sub(r"['\\]", _escape, text).replace("\n", "\\n")
    return f"'{escaped}'"


def _escape(found: re.Match[str]) -> str:
    return "\\" + found[0]


def _fitting(form: MetricType | None, value: Value) -> Field | None:
    """The value as a field of its declared type, None where it has none or is of another type."""
    if form is MetricType.NUMBER and type(value) in (int, float):
        try:
            return float(value)
        except OverflowError:
            return None
    if form is MetricType.BOOLEAN and type(value) is bool:
        return float(value)
    if form is MetricType.TEXT and type(value) is str:
        return value
    return None
