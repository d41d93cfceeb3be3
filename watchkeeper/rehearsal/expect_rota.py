"""Expect: what a script says of rounds and duties, held against the ledger. Only looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.assets import Site
from domain.duties import DAY, Unit
from domain.duty_cycles import DutyCycle
from domain.ports.ledger import RoundFilter, Rows
from domain.rounds import Round, completion
from simulators.expected import DayExpected, DutyExpected, RoundExpected
from simulators.scenario import Expects
from watchkeeper.rehearsal.differences import differences

_MOST_ROUNDS = 1_000
_HOUR = timedelta(hours=1)


def missed_rota(rows: Rows, site: Site, expected: Expects) -> Iterator[str]:
    """What is not as expected, a sentence each."""
    zone = ZoneInfo(site.time_zone)
    for one in expected.rounds:
        yield from _missed_round(rows, site, zone, one)
    for day in expected.days:
        yield from _missed_day(rows, site, zone, day)
    for duty in expected.duties:
        yield from _missed_duty(rows, site, duty)


def _missed_round(rows: Rows, site: Site, zone: ZoneInfo, expected: RoundExpected) -> Iterator[str]:
    name = f"round {expected.route} at {expected.starts}"
    newest = rows.rounds.newest(site.id, expected.route, most=_MOST_ROUNDS)
    found = next((one for one in newest if _starts(one, zone) == expected.starts), None)
    if found is None:
        yield f"there is no {name}"
        return
    fields: dict[str, tuple[object, object]] = {
        "state": (expected.state, found.state),
        "missed": (expected.missed, found.missed),
        "findings": (expected.findings, tuple(finding.type for finding in found.findings)),
        "amended": (expected.amended, found.amended),
    }
    yield from differences(name, fields)


def _missed_day(rows: Rows, site: Site, zone: ZoneInfo, expected: DayExpected) -> Iterator[str]:
    begins = datetime.combine(expected.day, time(), tzinfo=zone)
    which = RoundFilter(
        start=begins - _HOUR, end=begins + DAY + 2 * _HOUR, sites=frozenset({site.id}), route=expected.route
    )
    rounds = [one for one in rows.rounds.between(which, most=_MOST_ROUNDS) if one.day == expected.day]
    figure = completion(rounds)
    fields: dict[str, tuple[object, object]] = {
        "due": (expected.due, figure.due),
        "completed": (expected.completed, figure.completed),
    }
    yield from differences(f"rounds {expected.route} of {expected.day}", fields)


def _missed_duty(rows: Rows, site: Site, expected: DutyExpected) -> Iterator[str]:
    name = f"duty {expected.duty} of {expected.unit}"
    found = rows.duties.find(Unit(site.id, expected.duty, expected.unit).id)
    if found is None:
        yield f"there is no {name}"
        return
    fields: dict[str, tuple[object, object]] = {
        "state": (expected.state, found.state),
        "due": (expected.due, found.due_day),
        "done": (expected.done, len(found.done)),
        "late": (expected.late, bool(found.done) and found.done[0].late),
        "cycle_days": (expected.cycle_days, found.cycle.about // DAY),
        "proposed_days": (expected.proposed_days, _proposed_days(found)),
    }
    yield from differences(name, fields)


def _proposed_days(cycle: DutyCycle) -> int | None:
    return cycle.proposal.cycle.about // DAY if cycle.proposal is not None else None


def _starts(one: Round, zone: ZoneInfo) -> str:
    return f"{one.slot.starts_at.astimezone(zone):%H:%M}"
