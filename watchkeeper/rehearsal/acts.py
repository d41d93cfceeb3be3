"""Acts: what a script's people do to how alarms stand and to duties, as acts at the desk.

Promises: one act for each step; what the desk refuses comes through. Leaves to others: transactions (`stage`), which
alarm is meant (`script`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from alerting.desk import Desk, PlannedTest
from domain.assets import Site
from domain.duties import DAY, Unit, local_day
from domain.errors import NotFound
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.standing import Standing
from simulators import scenario

Act = Callable[[Desk, Transaction], object]
Find = Callable[[str, str | None], str]
"""The id of the newest alarm of a rule, on a device if one is named. Raises NotFound."""


def measure_act(step: scenario.MeasureStep, site: str, at: datetime, find: Find, actor: Actor) -> Act:
    """What the step does at `at`."""
    match step:
        case scenario.Shelves(lasts=lasts, reason=reason):
            return lambda desk, tx: desk.shelve(
                tx, find(step.rule, step.device), until=at + lasts, reason=reason, actor=actor
            )
        case scenario.Unshelves():
            return lambda desk, tx: desk.unshelve(tx, find(step.rule, step.device), actor=actor)
        case scenario.TakesOut(device=device, lasts=lasts, reason=reason):
            return lambda desk, tx: desk.take_out(
                tx, site, device, reason=reason, expected_return=at + lasts, actor=actor
            )
        case scenario.BringsBack(device=device, note=note):
            return lambda desk, tx: desk.bring_back(tx, site, device, note=note, actor=actor)
        case scenario.BeginsTest():
            wanted = PlannedTest(
                site=site,
                until=at + step.lasts,
                reason=step.reason,
                second=step.second,
                devices=frozenset(step.devices),
                building=step.building,
                zone=step.zone,
            )
            return lambda desk, tx: desk.begin_test(tx, wanted, actor=actor)
        case scenario.EndsTest(note=note):
            return lambda desk, tx: desk.end_test(tx, newest_test(tx, site), note=note, actor=actor)


def duty_act(step: scenario.DutyStep, site: Site, at: datetime, actor: Actor) -> Act:
    """What the step does at `at`."""
    cycle = Unit(site.id, step.duty, step.unit).id
    match step:
        case scenario.RecordsDuty(days_ago=days_ago):
            day = local_day(at, site.time_zone) - DAY * days_ago
            return lambda desk, tx: desk.record_duty(tx, cycle, day=day, by=step.by, note="on paper", actor=actor)
        case scenario.DecidesCycle(decision=decision, reason=reason):
            name = f"{decision}_cycle"
            return lambda desk, tx: getattr(desk, name)(tx, cycle, reason=reason, actor=actor)


def newest_test(tx: Transaction, site: str) -> str:
    """The test that began last. Raises NotFound."""
    tests = [one for one in tx.measures.running(frozenset({site})) if one.type is Standing.TEST]
    if not tests:
        raise NotFound("there is no test under way")
    return tests[-1].id
