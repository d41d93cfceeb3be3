"""From floods, groups and counted raises to what the API says: pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from alerting.grouping import Group
from api.schemas.alarms import FloodView, SubjectView
from api.schemas.floods import AlarmGroupView, BadActorView
from api.views import alarm_view, text_view
from domain.alarms import Alarm
from domain.flood import Load
from domain.ports.ledger import Raises


def flood_view(load: Load) -> FloodView:
    """A flood under way."""
    assert load.began_at is not None
    assert load.next_at is not None
    return FloodView(site=load.site, began_at=load.began_at, alarms=load.alarms, ends_at=load.next_at)


def group_view(group: Group) -> AlarmGroupView:
    """A group of alarms."""
    newest = group.newest
    return AlarmGroupView(
        site=newest.site,
        building=newest.building,
        rule=newest.rule,
        title=text_view(newest.title),
        severity=group.severity,
        unacknowledged=group.unacknowledged,
        first_raised_at=min(alarm.raised_at for alarm in group.alarms),
        last_raised_at=newest.last_raised_at,
        alarms=[alarm.id for alarm in group.alarms],
        consequences=[alarm_view(alarm) for alarm in group.consequences],
    )


def bad_actor_view(raises: Raises, chattering: Iterable[Alarm]) -> BadActorView:
    """What was raised often. `chattering` are open alarms that come and go."""
    example = raises.example
    return BadActorView(
        site=raises.site,
        subject=SubjectView.model_validate(raises.subject) if raises.subject is not None else None,
        rule=raises.rule,
        title=text_view(example.title),
        severity=example.severity,
        times=raises.times,
        alarms=raises.alarms,
        last_at=raises.last_at,
        example=example.id,
        chattering=any(_is_of(alarm, raises) for alarm in chattering),
    )


def _is_of(alarm: Alarm, raises: Raises) -> bool:
    return alarm.site == raises.site and raises.subject in (None, alarm.subject) and raises.rule in (None, alarm.rule)
