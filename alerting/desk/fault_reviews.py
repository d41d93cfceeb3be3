"""Frequent faults: a unit that fails again and again gets a review, which proposes to maintain it more often.

Promises: a failure is an incident (alarms that share an order are one), never a test or a false alarm; failures that
one review counted are not counted again. Leaves to others: what counts as a failure (`domain.duties.FaultReview`),
accepting or declining (`alerting.desk.duty_decisions`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from alerting.desk.duty_rows import device_of_cycle, named, subject_of, write_cycle, zone_of
from alerting.desk.incidents import find_order, next_number, opening_data
from alerting.desk.order_steps import tell
from alerting.desk.orders import OrderDraft, opened
from alerting.desk.templates import Templates
from domain.alarms import Alarm
from domain.assets import SubjectType
from domain.duties import DAY, DutyBook, FaultReview, Unit
from domain.duty_cycles import CycleState, DutyCycle, Proposal
from domain.events import EventType
from domain.people import Actor, ActorType
from domain.ports.ledger import AlarmFilter, Rows, Transaction
from domain.texts import Text, text
from domain.workorders import Step, Verdict, WorkOrder

REVIEWS = Actor(ActorType.RULE, "frequent_faults")

_ALARMS_MOST = 200
"""Alarms of one device looked at, newest first: one that raised more in the span has failed often enough."""

_JUST_AFTER = timedelta(microseconds=1)
_NO_FAILURE = frozenset({Verdict.FALSE, Verdict.TEST})

_TITLE = text(
    "{count} failures in {days} days: review how it is maintained",
    "{days} 天内故障 {count} 次：需评审维保方案",
    "{days} 天內故障 {count} 次：需評審維保方案",
)


def consider(tx: Transaction, templates: Templates, book: DutyBook, alarm: Alarm) -> WorkOrder | None:
    """The review's order, where this alarm is one failure too many. The alarm's site is taken."""
    review = book.review_of(alarm.rule)
    if review is None or alarm.device is None or alarm.work_order is None:
        return None
    cycle = tx.duties.find(Unit(alarm.site, review.duty, alarm.device).id)
    if cycle is None or cycle.state is CycleState.RETIRED or cycle.proposal is not None:
        return None
    failures = _failures(tx, cycle, review, tx.at)
    if len(failures) < review.failures:
        return None
    order = _open_order(tx, templates, cycle, review, len(failures))
    shorter = cycle.cycle.shorter(review.shorten_to, review.least)
    proposal = None
    if shorter is not None:
        proposal = Proposal(cycle=shorter, alarms=tuple(one.id for one in failures), order=order.id, at=tx.at)
    write_cycle(
        tx,
        EventType.DUTY_REVIEW_PROPOSED,
        cycle,
        replace(cycle, proposal=proposal, reviewed_at=tx.at),
        REVIEWS,
        proposed=shorter,
        failures=[one.id for one in failures],
        review=order.id,
        source=review.source,
    )
    return order


def follow(tx: Transaction, order: WorkOrder, step: Step, actor: Actor) -> None:
    """A review that ended without a word on its proposal declined it. The site is taken."""
    if step not in (Step.CLOSE, Step.CANCEL) or order.subject is None or order.subject.type is not SubjectType.DUTY:
        return
    cycle = tx.duties.find(f"{order.site}.{order.subject.id}")
    if cycle is None or cycle.proposal is None or cycle.proposal.order != order.id:
        return
    reason = "its review ended without it"
    after = replace(cycle, proposal=None)
    data = {"reason": reason, "proposed": cycle.proposal.cycle, "review": order.id}
    write_cycle(tx, EventType.DUTY_REVIEW_DECLINED, cycle, after, actor, **data)


def _failures(rows: Rows, cycle: DutyCycle, review: FaultReview, at: datetime) -> list[Alarm]:
    """The newest alarm of each incident in the span, newest first, without those that a review counted before."""
    since = at - review.within
    if cycle.reviewed_at is not None:
        since = max(since, cycle.reviewed_at + _JUST_AFTER)
    which = AlarmFilter(open=None, sites=frozenset({cycle.site}), device=cycle.unit, raised_from=since)
    newest: dict[str, Alarm] = {}
    for alarm in rows.alarms.page(which, after=None, most=_ALARMS_MOST).items:
        if alarm.rule in review.rules and alarm.work_order is not None:
            newest.setdefault(alarm.work_order, alarm)
    return [alarm for order_id, alarm in newest.items() if _counts(find_order(rows, order_id))]


def _counts(order: WorkOrder | None) -> bool:
    return order is None or order.verdict not in _NO_FAILURE


def _open_order(
    tx: Transaction, templates: Templates, cycle: DutyCycle, review: FaultReview, failures: int
) -> WorkOrder:
    words = {"count": failures, "days": review.within // DAY}
    title = Text(_TITLE.en.format(**words), _TITLE.zh_hans.format(**words), _TITLE.zh_hant.format(**words))
    device = device_of_cycle(tx, cycle)
    severity = cycle.duty_as_it_was.severity
    draft = OrderDraft(
        site=cycle.site,
        title=named(tx, cycle, title),
        severity=severity,
        device=cycle.unit,
        subject=subject_of(cycle),
        building=device.building if device is not None else None,
        zone=device.zone if device is not None else None,
    )
    form = templates.choose(review.template, severity)
    order = opened(draft, form, next_number(tx, cycle.site), tx.at, zone_of(tx, cycle.site))
    tx.orders.put(order)
    tell(tx, EventType.WORKORDER_OPENED, order, opening_data(order) | {"duty": cycle.duty, "unit": cycle.unit}, REVIEWS)
    return order
