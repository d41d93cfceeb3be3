"""Calling: from *whom, by which channel* to notices, in the transaction that decided it.

Promises: each person, or each shared channel, gets one notice with a key of its own; the same call again adds nothing.
The console needs no notice: it sees the event. Leaves to others: sending (`alerting.notices`), deciding
(`alerting.escalate`), the words (`alerting.letters`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from domain.alarms import Alarm
from domain.callout import Called, Callee
from domain.escalation import Because, Plan
from domain.instants import on_the_wall
from domain.notices import Channel, Notice, NoticeState, Status
from domain.ports.ledger import Rows, Transaction
from domain.workorders import WorkOrder


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is about: a notice that has no number, lane, channel and receiver yet."""

    notice: Notice
    assignee: str | None


def about_alarm(alarm: Alarm, because: Because, assignee: str | None, at: datetime) -> Matter:
    """An alarm as it stands."""
    notice = Notice(
        **_NOWHERE_YET,
        site=alarm.site,
        what=alarm.text,
        because=because.words,
        severity=alarm.severity,
        life_safety=alarm.life_safety,
        status=Status.FIRING if alarm.state.open else Status.RESOLVED,
        made_at=at,
        next_at=at,
        began_at=alarm.raised_at,
        alarm=alarm.id,
        work_order=alarm.work_order,
        rule=alarm.rule,
        device=alarm.device,
        test=alarm.test,
        building=alarm.building,
        zone=alarm.zone,
    )
    return Matter(notice=notice, assignee=assignee)


def about_order(order: WorkOrder, because: Because, *, life_safety: bool, at: datetime) -> Matter:
    """A work order whose clock speaks."""
    notice = Notice(
        **_NOWHERE_YET,
        site=order.site,
        what=order.title,
        because=because.words,
        severity=order.severity,
        life_safety=life_safety,
        status=Status.RESOLVED if order.state.ended else Status.FIRING,
        made_at=at,
        next_at=at,
        began_at=order.opened_at,
        alarm=order.alarms[0] if order.alarms else None,
        work_order=order.id,
        device=order.device,
        building=order.building,
        zone=order.zone,
    )
    return Matter(notice=notice, assignee=order.assignee)


def call(tx: Transaction, plan: Plan, matter: Matter, whom: str, channel: str, *, key: str) -> Called:
    """Call `whom` by `channel`. The site must be taken. Returns who was meant."""
    site = matter.notice.site
    local = local_time(tx, site, matter.notice.made_at)
    called = plan.directory.called(whom, site=site, local=local, assignee=matter.assignee)
    if not plan.leaves(channel):
        return called
    known = plan.channels.get(channel)
    told = replace(matter.notice, whom=plan.directory.title(whom))
    for notice in _notices(told, channel, known, called.people, key):
        _add(tx, notice)
    return called


def tell_end(tx: Transaction, alarm: Alarm) -> None:
    """Tell that the alarm is over, to everybody who was told of it by a channel that says so. The site is taken."""
    told: dict[str, Notice] = {}
    for notice in tx.notices.of_alarm(alarm.id):
        if notice.tells_end and notice.status is Status.FIRING and notice.state is not NoticeState.FAILED:
            told[notice.lane] = notice
    for lane, notice in told.items():
        matter = about_alarm(alarm, Because.OVER, None, tx.at).notice
        end = replace(
            matter,
            lane=lane,
            channel=notice.channel,
            receivers=notice.receivers,
            tells_end=True,
            key=f"{alarm.id}.over.{lane.removeprefix(f'{alarm.site}/').replace('/', '.')}",
        )
        _add(tx, end)


def local_time(rows: Rows, site: str, at: datetime) -> datetime:
    """The instant on the wall of the site; in UTC for a site without an entry."""
    zone = next((one.time_zone for one in rows.devices.sites() if one.id == site), None)
    return on_the_wall(at, zone)


_NOWHERE_YET: dict[str, Any] = {"key": "", "number": 0, "lane": "", "channel": "", "receivers": ()}


def _notices(
    notice: Notice, channel: str, known: Channel | None, people: tuple[Callee, ...], key: str
) -> Iterable[Notice]:
    # A channel that config no longer has makes a notice all the same: it cannot be sent, and that is told.
    tells_end = known is not None and known.tells_end
    if known is None or not known.personal:
        receivers = tuple(person.name for person in people)
        lane = f"{notice.site}/{channel}"
        yield replace(
            notice, key=f"{key}.{channel}", lane=lane, channel=channel, receivers=receivers, tells_end=tells_end
        )
        return
    for person in people:
        yield replace(
            notice,
            key=f"{key}.{channel}.{person.name}",
            lane=f"{notice.site}/{channel}/{person.name}",
            channel=channel,
            receivers=(person.name,),
            tells_end=tells_end,
        )


def _add(tx: Transaction, notice: Notice) -> None:
    tx.notices.add(replace(notice, number=tx.next_number(notice.site, "notice")))
