"""Testers: alarms under test are told to the two people who test, and to nobody else.

Each is called once for every raise, by the channels that the alarm's own policy would use: so the way to people is
tested too. Only by channels that reach each person alone: a group, a webhook or another system would tell others. Who
has no contact there is called by another of their personal channels, and who is in no directory sees it in the console.

Promises: whom and by what is a pure decision (`calls_under_test`); nobody falls back on anybody. Leaves to others: that
it is a test (`alerting.suppress`), the words (`alerting.letters`), sending (`alerting.notices`).
"""

from __future__ import annotations

import structlog

from alerting import metrics
from alerting.calling import about_alarm, call
from domain.alarms import Alarm
from domain.callout import Callee
from domain.errors import Unavailable
from domain.escalation import Because, Call, Plan
from domain.ports.ledger import Rows, Transaction
from domain.rules import Rule
from domain.standing import Measure

log = structlog.get_logger(__name__)


def calls_under_test(plan: Plan, measure: Measure, rule: Rule) -> tuple[Call, ...]:
    """The calls of one raise of `rule` by a device under the test `measure`."""
    policy = plan.choose(rule.id, rule.severity, life_safety=rule.life_safety)
    wanted = dict.fromkeys(step.channel for step in policy.steps) if policy is not None else {}
    found: list[Call] = []
    for name in dict.fromkeys((measure.by, measure.second)):
        person = plan.directory.people.get(name or "")
        if person is None or not person.serves(measure.site):
            continue
        reached = _reached_by(plan, person)
        channels = [channel for channel in wanted if channel in reached] or list(reached[:1] if wanted else ())
        found += [Call(whom=person.name, channel=channel) for channel in channels]
    return tuple(found)


def calls_of_test(rows: Rows, plan: Plan, test_id: str, rule: Rule) -> tuple[Call, ...]:
    """As `calls_under_test`, of a test by its id. What cannot be found out calls nobody, and is logged."""
    try:
        return calls_under_test(plan, rows.measures.get(test_id), rule)
    except Unavailable:
        raise
    except Exception:
        _failed(test_id)
        return ()


def call_testers(tx: Transaction, plan: Plan, alarm: Alarm, calls: tuple[Call, ...]) -> None:
    """Call them for the alarm's newest raise. It is recorded whether or not that can be done. The site is taken."""
    try:
        with tx.savepoint():
            matter = about_alarm(alarm, Because.UNDER_TEST, None, tx.at)
            for one in calls:
                call(tx, plan, matter, one.whom, one.channel, key=f"{alarm.id}.test.{alarm.occurrences}")
    except Unavailable:
        raise
    except Exception:
        _failed(alarm.id)


def _reached_by(plan: Plan, person: Callee) -> tuple[str, ...]:
    """The channels that reach this person alone."""
    alone = (channel.name for channel in plan.channels.values() if channel.personal and plan.leaves(channel.name))
    return tuple(sorted(name for name in alone if name in person.contacts))


def _failed(about: str) -> None:
    metrics.TIMER_FAILURES.labels("testers").inc()
    log.exception("testers_not_called", about=about)
