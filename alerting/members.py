"""Members: does the condition of a rule over a building hold on what is known of its devices?

Promises: pure and three-valued, like every judging. A rule over a building has the shape of any other: it is active
while `when` is true and `unless` is not certainly true, and `unless` looks only at what was received within
`unless_age`. So what is unknown never hides an alarm, and never raises one by itself: for *no elevator in service* one
car must certainly be out, and none certainly in service; a car that fell silent is not in service for that matter, but
buildings whose cars are all merely silent are what the rules about silence are for.
Leaves to others: which devices belong together and when to look (`alerting.groups`), delays (`alerting.settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any as Anything

import msgspec

from alerting.facts import Fact
from alerting.judge import Verdict, layout
from alerting.memory import DeviceMemory, Phase, Remembered
from alerting.roster import Watched
from alerting.view import Judge, Truth, View
from domain.errors import ConfigError
from domain.instants import from_ms, span_ms
from domain.rules import Alarmed, All, Any, Condition, Not, Rule, Some, members_of

MOST_NAMED = 20
"""Devices named in the reasons; the rest is counted."""


class Member(msgspec.Struct, frozen=True, gc=False):
    """One device of the building, and what is remembered of it."""

    watched: Watched
    memory: DeviceMemory


Members = Mapping[str, Sequence[Member]]
"""The building's devices, by kind."""


class Look(msgspec.Struct):
    """One look at a building at `now_ms`, and when time alone may change what was found (`review_ms`).

    `fresh_from_ms`: values received earlier count as received then, None for none: after we were away every device has
    its full span to be heard again. `rows`: what was found of each leaf, for whoever asks for the reasons.
    """

    members: Members
    now_ms: int
    fresh_from_ms: int | None = None
    rows: list[dict[str, Anything]] | None = None
    review_ms: int | None = None


_JudgeMembers = Callable[[Look], Truth]


class GroupInForce:
    """A rule over a building, laid out. Raises ConfigError for a condition that cannot be judged over devices."""

    nothing: tuple[Remembered, ...] = ()

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.on_delay_ms, self.off_delay_ms = span_ms(rule.on_delay), span_ms(rule.off_delay)
        self.may_stretch = not rule.life_safety
        self.unless_age_ms = span_ms(rule.unless_age)
        self._when = _layout_members(rule.when, None, rule)
        self._unless = None if rule.unless is None else _layout_members(rule.unless, self.unless_age_ms, rule)
        parts = (rule.when,) if rule.unless is None else (rule.when, rule.unless)
        self.kinds = frozenset({rule.kind, *(one.kind for part in parts for one in members_of(part))})
        self.alarmed = frozenset(name for part in parts for name in _names_of(part))

    def judge(self, look: Look) -> Verdict:
        """What the condition comes to."""
        when = self._when(look)
        look.review_ms = None
        holds, filtered = when, False
        if self._unless is not None and when is not False:
            filtered = self._unless(look) is True
            holds = False if filtered else when
        return Verdict(holds, when, filtered, (), (), look.review_ms if filtered else None)

    def explain(self, look: Look) -> dict[str, Anything]:
        """The reasons of what `judge` finds by the same look, ready for JSON."""
        leaves: list[dict[str, Anything]] = []
        look.rows = leaves
        when = self._when(look)
        why: dict[str, Anything] = {"judged_at": from_ms(look.now_ms).isoformat(), "holds": when, "leaves": leaves}
        if self._unless is not None:
            hiding: list[dict[str, Anything]] = []
            look.rows = hiding
            hidden = when is not False and self._unless(look) is True
            why["holds"] = False if hidden else when
            why["filter"] = {"hidden": hidden, "leaves": hiding}
        return why


def _names_of(condition: Condition) -> frozenset[str]:
    match condition:
        case All(of=parts) | Any(of=parts):
            return frozenset().union(*(_names_of(part) for part in parts))
        case Not(condition=inner):
            return _names_of(inner)
        case Alarmed(rule=name):
            return frozenset({name})
        case _:
            return frozenset()


def _layout_members(condition: Condition, age_ms: int | None, rule: Rule) -> _JudgeMembers:
    match condition:
        case All(of=parts):
            return _combined([_layout_members(part, age_ms, rule) for part in parts], decisive=False)
        case Any(of=parts):
            return _combined([_layout_members(part, age_ms, rule) for part in parts], decisive=True)
        case Not(condition=inner):
            return _opposite(_layout_members(inner, age_ms, rule))
        case Some():
            return _some(condition, age_ms, rule)
        case Alarmed(rule=name):
            return _alarmed(name)
        case _:
            raise ConfigError(
                file="rules",
                place=f"{rule.id}.when",
                problem="a rule over a building says nothing of one device",
                remedy='Write { is = "some", kind = ..., condition = ... }',
            )


def _combined(parts: Sequence[_JudgeMembers], *, decisive: bool) -> _JudgeMembers:
    """All (`decisive` False) or any (True) of the parts; each is judged, for the sake of the reasons."""

    def judge(look: Look) -> Truth:
        truths = [part(look) for part in parts]
        return decisive if decisive in truths else None if None in truths else not decisive

    return judge


def _opposite(inner: _JudgeMembers) -> _JudgeMembers:
    def judge(look: Look) -> Truth:
        said = inner(look)
        return None if said is None else not said

    return judge


def _some(leaf: Some, age_ms: int | None, rule: Rule) -> _JudgeMembers:
    holds, sizes = _stateless(leaf.condition, age_ms, rule)
    hidden = _stateless(leaf.unless, None, rule) if leaf.unless is not None else None

    def judge(look: Look) -> Truth:
        true: list[str] = []
        unknown: list[str] = []
        members = [one for one in look.members.get(leaf.kind, ()) if _included(one, rule)]
        for member in members:
            view = _view(member, look)
            said = holds(view, [None] * sizes, [])
            if said is not False and hidden is not None and hidden[0](view, [None] * hidden[1], []) is True:
                said = False
            if said is True and view.review_ms is not None:
                look.review_ms = min(look.review_ms or view.review_ms, view.review_ms)
            if said is not False:
                (unknown if said is None else true).append(member.watched.device.id)
        result: Truth = True if true else None if unknown else False
        if look.rows is not None:
            look.rows.append(
                {
                    "is": "some",
                    "kind": leaf.kind,
                    "condition": msgspec.to_builtins(leaf.condition),
                    "holds": result,
                    "devices": true[:MOST_NAMED],
                    "unknown": unknown[:MOST_NAMED],
                    "counts": {"true": len(true), "unknown": len(unknown), "all": len(members)},
                }
            )
        return result

    return judge


def _alarmed(name: str) -> _JudgeMembers:
    def judge(look: Look) -> Truth:
        active = [
            member.watched.device.id
            for members in look.members.values()
            for member in members
            if (found := member.memory.conditions.get(name)) is not None
            and found.phase in (Phase.ACTIVE, Phase.CLEARING)
        ]
        if look.rows is not None:
            look.rows.append({"is": "alarmed", "rule": name, "holds": bool(active), "devices": active[:MOST_NAMED]})
        return bool(active)

    return judge


def _stateless(condition: Condition, age_ms: int | None, rule: Rule) -> tuple[Judge, int]:
    """The condition as one function of a view, and how many leaves it has."""
    leaves: list[Condition] = []
    return layout(condition, leaves, age_ms, rule), len(leaves)


def _included(member: Member, rule: Rule) -> bool:
    tags = member.watched.device.tags
    return rule.only <= tags and not rule.never & tags


def _view(member: Member, look: Look) -> View:
    facts, known = member.memory.facts, member.memory.facts.values
    instant_ms: int | None = None
    if look.fresh_from_ms is not None:
        known = {name: _not_before(fact, look.fresh_from_ms) for name, fact in known.items()}
    elif facts.newest_at_ms is not None and facts.heard_ms is not None:
        instant_ms = facts.newest_at_ms + max(0, look.now_ms - facts.heard_ms)
    watched = member.watched
    view = View(
        known, look.now_ms, limits=watched.limits, interval_ms=watched.interval_ms, heard_ms=facts.heard_ms
    )  # fmt: skip
    view.instant_ms = instant_ms
    return view


def _not_before(fact: Fact, from_ms: int) -> Fact:
    return fact if fact.received_ms >= from_ms else msgspec.structs.replace(fact, received_ms=from_ms)
