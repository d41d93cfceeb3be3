"""Expect: what a script says must be so, held against the ledger.

Promises: one sentence for each thing that is not as expected, none when all is; only looks. Leaves to others: when to
look (`script`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from alerting.climbing import coming
from domain.alarms import Alarm
from domain.assets import Site
from domain.escalation import NextStep
from domain.events import Cursor
from domain.instants import write_span
from domain.notices import Notice, NoticeState
from domain.ports.ledger import AlarmFilter, Ledger, NoticeFilter, OrderFilter, Rows
from domain.workorders import Clock, WorkOrder
from simulators.expected import NOBODY, AlarmExpected, NextExpected, NoticeExpected, OrderExpected
from simulators.scenario import Expects
from watchkeeper.rehearsal.differences import differences
from watchkeeper.rehearsal.expect_rota import missed_rota

_MOST_ROWS = 10_000
_MOST_EVENTS = 100_000


def missed(ledger: Ledger, site: Site, expected: Expects) -> list[str]:
    """What is not as expected, a sentence each."""
    with ledger.read() as rows:
        alarms = alarms_of(rows)
        problems = list(_missed_alarms(alarms, expected, ZoneInfo(site.time_zone)))
        problems += _missed_orders(rows, expected)
        problems += _missed_events(rows, expected)
        problems += _missed_notices(rows, expected)
        problems += missed_rota(rows, site, expected)
        flooded = bool(rows.floods.running(frozenset({site.id})))
        problems += differences("the control room", {"flooded": (expected.flooded, flooded)})
    return problems


def alarms_of(rows: Rows) -> Sequence[Alarm]:
    """All alarms, newest first."""
    return rows.alarms.page(AlarmFilter(open=None), after=None, most=_MOST_ROWS).items


def orders_of(rows: Rows) -> Sequence[WorkOrder]:
    """All work orders, newest first."""
    return rows.orders.page(OrderFilter(ended=None), after=None, most=_MOST_ROWS).items


def find_alarm(alarms: Iterable[Alarm], rule: str, device: str | None) -> Alarm | None:
    """The newest alarm of a rule, on a device if one is named."""
    return next((one for one in alarms if one.rule == rule and device in (None, one.device)), None)


def find_order(orders: Iterable[WorkOrder], template: str, device: str | None) -> WorkOrder | None:
    """The newest order of a template, on a device if one is named."""
    return next((one for one in orders if one.template == template and device in (None, one.device)), None)


def clock_word(clock: Clock) -> str:
    """Where a clock stands: `met_late` is met after its breach."""
    if clock.met_at is not None:
        return "met_late" if clock.broken else "met"
    if clock.broken:
        return "breached"
    if clock.held_since is not None:
        return "held"
    return "running" if clock.warned_at is None else "warned"


def _missed_alarms(alarms: Sequence[Alarm], expected: Expects, zone: ZoneInfo) -> Iterator[str]:
    matched = set()
    for one in expected.alarms:
        name = _named("alarm", one.rule, one.device)
        found = find_alarm(alarms, one.rule, one.device)
        if found is None:
            yield f"there is no {name}"
            continue
        matched.add(found.id)
        if one.state is None and not found.state.open:
            yield f"{name} is over"
        yield from differences(name, _alarm_fields(one, found, zone))
    if not expected.others:
        for alarm in alarms:
            unseen = expected.hidden and alarm.standing.hidden
            if alarm.state.open and alarm.id not in matched and not unseen:
                yield f"nobody expected {_named('alarm', alarm.rule, alarm.device)}, which is {alarm.state}"


def _alarm_fields(expected: AlarmExpected, found: Alarm, zone: ZoneInfo) -> dict[str, tuple[object, object]]:
    return {
        "state": (expected.state, found.state),
        "standing": (expected.standing, found.standing),
        "severity": (expected.severity, found.severity),
        "life_safety": (expected.life_safety, found.life_safety),
        "active": (expected.active, found.signal_active),
        "occurrences": (expected.occurrences, found.occurrences),
        "acknowledged_by": (expected.acknowledged_by, found.acknowledged_by),
        "late": (expected.late and write_span(expected.late), write_span(timedelta(milliseconds=found.late_by_ms))),
        "chattering": (expected.chattering, found.chattering_since is not None),
        "raised": (expected.raised and _padded(expected.raised), _shown(found.raised_at, zone)),
        **(_next_fields(expected.next, coming(found), zone) if expected.next is not None else {}),
    }


def _next_fields(expected: NextExpected, found: NextStep | None, zone: ZoneInfo) -> dict[str, tuple[object, object]]:
    if found is None:
        return {"next": (expected.whom, NOBODY)}
    return {
        "next": (expected.whom, found.whom),
        "next at": (expected.at and _padded(expected.at), _shown(found.at, zone)),
        "next by": (expected.channel, found.channel),
        "next because": (expected.because, found.because),
    }


def _missed_orders(rows: Rows, expected: Expects) -> Iterator[str]:
    if not expected.orders and expected.open_orders is None:
        return
    orders = orders_of(rows)
    for one in expected.orders:
        name = _named("order", one.template, one.device)
        found = find_order(orders, one.template, one.device)
        if found is None:
            yield f"there is no {name}"
            continue
        yield from differences(name, _order_fields(one, found))
    still_open = sum(not order.state.ended for order in orders)
    if expected.open_orders not in (None, still_open):
        yield f"{still_open} work orders are open, expected {expected.open_orders}"


def _order_fields(expected: OrderExpected, found: WorkOrder) -> dict[str, tuple[object, object]]:
    clocks = {clock.name: clock_word(clock) for clock in found.clocks}
    return {
        "number": (expected.number, found.number[: len(expected.number or "")]),
        "state": (expected.state, found.state),
        "severity": (expected.severity, found.severity),
        "owner": (expected.owner, found.owner),
        "assignee": (expected.assignee, found.assignee),
        "alarms": (expected.alarms, len(found.alarms)),
        "rework": (expected.rework, found.rework),
        **{f"clock {name}": (word, clocks.get(name, "not begun")) for name, word in expected.clocks.items()},
    }


def _missed_events(rows: Rows, expected: Expects) -> Iterator[str]:
    if not expected.events:
        return
    events = rows.events.after(Cursor({}), sites=None, most=_MOST_EVENTS)
    counted = Counter(event.type for event in events)
    yield from differences("events", {type: (times, counted[type]) for type, times in expected.events.items()})


def _missed_notices(rows: Rows, expected: Expects) -> Iterator[str]:
    if expected.called is None and not expected.notices:
        return
    notices = rows.notices.page(NoticeFilter(), after=None, most=_MOST_ROWS).items
    if expected.called is not None:
        found = Counter(name for one in notices if one.state is NoticeState.SENT for name in one.receivers)
        for name in sorted(found.keys() | expected.called.keys()):
            if found[name] != expected.called.get(name, 0):
                yield f"{name} was told {found[name]} times, expected {expected.called.get(name, 0)}"
    for one in expected.notices:
        times = sum(_fits(one, notice) for notice in notices)
        if times != one.times and not (one.times is None and times):
            wanted = "at least one" if one.times is None else one.times
            yield f"{times} notices are {_written(one)}, expected {wanted}"


def _fits(expected: NoticeExpected, found: Notice) -> bool:
    asked: dict[str, tuple[object, object]] = {
        "rule": (expected.rule, found.rule),
        "device": (expected.device, found.device),
        "channel": (expected.channel, found.channel),
        "state": (expected.state, found.state),
        "because": (expected.because and expected.because.words, found.because),
    }
    named = expected.to is None or expected.to in found.receivers
    return named and not any(differences("", asked))


def _written(expected: NoticeExpected) -> str:
    named = msgspec.to_builtins(expected)
    return " ".join(f"{name}={one}" for name, one in named.items() if name != "times")


def _named(what: str, rule: str, device: str | None) -> str:
    return f"{what} {rule}" + (f" on {device}" if device is not None else "")


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def _padded(written: str) -> str:
    return written if written.count(":") == 2 else f"{written}:00"
