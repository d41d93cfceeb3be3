"""Revisions: the config as it was decided, numbered.

Promises: what one revision differs in from another, by name. Leaves to others: keeping them (`alerting.revisions`),
reading them from files (`watchkeeper.config_files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from domain.duties import NO_DUTIES, DutyBook
from domain.escalation import NO_PLAN, Plan
from domain.maintenance import MaintenanceWindow
from domain.rules import Rule
from domain.workorders import Template


class Arrangements(msgspec.Struct, frozen=True, kw_only=True):
    """What config says beside rules: forms of work orders, whom to call and by which channels, duties, maintenance.

    `channels` are their declarations as whoever opens them wrote them down: secrets only by name.
    """

    templates: dict[str, Template]
    plan: Plan = NO_PLAN
    channels: dict[str, dict[str, Any]] = {}
    duties: DutyBook = NO_DUTIES
    windows: tuple[MaintenanceWindow, ...] = ()


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The whole config from `at` until the next one. Numbers count from 1 over the whole installation.

    `arrangements` None: it was written before they were kept here; each process goes by what it started with.
    """

    number: int
    at: datetime
    by: str
    rules: tuple[Rule, ...]
    arrangements: Arrangements | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of rules, and what else changed as `template fire` or `person lin`, each list in order."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    arrangements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.arrangements)


def changes_between(before: Iterable[Rule], after: Iterable[Rule]) -> Changes:
    """What `after` adds to, changes in and takes from `before`. Their order says nothing."""
    old, new = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(rule for rule in new.keys() & old.keys() if new[rule] != old[rule])),
        removed=tuple(sorted(old.keys() - new.keys())),
    )


def rearranged(before: Arrangements | None, after: Arrangements) -> tuple[str, ...]:
    """What differs, each as `template fire`. Everything, when nothing is known of before."""
    old = dict(_named(before)) if before is not None else {}
    new = dict(_named(after))
    return tuple(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))


def _named(arranged: Arrangements) -> Iterator[tuple[str, object]]:
    """Every part under the name that people know it by."""
    directory = arranged.plan.directory
    parts: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("template", arranged.templates),
        ("policy", {policy.name: policy for policy in arranged.plan.policies}),
        ("person", directory.people),
        ("position", directory.positions),
        ("channel", arranged.channels),
        ("duty", arranged.duties.duties),
        ("fault review of", {review.duty: review for review in arranged.duties.reviews}),
        ("maintenance window", {f"{window.site}/{window.name}": window for window in arranged.windows}),
    )
    for what, named in parts:
        for name, part in named.items():
            yield f"{what} {name}", part
    yield "calls of clocks", arranged.plan.clocks
    yield "fallback", directory.fallback
