"""Revisions: the rule set as it was decided, numbered.

Promises: what one revision differs in from another, by the ids of rules. Leaves to others: keeping them
(`alerting.revisions`), reading them from files (`watchkeeper.config_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from domain.rules import Rule


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """The whole rule set from `at` until the next one. Numbers count from 1 over the whole installation."""

    number: int
    at: datetime
    by: str
    rules: tuple[Rule, ...]


class RuleChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of rules, each list in order."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def changes_between(before: Iterable[Rule], after: Iterable[Rule]) -> RuleChanges:
    """What `after` adds to, changes in and takes from `before`. Their order says nothing."""
    old, new = {rule.id: rule for rule in before}, {rule.id: rule for rule in after}
    return RuleChanges(
        added=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(rule for rule in new.keys() & old.keys() if new[rule] != old[rule])),
        removed=tuple(sorted(old.keys() - new.keys())),
    )
