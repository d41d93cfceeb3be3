"""Facts: what is known of one device, and how a reading adds to it.

Promises: the latest value of each metric with both its instants; a metric that came bad is *unknown*, never the last
good value. Each value is let through once: periodic telemetry only when newer than what is known of its metric, an
event once by its identity however late; a device whose clock cannot be gone by is taken in the order of arrival. Pure.
Leaves to others: whether a clock can (`alerting.device_clock`), what the values mean (`alerting.judge`), late telemetry
that still may say something about life safety (`alerting.late`), keeping facts (`alerting.memory`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from alerting.device_clock import (
    FINE,
    ClockMemory,
    ClockState,
    fell_behind,
    moved_on,
    stood_still,
    told_before,
    unbelieved,
)
from devices.clock import DEVICE_CLOCK
from domain.readings import Channel, Reading, Value

EVENTS_REMEMBERED = 256
"""Event readings remembered by identity, so that one that comes again is not judged again. Beyond a whole broker
window of one device's own events; the oldest are forgotten first."""


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The latest of one metric. `value` None means that it came bad: nothing is known since `at_ms`.

    `at_ms` is the reading's instant, and the watermark: telemetry that is not newer is late. `received_ms` is our
    own clock when the value was last confirmed.
    """

    value: Value | None
    at_ms: int
    received_ms: int
    channel: Channel


class Facts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of a device.

    `heard_ms`: receipt of the newest message of its own (a last will is the broker's, not the device's).
    `newest_at_ms`: the newest instant by the device's own clock. `clock_suspect`: whether an instant was not believed
    since the newest that was. `events`: identity (`ts` as sent) of recent event readings, with the values judged of
    each. `clock`: what is known of its clock; how it stands is a value too, once it was not right. `told_ms`: the
    newest `ts` that was ever believed of it, wherever its clock was set since: what is not newer may have been judged
    before. `unbelieved`: the first and the last `ts` of those that were not, for the same reason.
    """

    values: dict[str, Fact] = {}
    heard_ms: int | None = None
    newest_at_ms: int | None = None
    clock_suspect: bool = False
    events: dict[int, dict[str, Value]] = {}
    clock: ClockMemory = FINE
    told_ms: int | None = None
    unbelieved: tuple[int, int] | None = None


NOTHING_KNOWN = Facts()


class Learned(msgspec.Struct, frozen=True, gc=False):
    """What one reading adds: the facts with it, and which of its values are to be judged.

    `fresh` values became facts (None: it came bad). `late` ones are older than the facts and left them alone.
    `changed` names fresh metrics whose value differs from what was known.
    """

    facts: Facts
    fresh: dict[str, Value | None]
    late: dict[str, Value]
    changed: tuple[str, ...]


def same(one: Value | None, other: Value | None) -> bool:
    """Equal and of one sort: `true` is not 1."""
    return one == other and (type(one) is bool) == (type(other) is bool)


def learn(facts: Facts, reading: Reading, metrics: frozenset[str]) -> Learned:
    """The reading's part of `metrics` (those of its kind), sifted against what is known.

    An instant that came without `ts`, or with one that cannot be believed, says nothing about order and identity:
    such a reading is always fresh, in the order of arrival, and so is one of a clock that stands still. A button with a
    dead clock must not become a repetition of its first press. Only telemetry of a time when its clock was wrong, once
    that was put right, comes again (`_comes_again`).
    """
    again = _comes_again(facts, reading, metrics) if reading.clock_suspect else None
    return _sifted(facts, reading, metrics) if again is None else again


def _sifted(facts: Facts, reading: Reading, metrics: frozenset[str]) -> Learned:
    """What is new of it, and what late."""
    at_ms, received_ms, channel = reading.at_ms, reading.received_ms, reading.channel
    is_event = channel is Channel.EVENT
    known, newest_ms, clock, believed = _dated(facts, reading)
    told = facts.events.get(reading.sent_ms) if is_event and believed and reading.sent_ms is not None else None
    fresh: dict[str, Value | None] = {}
    late: dict[str, Value] = {}
    changed: list[str] = []
    in_order = not believed or newest_ms is None or at_ms > newest_ms
    for metric, value in reading.values.items():
        if metric not in metrics or (told is not None and metric in told and same(told[metric], value)):
            continue
        fact = known.get(metric)
        if fact is not None and not in_order and (at_ms < fact.at_ms or (at_ms == fact.at_ms and not is_event)):
            if at_ms < fact.at_ms or not same(value, fact.value):  # else it is the same again
                late[metric] = value
            continue
        fresh[metric] = value
        if fact is None or fact.value != value:
            changed.append(metric)
    for metric in _bad_now(reading, metrics, known, in_order=in_order) if reading.bad else ():
        fresh[metric] = None
        if metric not in known or known[metric].value is not None:
            changed.append(metric)
    if clock.state is not facts.clock.state:
        fresh[DEVICE_CLOCK.name] = clock.state.value
        changed.append(DEVICE_CLOCK.name)
    if fresh:
        known = dict(known)
        for metric, new in fresh.items():
            known[metric] = Fact(new, at_ms, received_ms, channel)
    events = facts.events
    if is_event and believed and reading.sent_ms is not None and (fresh or late):
        events = _remembered(events, reading.sent_ms, reading.values)
    heard_ms = facts.heard_ms
    if channel is not Channel.STATUS:
        heard_ms = received_ms if heard_ms is None else max(heard_ms, received_ms)
        newest_ms = at_ms if newest_ms is None else max(newest_ms, at_ms)
    suspect, told_ms, span = _told(facts, reading)
    after = Facts(known, heard_ms, newest_ms, suspect, events, clock, told_ms, span)
    return Learned(after, fresh, late, tuple(changed))


def _told(facts: Facts, reading: Reading) -> tuple[bool, int | None, tuple[int, int] | None]:
    """What is remembered of the instants that it told of, believed or not, with those of the reading."""
    sent_ms, told_ms, span = reading.sent_ms, facts.told_ms, facts.unbelieved
    if reading.clock_suspect and sent_ms is not None:
        return True, told_ms, (sent_ms, sent_ms) if span is None else (min(span[0], sent_ms), max(span[1], sent_ms))
    if sent_ms is not None and not told_before(told_ms, sent_ms, reading.received_ms):
        return False, sent_ms, span
    return facts.clock_suspect, told_ms, span


def _comes_again(facts: Facts, reading: Reading, metrics: frozenset[str]) -> Learned | None:
    """What telemetry adds whose `ts` is not believed, and lies where the device's clock stood before it was put right.

    It comes again, and says nothing new. None when it does not, or when what comes runs on with our own clock, or is
    one instant again and again: then its clock went wrong in the same way once more.
    """
    sent_ms, state = reading.sent_ms, facts.clock.state
    if reading.channel is not Channel.TELEMETRY or state in (ClockState.WRONG, ClockState.STUCK):
        return None
    if sent_ms is None or not _was_unbelieved(facts, sent_ms):
        return None
    clock, runs = fell_behind(facts.clock, sent_ms, reading.received_ms)
    if runs or clock.state is ClockState.STUCK:
        return None
    heard_ms = reading.received_ms if facts.heard_ms is None else max(facts.heard_ms, reading.received_ms)
    late = {metric: value for metric, value in reading.values.items() if metric in metrics}
    return Learned(msgspec.structs.replace(facts, heard_ms=heard_ms, clock=clock), {}, late, ())


def _was_unbelieved(facts: Facts, sent_ms: int) -> bool:
    """Whether it lies among the instants that were not believed before."""
    return facts.unbelieved is not None and facts.unbelieved[0] <= sent_ms <= facts.unbelieved[1]


def _dated(facts: Facts, reading: Reading) -> tuple[dict[str, Fact], int | None, ClockMemory, bool]:
    """The facts and the newest instant to compare it with, the clock as known now, and whether its `ts` counts.

    Where the clock was put right, or set back, what is known is older than the reading, whatever it says.
    """
    believed = reading.sent_ms is not None and not reading.clock_suspect
    known, newest_ms, at_ms = facts.values, facts.newest_at_ms, reading.at_ms
    if believed and (newest_ms is None or at_ms > newest_ms):
        return known, newest_ms, moved_on(facts.clock, at_ms, reading.received_ms, facts.told_ms), True
    clock, set_back = _clock(facts, reading, believed=believed)
    if believed and newest_ms is not None and (set_back or _clock_stepped_back(facts, newest_ms, reading)):
        known, newest_ms = _rewound(known, at_ms), at_ms
    if clock.state is ClockState.STUCK and newest_ms is not None and at_ms <= newest_ms:
        believed = False
    return known, newest_ms, clock, believed


def _clock(facts: Facts, reading: Reading, *, believed: bool) -> tuple[ClockMemory, bool]:
    """What the reading's `ts` says of the device's clock, and whether it shows that it was set back."""
    clock, newest_ms, at_ms = facts.clock, facts.newest_at_ms, reading.at_ms
    if not believed:
        event_again = reading.channel is not Channel.TELEMETRY and _was_unbelieved(facts, reading.sent_ms or 0)
        return (clock if reading.sent_ms is None or event_again else unbelieved(clock)), False
    if newest_ms is None or _clock_stepped_back(facts, newest_ms, reading):
        return moved_on(clock, at_ms, reading.received_ms, facts.told_ms), False
    if reading.channel is not Channel.TELEMETRY:
        return clock, False  # an event may be sent late, and again
    if at_ms < newest_ms:
        return fell_behind(clock, at_ms, reading.received_ms)
    return stood_still(clock, reading.received_ms, contradicts=_contradicts(facts, reading)), False


def _contradicts(facts: Facts, reading: Reading) -> bool:
    """Whether it says otherwise of an instant than what was said of the same instant before."""
    told = ((facts.values[metric], value) for metric, value in reading.values.items() if metric in facts.values)
    return any(fact.at_ms == reading.at_ms and not same(fact.value, value) for fact, value in told)


def _bad_now(
    reading: Reading, metrics: frozenset[str], known: Mapping[str, Fact], *, in_order: bool
) -> tuple[str, ...]:
    """Metrics that came bad, and not late."""
    return tuple(
        metric
        for metric in reading.bad
        if metric in metrics and (in_order or metric not in known or reading.at_ms > known[metric].at_ms)
    )


def _clock_stepped_back(facts: Facts, newest_ms: int, reading: Reading) -> bool:
    """Whether the device's clock was put right, so that an instant before the watermark is new all the same.

    The watermark is a receipt that stood in for a `ts`, of which the last was not believed or lies in the future of our
    own clock, and the reading is newer than every `ts` that was. What is not came before, or its clock was set back,
    which the pace of what follows shows (`fell_behind`).
    """
    at_ms, received_ms = reading.at_ms, reading.received_ms
    if at_ms >= newest_ms or not (facts.clock_suspect or newest_ms > received_ms):
        return False
    return not told_before(facts.told_ms, at_ms, received_ms)


def _rewound(known: Mapping[str, Fact], at_ms: int) -> dict[str, Fact]:
    """The same facts, none at or after `at_ms`."""
    return {
        metric: fact if fact.at_ms < at_ms else msgspec.structs.replace(fact, at_ms=at_ms - 1)
        for metric, fact in known.items()
    }


def _remembered(
    events: dict[int, dict[str, Value]], identity: int, values: dict[str, Value]
) -> dict[int, dict[str, Value]]:
    """The ring with this event at its young end."""
    merged = {**events.get(identity, {}), **values}
    rest = {other: told for other, told in events.items() if other != identity}
    while len(rest) >= EVENTS_REMEMBERED:
        del rest[next(iter(rest))]
    rest[identity] = merged
    return rest
