"""`[[override]]` in a property file: another limit or severity for some of its devices, each with its reason.

Promises: every device, kind, limit and rule that is named exists; a level's unit, where it is written, is the limit's.
Leaves to others: which override counts (`domain.overrides`), entering them (`alerting.desk`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from alerting.desk import OverrideDetails
from domain.assets import Device
from domain.kinds import Kind
from domain.overrides import may_be
from domain.rules import Over, Severity
from watchkeeper.config_errors import Problems
from watchkeeper.config_toml import each_of


class OverrideTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table. `devices` are written out by whoever reads it; `unit` only checks what was meant by `level`."""

    kind: str
    reason: str
    by: str
    devices: tuple[str, ...] = ()
    model: str | None = None
    tags: frozenset[str] = frozenset()
    limit: str | None = None
    level: float | None = None
    unit: str | None = None
    rule: str | None = None
    severity: Severity | None = None


def read_overrides(
    raw: Mapping[str, Any],
    site: str,
    devices: Mapping[str, Device],
    kinds: Mapping[str, Kind],
    problems: Problems,
) -> tuple[OverrideDetails, ...]:
    """The overrides of a file; what is wrong is noted. Ranges of `devices` are written out already."""
    found: dict[tuple[object, ...], OverrideDetails] = {}
    for place, override in each_of(raw, "override", OverrideTable, problems):
        before = len(problems)
        _check(override, devices, kinds, place, problems)
        about = (
            override.kind,
            frozenset(override.devices),
            override.model,
            override.tags,
            override.limit,
            override.rule,
        )
        if about in found:
            problems.add(place, "another one before it is about the same", "Keep one of the two.")
        if len(problems) == before:
            found[about] = OverrideDetails(
                site=site,
                kind=override.kind,
                reason=override.reason,
                by=override.by,
                devices=frozenset(override.devices),
                model=override.model,
                tags=override.tags,
                limit=override.limit,
                level=override.level,
                rule=override.rule,
                severity=override.severity,
            )
    return tuple(found.values())


def _check(
    override: OverrideTable, devices: Mapping[str, Device], kinds: Mapping[str, Kind], place: str, problems: Problems
) -> None:
    for field in ("reason", "by"):
        if not getattr(override, field).strip():
            problems.add(
                f"{place}.{field}", "an override needs it", "Say why, and who decided, for whoever asks later."
            )
    kind = kinds.get(override.kind)
    if kind is None:
        problems.unknown(f"{place}.kind", "kind", override.kind, kinds)
        return
    of_limit = (override.limit is not None, override.level is not None)
    of_rule = (override.rule is not None, override.severity is not None)
    if (any(of_limit) and any(of_rule)) or not (all(of_limit) or all(of_rule)):
        problems.add(
            place, "it sets a limit's level or a rule's severity", "Write limit and level, or rule and severity."
        )
    elif override.limit is not None:
        _check_limit(override, kind, place, problems)
    else:
        _check_rule(override, kind, place, problems)
    of_kind = [device.id for device in devices.values() if device.kind == kind.name]
    for device in override.devices:
        if device not in of_kind:
            problems.unknown(f"{place}.devices", kind.name, device, of_kind)


def _check_limit(override: OverrideTable, kind: Kind, place: str, problems: Problems) -> None:
    limit = next((one for one in kind.limits if one.name == override.limit), None)
    if limit is None:
        known = [one.name for one in kind.limits]
        problems.unknown(f"{place}.limit", f"limit of {kind.name}", str(override.limit), known)
        return
    if override.unit is not None and override.unit != limit.unit:
        problems.add(
            f"{place}.unit",
            f"{limit.name} is in {limit.unit}, not in {override.unit!r}",
            "Give the level in that unit.",
        )
    if override.level is not None and not math.isfinite(override.level):
        problems.add(f"{place}.level", "it is not a number", "Write a number.")


def _check_rule(override: OverrideTable, kind: Kind, place: str, problems: Problems) -> None:
    """A rule of the kind's own; one of the site's own rules is known only to the ledger, which checks it too."""
    rule = next((one for one in kind.rules if one.name == override.rule and one.over is Over.DEVICE), None)
    if rule is not None and override.severity is not None and not may_be(rule, override.severity):
        problems.add(f"{place}.severity", f"{rule.id!r} is about life safety and is never lowered", "Remove the table.")
