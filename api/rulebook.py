"""The rules in force, for whoever asks.

Promises: the ledger's current revision, read again only when its number changed; before the first one, and for one that
cannot be read, the rules that this process was started with. Leaves to others: revising (`alerting.revisions`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from alerting.revisions import current_number, revision_of
from domain.ports.ledger import Rows
from domain.revisions import Revision
from domain.rules import Rule


class RulesInForce(msgspec.Struct, frozen=True):
    """`revision` None: they are those of this process's own files."""

    rules: tuple[Rule, ...]
    revision: Revision | None = None


class RuleBook:
    """Follows the ledger. Any thread: the worst that two at a time do is to read twice."""

    def __init__(self, files: Sequence[Rule]) -> None:
        self._files = tuple(files)
        self._seen: Revision | None = None

    def in_force(self, rows: Rows) -> RulesInForce:
        """The rules as `rows` have them."""
        number, seen = current_number(rows), self._seen
        if number is None:
            return RulesInForce(self._files)
        if seen is None or seen.number != number:
            seen = revision_of(rows, number)
            self._seen = seen
        return RulesInForce(self._files) if seen is None else RulesInForce(seen.rules, seen)
