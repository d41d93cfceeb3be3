"""Overrides: a limit, or a rule's severity, that is another one for some devices of a site.

Promises: which override counts for a device is a pure function: the more closely it names the device the more it
counts, and of two that name it alike the later one. A life-safety rule is never lowered, whatever is written.
Leaves to others: keeping them (`domain.ports.ledger`), who may set one (`alerting.desk.override_acts`), judging by
them (`alerting.roster`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum

import msgspec

from domain.assets import Device
from domain.rules import Rule, Severity


class Closeness(IntEnum):
    """How closely something speaks of one device, least first: what is closer counts."""

    KIND_DEFAULT = 0
    WHOLE_KIND = 1
    TAGS = 2
    MODEL = 3
    MODEL_AND_TAGS = 4
    REGISTRY = 5  # the device's own limits, as it was registered
    NAMED = 6


class WantedOverride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change. It sets either the `level` of a `limit` of the kind, in its unit, or the `severity` of its `rule`.

    It is for the site's devices of `kind` that are among `devices` (empty: all), of this `model` (None: any), and carry
    all of `tags`. `rule` is a rule's name within the kind. `reason` says why.
    """

    site: str
    kind: str
    reason: str
    devices: frozenset[str] = frozenset()
    model: str | None = None
    tags: frozenset[str] = frozenset()
    limit: str | None = None
    level: float | None = None
    rule: str | None = None
    severity: Severity | None = None


class Override(WantedOverride, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One change that counts since `at`. `by` decided it."""

    id: str
    by: str
    at: datetime

    @property
    def closeness(self) -> Closeness:
        """How closely it names its devices."""
        if self.devices:
            return Closeness.NAMED
        if self.model is not None:
            return Closeness.MODEL_AND_TAGS if self.tags else Closeness.MODEL
        return Closeness.TAGS if self.tags else Closeness.WHOLE_KIND

    @property
    def target(self) -> tuple[object, ...]:
        """What it is about: another one about the same takes its place."""
        return (self.site, self.kind, self.devices, self.model, self.tags, self.limit, self.rule)

    def covers(self, device: Device) -> bool:
        """Whether it is for this device."""
        return (
            device.site == self.site
            and device.kind == self.kind
            and (not self.devices or device.id in self.devices)
            and self.model in (None, device.model)
            and self.tags <= device.tags
        )

    def concerns(self, rule: Rule, limits: frozenset[str]) -> bool:
        """Whether it changes what this rule says; `limits` are those that the rule is judged by."""
        return self.rule == rule.name if self.rule is not None else self.limit in limits


class InForce(msgspec.Struct, frozen=True):
    """What counts for one device: limits by name, other severities by the rule's name, and which overrides did that."""

    limits: dict[str, float]
    severities: dict[str, Severity]
    overrides: tuple[Override, ...]


def in_force(device: Device, defaults: Mapping[str, float], overrides: Iterable[Override]) -> InForce:
    """What counts for the device. `defaults` are its kind's limits; `overrides` may be anybody's."""
    limits = {name: (Closeness.KIND_DEFAULT, level) for name, level in defaults.items()}
    limits |= {name: (Closeness.REGISTRY, level) for name, level in device.limits.items()}
    severities: dict[str, Severity] = {}
    winners: dict[tuple[str | None, str | None], Override] = {}
    for one in sorted(
        (one for one in overrides if one.covers(device)), key=lambda one: (one.closeness, one.at, one.id)
    ):
        if one.limit is not None and one.level is not None:
            known = limits.get(one.limit)
            if known is not None and known[0] > one.closeness:
                continue
            limits[one.limit] = (one.closeness, one.level)
        elif one.rule is not None and one.severity is not None:
            severities[one.rule] = one.severity
        winners[one.limit, one.rule] = one
    levels = {name: level for name, (_, level) in limits.items()}
    return InForce(levels, severities, tuple(sorted(winners.values(), key=lambda one: one.id)))


def may_be(rule: Rule, severity: Severity) -> bool:
    """Whether a rule may have this severity: what is about life safety is never lowered."""
    return not rule.life_safety or severity.rank <= rule.severity.rank
