"""`fault_codes.toml`: what a kind's fault codes mean.

Promises: each code once a map, in one group, with a label in every language. Leaves to others: rules that name a group
(`domain.rules.Coded`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from domain.kinds import Kind, MetricType
from domain.readings import Value
from domain.texts import Text
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import each_of, read_toml, tables

FILE = "fault_codes.toml"


class FaultCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One code as the device sends it."""

    code: str | int
    group: str
    label: Text


class CodeMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The codes of one kind's metric."""

    kind: str
    metric: str
    codes: tuple[FaultCode, ...]

    @property
    def groups(self) -> dict[str, tuple[Value, ...]]:
        """The codes of each group, in the order of the file."""
        groups: dict[str, tuple[Value, ...]] = {}
        for code in self.codes:
            groups[code.group] = (*groups.get(code.group, ()), code.code)
        return groups


def load_codes(folder: Path, kinds: Mapping[str, Kind], problems: Problems) -> dict[str, CodeMap]:
    """The maps by kind. What is wrong is noted."""
    raw = read_toml(folder / FILE)
    tables(raw, ("map",), problems)
    found: dict[str, CodeMap] = {}
    for place, codes in each_of(raw, "map", CodeMap, problems):
        if codes.kind in found:
            problems.add(f"{place}.kind", f"{codes.kind!r} has a map already", "Write its codes into that one.")
            continue
        _check(codes, kinds, place, problems)
        found[codes.kind] = codes
    return found


def _check(codes: CodeMap, kinds: Mapping[str, Kind], place: str, problems: Problems) -> None:
    kind = kinds.get(codes.kind)
    if kind is None:
        problems.unknown(f"{place}.kind", "kind", codes.kind, kinds)
        return
    metric = kind.metric(codes.metric)
    if metric is None:
        problems.unknown(f"{place}.metric", "metric", codes.metric, [one.name for one in kind.metrics])
        return
    wanted = str if metric.type is MetricType.TEXT else int
    seen: set[object] = set()
    for number, code in enumerate(codes.codes):
        here = f"{place}.codes[{number}].code"
        if not isinstance(code.code, wanted):
            problems.add(
                here, f"{codes.metric} is a {metric.type.value} metric", f"Write the code as a {metric.type.value}."
            )
        if code.code in seen:
            problems.add(here, f"the code {code.code!r} is there twice", "Remove one of the two.")
        seen.add(code.code)
