"""Alarms in memory: one open alarm per (site, subject, rule); every change is owed to an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from adapters.ledger.alarms import row_name
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger_in_memory.act import Look, refuse_a_move
from adapters.ledger_in_memory.pages import Order, page
from adapters.ledger_in_memory.state import ALL
from domain.alarms import Alarm
from domain.assets import Subject
from domain.errors import Conflict
from domain.events import EventType
from domain.instants import to_us
from domain.ports.ledger import AlarmFilter, Page, RaisedBy, Raises
from domain.standing import Standing

_NEWEST_FIRST: Order[Alarm] = Order("alarms", lambda alarm: (to_us(alarm.raised_at), alarm.id), (False, True))
_RAISES = frozenset({EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED})


class Alarms:
    """Implements `domain.ports.ledger.AlarmRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.alarms

    def get(self, alarm_id: str) -> Alarm:
        """By id. Raises NotFound."""
        return self._table.need(alarm_id, f"alarm {alarm_id}")

    def open_for(self, site: str, subject: Subject, rule: str) -> Alarm | None:
        """The open alarm of that subject and rule, if there is one."""
        return next((self._table.rows[key] for key in self._table.open_for.of((site, subject, rule))), None)

    def open_on(self, site: str) -> list[Alarm]:
        """All open alarms of a site."""
        return [self._table.rows[key] for key in self._table.open_on.of(site)]

    def page(self, which: AlarmFilter, *, after: str | None, most: int) -> Page[Alarm]:
        """Newest raised first."""
        found = (one for one in self._some(which) if _matches(one, which))
        return page(found, _NEWEST_FIRST, after=after, most=most)

    def aside(self, *, after: str | None, most: int) -> Page[Alarm]:
        """Open alarms that do not stand announced, newest raised first."""
        return page(self._aside(), _NEWEST_FIRST, after=after, most=most)

    def counts_aside(self, sites: frozenset[str] | None = None) -> dict[Standing, int]:
        """How many open alarms stand in each way but announced."""
        return dict(Counter(one.standing for one in self._aside() if sites is None or one.site in sites))

    def climbing(self, at: datetime, *, most: int) -> list[Alarm]:
        """Alarms with an escalation step at or before `at`, the one that waits longest first."""
        return [self._table.rows[key] for key in self._table.steps.until(at, most=most)]

    def raises(self, since: datetime, by: RaisedBy, *, sites: frozenset[str] | None, most: int) -> list[Raises]:
        """What was raised, or came again, most often since then."""
        found: dict[tuple[str, Subject | None, str | None], list[tuple[datetime, Alarm]]] = {}
        for event in self._look.state.events.rows.values():
            if event.type not in _RAISES or event.at < since or event.alarm is None:
                continue
            alarm = self.get(event.alarm)
            if sites is None or alarm.site in sites:
                subject = None if by is RaisedBy.RULE else alarm.subject
                rule = None if by is RaisedBy.SUBJECT else alarm.rule
                found.setdefault((alarm.site, subject, rule), []).append((event.at, alarm))
        counted = [
            Raises(
                site=site,
                subject=subject,
                rule=rule,
                times=len(raised),
                alarms=len({alarm.id for _, alarm in raised}),
                last_at=max(at for at, _ in raised),
                example=max((alarm for _, alarm in raised), key=lambda alarm: alarm.id),
            )
            for (site, subject, rule), raised in found.items()
        ]
        return sorted(counted, key=lambda one: (-one.times, -to_us(one.last_at), one.example.id))[:most]

    def put(self, alarm: Alarm) -> None:
        """Insert or replace by id. Raises Conflict when another open alarm has its subject and rule."""
        act = self._look.act()
        act.chains.owe(alarm.site, row_name(alarm.id), digest_of(write_body(alarm)))
        refuse_a_move(self._table.get(alarm.id), alarm.site, f"alarm {alarm.id}")
        if alarm.state.open:
            there = self.open_for(alarm.site, alarm.subject, alarm.rule)
            if there is not None and there.id != alarm.id:
                clash = Conflict(f"{alarm.rule} has an open alarm already on {alarm.site}, {alarm.subject.id}")
                raise act.failed(clash)
        act.change(self._table, alarm.id, alarm)

    def _some(self, which: AlarmFilter) -> Iterable[Alarm]:
        """Those that the filter can want, by the narrowest index."""
        if which.device is not None:
            return (self._table.rows[key] for key in self._table.on_device.of(which.device))
        return self._open() if which.open else self._table.rows.values()

    def _open(self) -> Iterator[Alarm]:
        for site in self._table.open_on.groups():
            yield from self.open_on(site)

    def _aside(self) -> Iterator[Alarm]:
        return (self._table.rows[key] for key in self._table.aside.of(ALL))


def _matches(alarm: Alarm, which: AlarmFilter) -> bool:
    return (
        (which.open is None or alarm.state.open == which.open)
        and (which.sites is None or alarm.site in which.sites)
        and which.severity in (None, alarm.severity)
        and which.device in (None, alarm.device)
        and which.subject in (None, alarm.subject)
        and which.rule in (None, alarm.rule)
        and (which.standing is None or alarm.standing in which.standing)
        and (which.raised_from is None or alarm.raised_at >= which.raised_from)
        and (which.raised_before is None or alarm.raised_at < which.raised_before)
    )
