"""Kinds and readings for tests of a history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.instants import to_ms
from domain.kinds import Kind, Metric, MetricType
from domain.readings import Channel, Reading, Value
from domain.texts import text

DAY = datetime(2025, 11, 21, tzinfo=UTC)
"""The day that most readings are of."""

SITE, LIFT, PUMP = "main", "E-01", "P-01"


def kind(name: str, **metrics: MetricType) -> Kind:
    """A kind with nothing but metrics."""

    def behave(*_: object) -> object:
        raise AssertionError("these tests simulate nothing")

    label = text(name, name, name)
    return Kind(
        name=name,
        label=label,
        metrics=tuple(Metric(name=metric, type=type_, label=label) for metric, type_ in metrics.items()),
        rules=(),
        interval=timedelta(seconds=10),
        samples=(),
        behave=behave,  # type: ignore[arg-type]
        faults={},
    )


KINDS: Mapping[str, Kind] = {
    each.name: each
    for each in (
        kind("elevator", speed_mps=MetricType.NUMBER, door=MetricType.TEXT, alarm_button=MetricType.BOOLEAN),
        kind("fire_pump", pressure_mpa=MetricType.NUMBER, running=MetricType.BOOLEAN),
    )
}


def reading(
    at: datetime,
    device: str = LIFT,
    *,
    kind: str = "elevator",
    channel: Channel = Channel.TELEMETRY,
    received: datetime | None = None,
    sent: datetime | None = None,
    without_ts: bool = False,
    clock_suspect: bool = False,
    bad: tuple[str, ...] = (),
    **values: Value,
) -> Reading:
    """A reading at an instant, received then, with `ts` as sent unless told otherwise."""
    return Reading(
        site=SITE,
        kind=kind,
        device=device,
        channel=channel,
        at_ms=to_ms(at),
        received_ms=to_ms(received or at),
        values=values,
        sent_ms=None if without_ts else to_ms(sent or at),
        bad=bad,
        clock_suspect=clock_suspect,
    )


def after(**span: float) -> datetime:
    """An instant so long after the beginning of `DAY`."""
    return DAY + timedelta(**span)
