"""Revisions in the ledger: which config is in force, and how it became so.

Promises: every revision is kept under its number; the same config again makes no new one; each site's chain tells who
changed what. It holds for all sites, so whoever changes it must be allowed to on each.
Leaves to others: judging by its rules (`alerting.turn`), acting by the rest (`alerting.desk`, `alerting.notices`),
reading files (`watchkeeper.config_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from domain.events import EventType
from domain.people import Actor, Permission
from domain.ports.ledger import CURRENT_RULES, Rows, Transaction
from domain.revisions import Arrangements, Changes, Revision, changes_between, rearranged
from domain.rules import Rule

_NUMBERED = "rules:{}"

log = structlog.get_logger(__name__)


class Revised(msgspec.Struct, frozen=True):
    """The revision in force, and what it changed; nothing where it was in force already."""

    revision: Revision
    changes: Changes


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A revision whose arrangements are still to be read."""

    number: int
    at: datetime
    by: str
    rules: tuple[Rule, ...]
    arrangements: msgspec.Raw = msgspec.Raw(b"null")


def current_number(rows: Rows) -> int | None:
    """The number of the revision in force; None before the first one."""
    told = rows.marks.get(CURRENT_RULES)
    return int(told) if told is not None and told.isdecimal() else None


def revision_of(rows: Rows, number: int) -> Revision | None:
    """The revision of that number; None, logged, for one that another version wrote and this one cannot read.

    Arrangements that cannot be read leave the rules usable: what judges must not hang on a form's new field.
    """
    stored = rows.marks.get(_NUMBERED.format(number))
    if stored is None:
        return None
    try:
        kept = msgspec.json.decode(stored, type=_Kept)
    except msgspec.MsgspecError as error:
        log.error("rules_unreadable", revision=number, error=str(error))  # noqa: TRY400  a sentence, no trace
        return None
    arrangements: Arrangements | None = None
    try:
        arrangements = msgspec.json.decode(kept.arrangements, type=Arrangements | None)
    except msgspec.MsgspecError as error:
        log.error("arrangements_unreadable", revision=number, error=str(error))  # noqa: TRY400
    return Revision(number=kept.number, at=kept.at, by=kept.by, rules=kept.rules, arrangements=arrangements)


def revise(
    tx: Transaction, rules: Sequence[Rule], arrangements: Arrangements | None = None, *, actor: Actor
) -> Revised:
    """Put this config in force; `arrangements` None leaves those that are.

    Raises NotAllowed for an actor who may not change it on every site.
    """
    actor.require(Permission.CHANGE_RULES)
    sites = sorted(site.id for site in tx.devices.sites())
    for site in sites:
        tx.take(site)
        actor.require(Permission.CHANGE_RULES, site)
    number = current_number(tx)
    before = None if number is None else revision_of(tx, number)
    changes = changes_between(before.rules if before is not None else (), rules)
    arranged_before = before.arrangements if before is not None else None
    if arrangements is None:
        arrangements = arranged_before
    else:
        changes = msgspec.structs.replace(changes, arrangements=rearranged(arranged_before, arrangements))
    if before is not None and not changes:
        return Revised(before, changes)
    after = Revision(number=(number or 0) + 1, at=tx.at, by=actor.name, rules=tuple(rules), arrangements=arrangements)
    tx.marks.put(_NUMBERED.format(after.number), msgspec.json.encode(after).decode())
    tx.marks.put(CURRENT_RULES, str(after.number))
    data = {"revision": after.number, "by": after.by, **msgspec.to_builtins(changes)}
    for site in sites:
        tx.events.record(EventType.RULES_REVISED, site, data=data, actor=actor)
    return Revised(after, changes)
