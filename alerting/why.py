"""Why: what a person asks later about an alarm, ready for JSON.

Promises: the reading, every leaf with its value, levels and both instants, which of them decided, what the filter
said, and the hold. Made only when there is something to tell. Leaves to others: keeping and showing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from alerting.judge import RuleInForce, Verdict
from alerting.values import level_of
from alerting.view import Truth, View
from domain.instants import from_ms
from domain.overrides import Override
from domain.readings import Reading
from domain.rules import Above, Below, Condition, Count, Silent, limits_of
from domain.rules import All as AllOf
from domain.rules import Any as AnyOf
from domain.rules import Not as NotThat


def moment(at_ms: int | None) -> str | None:
    """An instant as RFC 3339 in UTC."""
    return None if at_ms is None else from_ms(at_ms).isoformat()


def explain(
    rule: RuleInForce,
    view: View,
    verdict: Verdict,
    *,
    reading: Reading | None,
    since_ms: int | None = None,
    overrides: Sequence[Override] = (),
) -> dict[str, Any]:
    """The reasons of `verdict`. `reading` None: time alone brought it about. `since_ms`: begin of its hold.

    `overrides` are those that count for the device; what they change of this rule is told.
    """
    told = list(zip(rule.leaves, verdict.outcomes, strict=False))
    when, unless = told[: rule.unless_leaves], told[rule.unless_leaves :]
    _, decisive = _said(rule.rule.when, iter([outcome for _, outcome in when]))
    why: dict[str, Any] = {
        "judged_at": moment(view.now_ms),
        "holds": verdict.holds,
        "leaves": [
            _leaf(leaf, outcome, decided, view) for (leaf, outcome), decided in zip(when, decisive, strict=True)
        ],
        "known": {metric: fact.value for metric, fact in view.facts.items()},
    }
    if rule.rule.unless is not None:
        why["filter"] = {"hidden": verdict.filtered, "leaves": [_leaf(one, said, None, view) for one, said in unless]}
    if since_ms is not None:
        why["hold"] = {
            "since": moment(since_ms),
            "on_delay_s": rule.on_delay_ms / 1000,
            "off_delay_s": rule.off_delay_ms / 1000,
        }
    changed = [override_told(one) for one in overrides if one.concerns(rule.rule, _limits_of(rule))]
    if changed:
        why["overrides"] = changed
    if reading is not None:
        why["reading"] = {
            "at": moment(reading.at_ms),
            "sent": moment(reading.sent_ms) if not reading.clock_suspect else reading.sent_ms,
            "received": moment(reading.received_ms),
            "channel": reading.channel.value,
            "values": dict(reading.values),
            "bad": list(reading.bad),
            "clock_suspect": reading.clock_suspect,
        }
    return why


def override_told(override: Override) -> dict[str, Any]:
    """What was changed, by whom, when and why."""
    told = {
        "id": override.id,
        "limit": override.limit,
        "level": override.level,
        "severity": override.severity,
        "reason": override.reason,
        "by": override.by,
        "set": override.at.isoformat(),
    }
    return {name: value for name, value in told.items() if value is not None}


def _limits_of(rule: RuleInForce) -> frozenset[str]:
    parts = (rule.rule.when,) if rule.rule.unless is None else (rule.rule.when, rule.rule.unless)
    return frozenset().union(*(limits_of(part) for part in parts))


def _leaf(leaf: Condition, outcome: Truth, decided: bool | None, view: View) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(leaf)
    row["holds"] = outcome
    if decided is not None:
        row["decided"] = decided
    if isinstance(leaf, Silent):
        row["last_received"] = moment(view.heard_ms)
        return row
    metric = row.get("metric")
    fact = view.facts.get(metric) if isinstance(metric, str) else None
    if fact is not None:
        row["observed"] = fact.value
        row["at"], row["received"] = moment(fact.at_ms), moment(fact.received_ms)
    if isinstance(leaf, Above | Below):
        row["level"] = level_of(leaf.level, view.limits)
        row["clear"] = row["level"] if leaf.clear is None else level_of(leaf.clear, view.limits)
    return row


def _said(condition: Condition, outcomes: Iterator[Truth]) -> tuple[Truth, list[bool]]:
    """What a part came to by its leaves' outcomes, and which of its leaves brought that about."""
    match condition:
        case AllOf(of=parts) | AnyOf(of=parts):
            told = [_said(part, outcomes) for part in parts]
            truths = [truth for truth, _ in told]
            wins = isinstance(condition, AnyOf)
            truth: Truth = wins if wins in truths else None if None in truths else not wins
            return truth, [one and said is truth for said, inner in told for one in inner]
        case Count(condition=inner_condition):
            _, inner = _said(inner_condition, outcomes)
            return next(outcomes), [*inner, True]
        case NotThat(condition=inner_condition):
            said, inner = _said(inner_condition, outcomes)
            return (None if said is None else not said), inner
        case _:
            return next(outcomes), [True]
