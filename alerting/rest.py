"""Rest: whether a rule rests on what is known, told without working out why.

Most readings change nothing for most of the rules that they concern. For conditions of plain leaves (equal, in, above,
below) this tells so at a third of what judging costs: a judgment keeps the outcome of every leaf, because an alarm must
say why.

Promises: True only where judging would find the condition false, ask for no other look, and leave what the leaves
remember as it is (`tests/alerting/test_rest.py` holds the two against each other). Pure.
Leaves to others: conditions that look at time or at what came before; those are always judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count

from alerting.memory import Remembered
from alerting.values import Truth, beyond, one_of
from alerting.view import View, known
from domain.rules import Above, All, Any, Below, Condition, Equals, In, Not, Rule

Rest = Callable[[View, Sequence[Remembered]], bool]
"""Whether a rule rests on a view, given what its leaves remember."""

_Find = Callable[[View, Sequence[Remembered]], Truth]

_PLAIN = Equals | In | Above | Below


def rest_of(rule: Rule, leaves: Sequence[Condition], unless_leaves: int) -> Rest | None:
    """How to tell that the rule rests; None where only judging tells.

    `leaves` are the rule's, in the order in which judging lays them out; from `unless_leaves` on they are its filter's.
    """
    when, unless = leaves[:unless_leaves], leaves[unless_leaves:]
    if not all(isinstance(leaf, _PLAIN) for leaf in when) or not all(isinstance(leaf, Equals | In) for leaf in unless):
        return None  # a level in a filter remembers, even while the filter hides nothing
    holds = _layout(rule.when, count())
    number = len(leaves)
    levels = [(place, _leaf(leaf, place)) for place, leaf in enumerate(when) if isinstance(leaf, Above | Below)]

    def at_rest(view: View, remembered: Sequence[Remembered]) -> bool:
        if len(remembered) != number:
            return False  # another condition left that, before the rule was changed
        for place, find in levels:
            past = find(view, remembered)
            if past is not None and remembered[place] != (1 if past else None):
                return False
        return holds(view, remembered) is False

    return at_rest


def _layout(condition: Condition, places: Iterator[int]) -> _Find:
    """The condition as one function that stops where its outcome is known. `places` numbers its leaves."""
    match condition:
        case All(of=parts):
            return _joined([_layout(part, places) for part in parts], decisive=False)
        case Any(of=parts):
            return _joined([_layout(part, places) for part in parts], decisive=True)
        case Not(condition=inner):
            return _not(_layout(inner, places))
        case _:
            return _leaf(condition, next(places))


def _joined(parts: Sequence[_Find], *, decisive: bool) -> _Find:
    def find(view: View, remembered: Sequence[Remembered]) -> Truth:
        result: Truth = not decisive
        for part in parts:
            one = part(view, remembered)
            if one is decisive:
                return decisive
            if one is None:
                result = None
        return result

    return find


def _not(inner: _Find) -> _Find:
    def find(view: View, remembered: Sequence[Remembered]) -> Truth:
        one = inner(view, remembered)
        return None if one is None else not one

    return find


def _leaf(leaf: Condition, place: int) -> _Find:
    match leaf:
        case Above(metric=metric, level=level, clear=clear):
            sign = 1.0
        case Below(metric=metric, level=level, clear=clear):
            sign = -1.0
        case Equals(metric=metric, value=value):
            return _among(metric, one_of((value,)))
        case In(metric=metric, values=values):
            return _among(metric, one_of(values))
        case _:
            raise TypeError(f"{leaf} is no plain leaf")

    def find(view: View, remembered: Sequence[Remembered]) -> Truth:
        value = known(view, metric, None)
        return beyond(value, level, clear, sign, view.limits, was_past=remembered[place] is not None)[0]

    return find


def _among(metric: str, found: Callable[..., Truth]) -> _Find:
    def find(view: View, _: Sequence[Remembered]) -> Truth:
        return found(known(view, metric, None))

    return find
