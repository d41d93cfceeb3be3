"""Rules: what makes a subject abnormal, as data.

Promises: conditions as a closed set of strict, serialisable values; a rule carries what the operator needs to act
(consequence, response, time to respond). Written in TOML as
`when = { is = "above", metric = "motor_temp_c", level = 80.0, clear = 75.0 }`.
Leaves to others: judging them (`alerting.judge`), loading and checking files (`watchkeeper.config_files`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain.readings import Value
from domain.texts import Text

NO_DELAY = timedelta(0)

MOST_TIMES = 100
"""What `changed` and `count` may ask for at most: each occurrence is remembered."""


class Severity(StrEnum):
    """How soon a person must act, highest first. `advisory` opens an order without sound or alarm figures."""

    URGENT = "urgent"
    IMPORTANT = "important"
    GENERAL = "general"
    ADVISORY = "advisory"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(Severity).index(self)


class LimitOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level taken from the device's limits: `{ limit = "rated_speed_mps", times = 1.15 }`."""

    limit: str
    times: float = 1.0


Level = float | LimitOf


class _Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is"):
    """Base of every condition. The tag `is` names it in TOML and JSON."""


class Equals(_Condition, frozen=True, forbid_unknown_fields=True, tag="equals"):
    """The metric's latest value is exactly this."""

    metric: str
    value: Value


class In(_Condition, frozen=True, forbid_unknown_fields=True, tag="in"):
    """The metric's latest value is one of these."""

    metric: str
    values: tuple[Value, ...]


class Coded(_Condition, frozen=True, forbid_unknown_fields=True, tag="coded"):
    """The metric's latest value is a code that the site's code map puts into this group.

    Replaced by `In` when rules are loaded (`resolve_codes`): vendors and editions number faults differently, so the
    codes are config (`config/fault_codes.toml`), not part of the rule.
    """

    metric: str
    group: str


class Above(_Condition, frozen=True, forbid_unknown_fields=True, tag="above"):
    """The metric rose over `level` and has not yet come down to `clear` (default: the level itself)."""

    metric: str
    level: Level
    clear: Level | None = None


class Below(_Condition, frozen=True, forbid_unknown_fields=True, tag="below"):
    """The metric fell under `level` and has not yet come up to `clear` (default: the level itself)."""

    metric: str
    level: Level
    clear: Level | None = None


class Pressed(_Condition, frozen=True, forbid_unknown_fields=True, tag="pressed"):
    """A button: every report of `true` on the event channel is a press, and so is `true` after something else on
    telemetry. A press by event lasts `holds` unless `false` comes earlier; on telemetry it lasts until `false`.
    """

    metric: str
    holds: timedelta = timedelta(seconds=10)


class Silent(_Condition, frozen=True, forbid_unknown_fields=True, tag="silent"):
    """Nothing was received for `after`, or for `intervals` times the device's own interval.

    Counted on receipt time, only while we are connected and caught up.
    """

    after: timedelta | None = None
    intervals: float | None = None


class Missing(_Condition, frozen=True, forbid_unknown_fields=True, tag="missing"):
    """The metric was not reported as `value` for `after`: a test call that must come every three days."""

    metric: str
    value: Value
    after: timedelta


class Rate(_Condition, frozen=True, forbid_unknown_fields=True, tag="rate"):
    """The metric changed by more than this within `per`: rose by more than `above`, or fell by more than `below`.

    Exactly one of the two, in the metric's unit and over 0. The newest value is compared with the extreme of the `per`
    before it, by the device's own clock; where it reports less often, with the value before, in proportion.
    """

    metric: str
    per: timedelta
    above: float | None = None
    below: float | None = None


class Changed(_Condition, frozen=True, forbid_unknown_fields=True, tag="changed"):
    """The metric's value changed `times` times or more within `within`. The first value ever is no change."""

    metric: str
    within: timedelta
    times: int = 1


class Bad(_Condition, frozen=True, forbid_unknown_fields=True, tag="bad"):
    """The metric (None: any of the kind's) has been coming bad, without one good value between, for `after`."""

    metric: str | None = None
    after: timedelta = NO_DELAY


class Count(_Condition, frozen=True, forbid_unknown_fields=True, tag="count"):
    """`condition` came true `times` times or more within `within`; of a button, every press counts."""

    condition: Condition
    times: int
    within: timedelta


class Some(_Condition, frozen=True, forbid_unknown_fields=True, tag="some"):
    """For rules over a building: of at least one of its devices of this kind `condition` certainly holds.

    `unless` takes out devices of which it certainly holds, however long ago it was said. What is known of one member
    decides; one that is silent or bad leaves the answer open, unless another gives it. Judged on what members say now:
    conditions with a memory (pressed, silent, rate, ...) cannot stand here.
    """

    kind: str
    condition: Condition
    unless: Condition | None = None


class Alarmed(_Condition, frozen=True, forbid_unknown_fields=True, tag="alarmed"):
    """For rules over a building: the rule of this name is active on one of its devices, of whatever kind.

    `alarmed fire` follows every kind that has a rule called `fire`, also those that are still to come.
    """

    rule: str


class All(_Condition, frozen=True, forbid_unknown_fields=True, tag="all"):
    """Every one of these holds."""

    of: tuple[Condition, ...]


class Any(_Condition, frozen=True, forbid_unknown_fields=True, tag="any"):
    """At least one of these holds."""

    of: tuple[Condition, ...]


class Not(_Condition, frozen=True, forbid_unknown_fields=True, tag="not"):
    """This does not hold. Of an unknown value nothing is said: neither it nor its opposite holds."""

    condition: Condition


Condition = (
    Equals
    | In
    | Coded
    | Above
    | Below
    | Pressed
    | Silent
    | Missing
    | Rate
    | Changed
    | Bad
    | Count
    | Some
    | Alarmed
    | All
    | Any
    | Not
)


class Over(StrEnum):
    """What a rule is judged over, and what its alarm is about."""

    DEVICE = "device"
    BUILDING = "building"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes a device of one kind abnormal, and what a person should do about it.

    A rule is active while `when` is true and `unless` is not certainly true: an unknown or old value never hides
    an alarm, so `unless` looks only at values received within `unless_age`. `on_delay` must be outlasted before it
    is raised, `off_delay` before it returns. `only` restricts it to devices that carry all of these tags, `never`
    excludes those that carry any. One `over` a building is judged on its devices together (`Some`, `Alarmed`), where it
    has any of `kind`. `template` names the work order to open; None means the severity's own.
    """

    kind: str
    name: str
    severity: Severity
    title: Text
    consequence: Text
    response: Text
    time_to_respond: timedelta
    when: Condition
    unless: Condition | None = None
    unless_age: timedelta = timedelta(seconds=60)
    on_delay: timedelta = NO_DELAY
    off_delay: timedelta = NO_DELAY
    life_safety: bool = False
    latched: bool = False
    template: str | None = None
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    over: Over = Over.DEVICE

    @property
    def id(self) -> str:
        """`kind.name`, unique in a rule set."""
        return f"{self.kind}.{self.name}"


def every_part(condition: Condition) -> Iterator[Condition]:
    """The condition and everything within it, also what it asks of the devices of a building."""
    yield condition
    match condition:
        case All(of=parts) | Any(of=parts):
            for part in parts:
                yield from every_part(part)
        case Not(condition=inner) | Count(condition=inner):
            yield from every_part(inner)
        case Some(condition=inner, unless=unless):
            yield from every_part(inner)
            if unless is not None:
                yield from every_part(unless)
        case _:
            pass


def rewritten(condition: Condition, change: Callable[[Condition], Condition]) -> Condition:
    """The condition with `change` made of every part, the innermost first."""
    match condition:
        case All(of=parts) | Any(of=parts):
            return change(replace(condition, of=tuple(rewritten(part, change) for part in parts)))
        case Not(condition=inner) | Count(condition=inner):
            return change(replace(condition, condition=rewritten(inner, change)))
        case Some(condition=inner, unless=unless):
            hidden = None if unless is None else rewritten(unless, change)
            return change(replace(condition, condition=rewritten(inner, change), unless=hidden))
        case _:
            return change(condition)


def metrics_of(condition: Condition) -> frozenset[str]:
    """The names of all metrics that a condition reads."""
    match condition:
        case All(of=parts) | Any(of=parts):
            return frozenset().union(*(metrics_of(part) for part in parts))
        case Not(condition=inner) | Count(condition=inner):
            return metrics_of(inner)
        case Silent() | Some() | Alarmed():
            return frozenset()
        case Bad(metric=metric):
            return frozenset() if metric is None else frozenset({metric})
        case _:
            return frozenset({condition.metric})


def limits_of(condition: Condition) -> frozenset[str]:
    """The names of all device limits that a condition's levels are taken from."""
    match condition:
        case All(of=parts) | Any(of=parts):
            return frozenset().union(*(limits_of(part) for part in parts))
        case Not(condition=inner) | Count(condition=inner):
            return limits_of(inner)
        case Above(level=level, clear=clear) | Below(level=level, clear=clear):
            return frozenset(one.limit for one in (level, clear) if isinstance(one, LimitOf))
        case _:
            return frozenset()


def members_of(condition: Condition) -> tuple[Some, ...]:
    """The parts of a condition over a building that look at members."""
    match condition:
        case All(of=parts) | Any(of=parts):
            return tuple(one for part in parts for one in members_of(part))
        case Not(condition=inner):
            return members_of(inner)
        case Some():
            return (condition,)
        case _:
            return ()


def misplaced(condition: Condition, *, over: Over, within_member: bool = False) -> Condition | None:
    """The first part that cannot stand there: of members in a rule over a device, of one device in one over a
    building, with a memory within `Some`.
    """
    inner: tuple[Condition, ...] = ()
    match condition:
        case All(of=parts) | Any(of=parts):
            allowed, inner = True, parts
        case Not(condition=one):
            allowed, inner = True, (one,)
        case Equals() | In() | Coded():
            allowed = within_member or over is Over.DEVICE
        case Above(clear=clear) | Below(clear=clear):
            allowed = clear is None if within_member else over is Over.DEVICE
        case Some(condition=one, unless=unless):
            allowed, inner = not within_member and over is Over.BUILDING, (one,) if unless is None else (one, unless)
            within_member = True
        case Alarmed():
            allowed = not within_member and over is Over.BUILDING
        case Count(condition=one):
            allowed, inner = not within_member and over is Over.DEVICE, (one,)
        case _:
            allowed = not within_member and over is Over.DEVICE
    if not allowed:
        return condition
    found = (misplaced(part, over=over, within_member=within_member) for part in inner)
    return next((one for one in found if one is not None), None)


def resolve_codes(condition: Condition, groups: Mapping[str, tuple[Value, ...]]) -> Condition:
    """The condition with every `Coded` replaced by the codes of its group. Raises KeyError for an unknown group."""

    def resolved(part: Condition) -> Condition:
        return In(metric=part.metric, values=groups[part.group]) if isinstance(part, Coded) else part

    return rewritten(condition, resolved)
