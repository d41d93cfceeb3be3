"""The embedded history against a model in memory, over batches, restarts and housekeeping in any order."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.history.duckdb import DuckDBHistory
from domain.instants import to_ms
from domain.ports.history import Latest
from domain.readings import Channel, Reading, Value
from tests.contracts.history_samples import DAY, KINDS, SITE, after, reading

_DEVICES = ("E-01", "E-02")
_INSTANTS = [after(hours=hours) for hours in (-30, -29.5, -2, -1, 1, 1.5, 2, 20, 25, 26)]

_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "speed_mps": st.floats(-5, 5) | st.integers(-5, 5),
        "door": st.text(st.characters(codec="utf-8"), max_size=5),
        "alarm_button": st.booleans(),
        "noise_db": st.integers() | st.floats(-9, 9),
        "lamp": st.booleans() | st.text(st.characters(codec="utf-8"), max_size=3),
    },
)

_READINGS = st.builds(
    lambda at, device, channel, values: reading(at, device, channel=channel, **values),
    st.sampled_from(_INSTANTS),
    st.sampled_from(_DEVICES),
    st.sampled_from([Channel.TELEMETRY, Channel.EVENT]),
    _VALUES,
)

_ACTS = st.lists(
    st.lists(_READINGS, min_size=1, max_size=6)
    | st.sampled_from(["reopen", "seal yesterday", "seal today", "merge late rows"]),
    min_size=1,
    max_size=9,
)

_NOW = {"seal yesterday": after(hours=1), "seal today": after(days=1, hours=1), "merge late rows": after(days=9)}


@dataclass
class _Model:
    """Values by identity: the first of each metric stays."""

    stored: dict[tuple[str, str, str, int], dict[str, Value]] = field(default_factory=dict)

    def write(self, batch: list[Reading]) -> None:
        for each in batch:
            kept = self.stored.setdefault(each.identity, {})
            for metric, value in each.values.items():
                kept.setdefault(metric, float(value) if type(value) is int else value)

    def readings(self, device: str) -> list[tuple[int, str, dict[str, Value]]]:
        """(at, channel, values) in order."""
        return sorted(
            ((at_ms, channel, values) for (_, name, channel, at_ms), values in self.stored.items() if name == device),
            key=lambda found: found[:2],
        )


@settings(max_examples=30, deadline=None)
@given(_ACTS)
def test_whatever_happens_in_whatever_order_each_value_is_read_once(acts: list[list[Reading] | str]) -> None:
    model = _Model()
    with tempfile.TemporaryDirectory() as folder:
        history = DuckDBHistory(Path(folder), KINDS)
        for act in acts:
            if isinstance(act, list):
                history.write(act)
                model.write(act)
            elif act == "reopen":
                history.close()
                history = DuckDBHistory(Path(folder), KINDS)
            else:
                history.maintain(_NOW[act])
        try:
            for device in _DEVICES:
                _compare(history, model, device)
        finally:
            history.close()


def _compare(history: DuckDBHistory, model: _Model, device: str) -> None:
    start, end = DAY - timedelta(days=9), DAY + timedelta(days=9)
    expected = model.readings(device)
    exported = list(history.export(SITE, device, start, end))
    assert [(to_ms(at), values) for at, values in exported] == [(at_ms, values) for at_ms, _, values in expected]
    newest: dict[str, set[tuple[int, Value]]] = {}
    for metric in ("speed_mps", "door", "alarm_button", "noise_db", "lamp"):
        points = [(at_ms, values[metric]) for at_ms, _, values in expected if metric in values]
        found = history.raw(SITE, device, metric, start, end, 1000)
        assert [(to_ms(point.at), point.value) for point in found] == points
        buckets = history.downsampled(SITE, device, metric, start, end, 3)
        assert sum(bucket.count for bucket in buckets) == len(points)
        if points:
            newest[metric] = {point for point in points if point[0] == points[-1][0]}
    latest: list[Latest] = history.latest(SITE, device)
    assert [each.metric for each in latest] == sorted(newest)
    for each in latest:
        assert (to_ms(each.at), each.value) in newest[each.metric]
