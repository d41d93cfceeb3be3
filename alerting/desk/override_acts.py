"""Overrides, done: set, removed, and entered as a file has them.

Promises: nothing is overridden without a reason and a name; what no kind or rule knows is refused, and so is lowering
what is about life safety; another override about the same takes the place of the one before.
Leaves to others: which one counts (`domain.overrides`), judging by them (`alerting.roster`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from alerting.desk.details import check_note
from alerting.revisions import current_number, revision_of
from devices.registry import kinds
from domain.errors import Invalid, NotFound
from domain.events import EventType
from domain.kinds import Kind
from domain.overrides import Override, WantedOverride, may_be
from domain.people import Actor, Permission
from domain.ports.ledger import Rows, Transaction
from domain.rules import Over, Rule

MOST_OF_A_SITE = 1_000
MOST_DEVICES = 500


class OverrideDetails(WantedOverride, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to be another one. `by`: who decided it, where that is not who enters it."""

    by: str | None = None


def set_override(tx: Transaction, wanted: OverrideDetails, *, actor: Actor) -> Override:
    """Set one. The same again, by whomever, changes nothing."""
    tx.take(wanted.site)
    actor.require(Permission.CHANGE_RULES, wanted.site)
    reason = check_note("reason", wanted.reason)
    known = tx.overrides.every(frozenset({wanted.site}))
    fields = {name: getattr(wanted, name) for name in wanted.__struct_fields__}
    made = Override(**fields | {"id": "", "reason": reason, "by": wanted.by or actor.name, "at": tx.at})
    _check(tx, made)
    before = next((one for one in known if one.target == made.target), None)
    if before is None and len(known) >= MOST_OF_A_SITE:
        raise Invalid(f"site: {wanted.site} has {len(known)} overrides already; remove some, or change the rule itself")
    if before is not None and replace(made, id=before.id, at=before.at, by=before.by) == before:
        return before
    number = before.id if before is not None else f"{wanted.site}-V{tx.next_number(wanted.site, 'override')}"
    after = replace(made, id=number)
    tx.overrides.put(after)
    _tell(tx, EventType.OVERRIDE_SET, after, {"before": before, "after": after}, actor)
    return after


def remove_override(tx: Transaction, override_id: str, *, reason: str, actor: Actor) -> Override:
    """Remove one: what counted before counts again. Raises NotFound."""
    site = tx.overrides.get(override_id).site
    tx.take(site)
    actor.require(Permission.CHANGE_RULES, site)
    words = check_note("reason", reason)
    before = tx.overrides.get(override_id)
    tx.overrides.remove(override_id)
    _tell(tx, EventType.OVERRIDE_REMOVED, before, {"before": before, "reason": words}, actor)
    return before


def register_overrides(tx: Transaction, wanted: Iterable[OverrideDetails], actor: Actor) -> int:
    """Those of a file: how many are new or changed. Nothing is removed."""
    changed = 0
    for one in wanted:
        after = set_override(tx, one, actor=actor)
        changed += after.at == tx.at
    return changed


def _check(tx: Transaction, override: Override) -> None:
    kind = kinds().get(override.kind)
    if kind is None:
        raise Invalid(f"kind: there is no kind {override.kind}; there are {', '.join(sorted(kinds()))}")
    of_limit = (override.limit is not None, override.level is not None)
    of_rule = (override.rule is not None, override.severity is not None)
    if (any(of_limit) and any(of_rule)) or not (all(of_limit) or all(of_rule)):
        raise Invalid("limit: give a limit and its level, or a rule and its severity")
    if override.limit is not None:
        _check_limit(override, kind)
    else:
        _check_rule(override, _rules(tx))
    if len(override.devices) > MOST_DEVICES:
        raise Invalid(f"devices: at most {MOST_DEVICES}; give them a tag, and name that")
    for device in sorted(override.devices):
        try:
            known = tx.devices.get(override.site, device)
        except NotFound as error:
            raise Invalid(f"devices: {override.site} has no device {device}") from error
        if known.kind != override.kind:
            raise Invalid(f"devices: {device} is a {known.kind}, not a {override.kind}")


def _check_limit(override: Override, kind: Kind) -> None:
    names = [limit.name for limit in kind.limits]
    if override.limit not in names:
        told = f"there are {', '.join(names)}" if names else "it has none"
        raise Invalid(f"limit: {kind.name} has no limit {override.limit}; {told}")
    if override.level is None or not math.isfinite(override.level):
        raise Invalid("level: it is not a number")


def _check_rule(override: Override, rules: Sequence[Rule]) -> None:
    of_kind = {rule.name: rule for rule in rules if rule.kind == override.kind and rule.over is Over.DEVICE}
    rule = of_kind.get(override.rule or "")
    if rule is None:
        raise Invalid(f"rule: no rule over a {override.kind} is called {override.rule}; there are {', '.join(of_kind)}")
    if override.severity is not None and not may_be(rule, override.severity):
        raise Invalid(f"severity: {rule.id} is about life safety and is never lowered")


def _rules(rows: Rows) -> Sequence[Rule]:
    number = current_number(rows)
    revision = revision_of(rows, number) if number is not None else None
    if revision is not None:
        return revision.rules
    return [rule for kind in kinds().values() for rule in kind.rules]


def _tell(tx: Transaction, type: EventType, override: Override, said: dict[str, object], actor: Actor) -> None:
    data = {"override": override.id, **{name: value for name, value in said.items() if value is not None}}
    device = next(iter(override.devices)) if len(override.devices) == 1 else None
    tx.events.record(type, override.site, device=device, data=msgspec.to_builtins(data), actor=actor)
