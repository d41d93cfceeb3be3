"""What waits for its time in the ledger, as one question.

Promises: one statement over the indexes that the timers' own questions use, whatever the ledger holds.
Leaves to others: what is done about it (`alerting.timers`).
"""

from __future__ import annotations

from sqlalchemy import exists, func, select, text

from adapters.ledger.act import Look
from adapters.ledger.devices import REGISTRY
from adapters.ledger.tables import (
    alarms,
    counters,
    duty_cycles,
    floods,
    marks,
    measures,
    order_clocks,
    rounds,
    series,
    work_orders,
)
from domain.ports.ledger import CLOCK_CALLS, CURRENT_RULES, Agenda

# the conditions repeat those of the partial indexes, word for word: only then are the indexes used
_HIDDEN = exists().where(alarms.c.open.is_(True), alarms.c.standing != text("'announced'"))
_QUESTION = select(
    select(func.min(order_clocks.c.next_at))
    .where(order_clocks.c.next_at.is_not(None))
    .scalar_subquery()
    .label("clocks_at"),
    select(func.min(work_orders.c.wait_until))
    .where(work_orders.c.wait_until.is_not(None))
    .scalar_subquery()
    .label("waits_at"),
    select(func.min(alarms.c.step_at)).where(alarms.c.step_at.is_not(None)).scalar_subquery().label("steps_at"),
    select(func.min(rounds.c.next_at)).where(rounds.c.next_at.is_not(None)).scalar_subquery().label("rounds_at"),
    select(func.min(duty_cycles.c.next_at))
    .where(duty_cycles.c.next_at.is_not(None))
    .scalar_subquery()
    .label("duties_at"),
    select(func.min(floods.c.next_at)).where(floods.c.next_at.is_not(None)).scalar_subquery().label("floods_at"),
    exists().where(measures.c.running.is_(True)).label("measures"),
    _HIDDEN.label("hidden"),
    select(func.sum(series.c.number)).where(series.c.series == CLOCK_CALLS).scalar_subquery().label("clock_calls"),
    select(counters.c.value).where(counters.c.name == REGISTRY).scalar_subquery().label("registry"),
    select(marks.c.value).where(marks.c.name == CURRENT_RULES).scalar_subquery().label("rules"),
)


def read_agenda(look: Look) -> Agenda:
    """What waits now."""
    row = look.fetch(_QUESTION).one()
    orders = [instant for instant in (row.clocks_at, row.waits_at) if instant is not None]
    return Agenda(
        orders_at=min(orders, default=None),
        steps_at=row.steps_at,
        rounds_at=row.rounds_at,
        duties_at=row.duties_at,
        floods_at=row.floods_at,
        reviews=bool(row.measures or row.hidden),
        clock_calls=int(row.clock_calls or 0),
        registry=row.registry or 0,
        rules=row.rules,
    )
