"""From cycles of duties to what the API says: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from api.schemas.basics import TextView
from api.schemas.duties import CycleView, DutyDetail, DutyFigureView, DutyView, OverrideView, ProposalView, TurnView
from domain.duties import opens_at, overdue_at
from domain.duty_cycles import CycleState, DutyCycle, figure_of
from domain.texts import Text

UnitNames = Mapping[tuple[str, str], Text]
"""Names of devices, buildings and sites, by (site, unit)."""


def duty_view(cycle: DutyCycle, names: UnitNames, time_zone: str) -> DutyView:
    """A duty of a unit for a list."""
    duty = cycle.duty_as_it_was
    return DutyView(
        id=cycle.id,
        site=cycle.site,
        duty=cycle.duty,
        unit=cycle.unit,
        per=duty.per,
        title=TextView.model_validate(duty.title),
        name=_name(cycle, names),
        team=duty.team,
        template=duty.template,
        severity=duty.severity,
        source=TextView.model_validate(duty.source),
        state=cycle.state,
        cycle=CycleView.model_validate(cycle.cycle),
        since=cycle.since,
        due_day=cycle.due_day,
        opens_at=opens_at(duty, cycle.due_day, time_zone),
        overdue_at=overdue_at(duty, cycle.due_day, time_zone),
        overdue=cycle.state is CycleState.OVERDUE,
        order=cycle.order,
        last_done=TurnView.model_validate(cycle.done[0]) if cycle.done else None,
        override=OverrideView.model_validate(cycle.override) if cycle.override is not None else None,
        proposal=ProposalView.model_validate(cycle.proposal) if cycle.proposal is not None else None,
    )


def duty_detail(cycle: DutyCycle, names: UnitNames, time_zone: str) -> DutyDetail:
    """A duty of a unit with what was done."""
    done = [TurnView.model_validate(turn) for turn in cycle.done]
    return DutyDetail(**dict(duty_view(cycle, names, time_zone)), done=done)


def duty_figures(cycles: Iterable[DutyCycle], names: UnitNames, first: date, last: date) -> list[DutyFigureView]:
    """The figure of each, those of which nothing was due left out."""
    figures = ((cycle, figure_of([cycle], first, last)) for cycle in cycles)
    return [
        DutyFigureView(
            site=cycle.site,
            duty=cycle.duty,
            unit=cycle.unit,
            title=TextView.model_validate(cycle.duty_as_it_was.title),
            name=_name(cycle, names),
            due=figure.due,
            in_time=figure.in_time,
            late=figure.late,
            overdue=figure.overdue,
        )
        for cycle, figure in figures
        if figure.due
    ]


def _name(cycle: DutyCycle, names: UnitNames) -> TextView | None:
    name = names.get((cycle.site, cycle.unit))
    return TextView.model_validate(name) if name is not None else None
