"""Registry: finds every kind that the package declares, and refuses one that contradicts itself.

Promises: a module or folder here that defines `KINDS` is found without another edit; names are unique, rules speak of
their own kind, of metrics and limits that it has; every kind gets the rule about its devices' clocks.
Leaves to others: a site's own rules and code maps (config).
"""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType

from msgspec.structs import replace

import devices
from devices.clock import CLOCK, DEVICE_CLOCK, clock_rule
from devices.status import ONLINE
from domain.errors import ConfigError
from domain.kinds import Kind
from domain.rules import Condition, Over, limits_of, members_of, metrics_of, misplaced

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, in the order of their names. Raises ConfigError for a file that contradicts itself."""
    return discover(devices)


def discover(package: ModuleType) -> Mapping[str, Kind]:
    """The kinds of every module of a package, checked. Raises ConfigError, naming file and place."""
    found: dict[str, Kind] = {}
    for file, kind in _declared(package):
        if kind.name in found:
            raise _broken(file, kind.name, "is declared twice", "Give one of them another name")
        check_kind(kind, file)
        found[kind.name] = replace(kind, rules=(*kind.rules, clock_rule(kind.name, kind.label)))
    for file, kind in _declared(package):
        _check_members(kind, found, file)
    return MappingProxyType(dict(sorted(found.items())))


def check_kind(kind: Kind, file: str) -> None:
    """Raises ConfigError when a kind contradicts itself."""
    if not _NAME.fullmatch(kind.name):
        raise _broken(file, repr(kind.name), "cannot stand in a topic", "Use 1 to 64 letters, digits, _ or -")
    metrics = [metric.name for metric in kind.metrics]
    limits = [limit.name for limit in kind.limits]
    rules = [rule.name for rule in kind.rules]
    for what, names in (("metric", metrics), ("limit", limits), ("rule", rules)):
        for name in _doubled(names):
            raise _broken(file, f"{kind.name}.{name}", f"this {what} is declared twice", "Remove or rename one")
    _check_reserved(kind, file)
    for name in sorted(kind.explains_silence - set(rules)):
        raise _broken(file, f"{kind.name}.explains_silence", f"there is no rule {name!r}", "Name rules of this kind")
    if kind.inspection is not None and kind.inspection.metric not in metrics:
        place, metric = f"{kind.name}.inspection", kind.inspection.metric
        raise _broken(file, place, f"there is no metric {metric!r}", f"{kind.name} has {', '.join(metrics)}")
    for rule in kind.rules:
        if rule.kind != kind.name:
            raise _broken(file, rule.id, f"this rule of {kind.name} is for another kind", f"Set kind={kind.name!r}")
        conditions: list[Condition] = [rule.when] if rule.unless is None else [rule.when, rule.unless]
        for condition in conditions:
            wrong = misplaced(condition, over=rule.over)
            if wrong is not None:
                told = f"{type(wrong).__name__} cannot stand there in a rule over a {rule.over}"
                raise _broken(file, rule.id, told, "See `domain.rules.Some`")
            for name in sorted(metrics_of(condition) - {*metrics, ONLINE.name}):
                raise _broken(file, rule.id, f"there is no metric {name!r}", f"{kind.name} has {', '.join(metrics)}")
            for name in sorted(limits_of(condition) - set(limits)):
                has = ", ".join(limits) or "none"
                raise _broken(file, rule.id, f"there is no limit {name!r}", f"{kind.name} has {has}")


def _check_reserved(kind: Kind, file: str) -> None:
    """Raises ConfigError for a name that all kinds share."""
    for shared, owner in ((ONLINE, "the status channel"), (DEVICE_CLOCK, "the rule about clocks")):
        if kind.metric(shared.name) is not None:
            place = f"{kind.name}.{shared.name}"
            raise _broken(file, place, f"{owner} owns this name", "Give the metric another name")
    if any(rule.name == CLOCK for rule in kind.rules):
        place = f"{kind.name}.{CLOCK}"
        raise _broken(file, place, "every kind has such a rule already", "Give the rule another name")


def _check_members(kind: Kind, found: Mapping[str, Kind], file: str) -> None:
    """Raises ConfigError when a rule over a building speaks of a kind or metric that nobody declares."""
    for rule in (rule for rule in kind.rules if rule.over is Over.BUILDING):
        for part in (*members_of(rule.when), *(members_of(rule.unless) if rule.unless is not None else ())):
            if part.kind not in found:
                raise _broken(
                    file, rule.id, f"there is no kind {part.kind!r}", f"Use one of {', '.join(sorted(found))}"
                )
            metrics = {*(metric.name for metric in found[part.kind].metrics), ONLINE.name}
            told = metrics_of(part.condition) | (metrics_of(part.unless) if part.unless is not None else frozenset())
            for name in sorted(told - metrics):
                raise _broken(
                    file, rule.id, f"{part.kind} has no metric {name!r}", f"It has {', '.join(sorted(metrics))}"
                )


def _declared(package: ModuleType) -> Iterator[tuple[str, Kind]]:
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{module.name}"
        if name == __name__:
            continue
        for kind in getattr(import_module(name), "KINDS", ()):
            yield name.replace(".", "/") + ("/__init__.py" if module.ispkg else ".py"), kind


def _doubled(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _broken(file: str, place: str, problem: str, remedy: str) -> ConfigError:
    return ConfigError(file=file, place=place, problem=problem, remedy=remedy)
