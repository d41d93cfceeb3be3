"""Windows: leaves of a condition that look at what came before: rate, changed, bad, count.

Promises: three-valued like every leaf: what is missing or bad is unknown, and what was certainly seen stays true until
it leaves the window. Occurrences are dated by when they happened (the device's clock, never later than receipt), so
that what a broker kept for hours is not pressed into one minute. Memory is bounded: a rate keeps one extreme for each
of `SLOTS` parts of its window, the others as many instants as they ask for.
Leaves to others: layout (`alerting.judge`), delays (`alerting.settle`).
"""

from __future__ import annotations

from alerting.facts import Fact, same
from alerting.memory import Remembered
from alerting.view import Judge, LeafMemory, Truth, View, known, number_at
from devices.status import ONLINE
from domain.instants import span_ms
from domain.readings import Value
from domain.rules import Changed, Count, Rate

SLOTS = 16
"""Parts of a rate's window of which one extreme each is kept: a change that just outlasts the window may be seen as up
to a sixteenth of the window shorter."""

Points = list[tuple[int, float]]
"""(instant by the device's clock, value), oldest first."""


def rate(leaf: Rate, age_ms: int | None, place: int) -> Judge:
    """The change within the window against the level."""
    per_ms = span_ms(leaf.per)
    sign, level = (1.0, leaf.above) if leaf.above is not None else (-1.0, leaf.below)

    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        value = known(view, leaf.metric, age_ms)
        result: Truth = None
        if isinstance(value, int | float) and not isinstance(value, bool) and level is not None and not view.as_of:
            at_ms = view.facts[leaf.metric].at_ms
            points = thinned(_points(memory[place]), at_ms, float(value), per_ms, sign)
            memory[place] = tuple(part for point in points for part in point)
            risen = steepest(points, per_ms, sign)
            result = None if risen is None else risen > level
        outcomes.append(result)
        return result

    return judge


def thinned(points: Points, at_ms: int, value: float, per_ms: int, sign: float) -> Points:
    """The points with the newest: those within the window, one a slot, and the last one before it.

    `sign` 1 keeps the lowest of a slot, -1 the highest. Points at or after `at_ms` are gone: the clock was put right,
    or the same instant says something else now.
    """
    slot_ms = max(1, per_ms // (SLOTS - 2))
    kept: Points = []
    for point in [point for point in points if point[0] < at_ms]:
        if point[0] < at_ms - per_ms:
            kept = [point]
            continue
        last = kept[-1] if kept else None
        if last is None or last[0] < at_ms - per_ms or last[0] // slot_ms != point[0] // slot_ms:
            kept.append(point)
        elif point[1] * sign <= last[1] * sign:
            kept[-1] = point
    return [*kept, (at_ms, value)]


def steepest(points: Points, per_ms: int, sign: float) -> float | None:
    """By how much the newest point lies beyond the others (`sign` 1: above them); None when it is the only one.

    A point from before the window counts in proportion: half of what changed in twice the window.
    """
    at_ms, value = points[-1]
    changes = [(value - before) * sign * min(1.0, per_ms / (at_ms - then)) for then, before in points[:-1]]
    return max(changes, default=None)


def _points(remembered: Remembered) -> Points:
    """The opposite of how points are remembered: instants and values in turns."""
    if not isinstance(remembered, tuple) or len(remembered) % 2:
        return []
    pairs = zip(remembered[::2], remembered[1::2], strict=True)
    return [(at, value) for at, value in pairs if isinstance(at, int) and isinstance(value, float)]


def changed(leaf: Changed, age_ms: int | None, place: int) -> Judge:
    """Changes within the window against what is asked for. Remembers the last good value, then instants of changes."""
    within_ms = span_ms(leaf.within)

    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        value = known(view, leaf.metric, age_ms)
        result: Truth = None
        if not view.as_of and (value is not None or age_ms is None):
            remembered = memory[place]
            last, instants = _split(remembered)
            if value is not None:
                if last is not None and not same(last, value):
                    instants = [*instants, _happened_ms(view.facts[leaf.metric])]
                last = value
            fact = view.facts.get(leaf.metric)
            until_ms = _window_end(view, fact if leaf.metric in view.reported else None)
            instants, enough = _within(instants, until_ms, within_ms, leaf.times, view)
            memory[place] = None if last is None else (last, *instants)
            result = True if enough else None if value is None else False
        outcomes.append(result)
        return result

    return judge


def counted(inner: Judge, leaf: Count, age_ms: int | None, place: int) -> Judge:
    """How often `inner` came true within the window. Remembers whether it was true, then the instants."""
    within_ms = span_ms(leaf.within)

    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        pressed_elsewhere, view.pressed = view.pressed, False
        one = inner(view, memory, outcomes)
        pressed, view.pressed = view.pressed, view.pressed or pressed_elsewhere
        result: Truth = None
        if not view.as_of and (one is not None or age_ms is None):
            was_true, instants = _split(memory[place])
            at_ms = view.now_ms if view.instant_ms is None else min(view.now_ms, view.instant_ms)
            if pressed or (one is True and was_true is not True):
                instants = [*instants, at_ms]
            until_ms = at_ms if view.reported else view.now_ms
            instants, enough = _within(instants, until_ms, within_ms, leaf.times, view)
            was_true = one if one is not None else was_true
            memory[place] = (was_true is True, *instants) if instants or was_true else None
            result = True if enough else None if one is None else False
        outcomes.append(result)
        return result

    return judge


def bad(metric: str | None, after_ms: int, place: int) -> Judge:
    """Bad data for so long. Remembers the instant (our own clock) since which nothing good came."""

    def judge(view: View, memory: LeafMemory, outcomes: list[Truth]) -> Truth:
        names = [metric] if metric is not None else [name for name in view.facts if name != ONLINE.name]
        facts = [view.facts[name] for name in names if name in view.facts]
        result: Truth = None
        if facts and not view.as_of:
            result = False
            if any(fact.value is None for fact in facts):
                since_ms = number_at(memory, place)
                since_ms = memory[place] = view.now_ms if since_ms is None else since_ms
                result = view.now_ms - since_ms >= after_ms
                if not result:
                    view.look_again(since_ms + after_ms)
            else:
                memory[place] = None
        outcomes.append(result)
        return result

    return judge


def _split(remembered: Remembered) -> tuple[Value | None, list[int]]:
    """The value in front, and the instants behind it."""
    if not isinstance(remembered, tuple) or not remembered:
        return None, []
    return remembered[0], [at for at in remembered[1:] if isinstance(at, int)]


def _happened_ms(fact: Fact) -> int:
    return min(fact.at_ms, fact.received_ms)


def _window_end(view: View, told: Fact | None) -> int:
    """Where the window ends: at the reading that was just told, however late it came, else now."""
    return view.now_ms if told is None else min(view.now_ms, _happened_ms(told))


def _within(instants: list[int], until_ms: int, within_ms: int, times: int, view: View) -> tuple[list[int], bool]:
    """The newest `times` instants, and whether they all lie in the window; notes when that changes."""
    kept = sorted(instants)[-times:]
    enough = len(kept) >= times and kept[0] > until_ms - within_ms
    if enough:
        view.look_again(max(kept[0] + within_ms, view.now_ms))
    return kept, enough
