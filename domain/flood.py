"""Flood: more alarms for one control-room position than a person can take in.

A position watches a site, so alarms are counted by site: more than 10 announced within 10 minutes begin a flood, fewer
than 5 within 10 minutes end it (EEMUA 191 and ISA-18.2; design, section 5). What counts is what calls for somebody's
eyes: an alarm raised, come again or announced anew. An advisory is an order without sound and stays outside, and so
does whatever is hidden or under test.

Promises: one value a site that says all there is to know, one table of its two states, pure functions. Nothing is
hidden, delayed or dropped because of a flood: it changes how a list is shown. Leaves to others: keeping it
(`domain.ports.ledger`), counting and ending (`alerting.desk.flood_acts`), grouping (`alerting.grouping`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain.alarms import Alarm
from domain.rules import Severity
from domain.standing import Standing

WITHIN = timedelta(minutes=10)
BEGINS_OVER = 10
ENDS_UNDER = 5


class FloodState(StrEnum):
    """Whether a position is flooded."""

    CALM = "calm"
    FLOODED = "flooded"


class Pressure(StrEnum):
    """How many alarms there were within `WITHIN`."""

    LOW = "low"  # fewer than `ENDS_UNDER`
    BETWEEN = "between"
    HIGH = "high"  # more than `BEGINS_OVER`


_S, _P = FloodState, Pressure

NEXT: dict[tuple[FloodState, Pressure], FloodState] = {
    (_S.CALM, _P.LOW): _S.CALM,
    (_S.CALM, _P.BETWEEN): _S.CALM,  # a busy quarter of an hour is no flood
    (_S.CALM, _P.HIGH): _S.FLOODED,  # more than one a minute: nobody reads them singly
    (_S.FLOODED, _P.HIGH): _S.FLOODED,
    (
        _S.FLOODED,
        _P.BETWEEN,
    ): _S.FLOODED,  # the two figures lie apart, so that a list does not change its shape to and fro
    (_S.FLOODED, _P.LOW): _S.CALM,  # it has ebbed
}


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a position has had to take. `recent` are the newest announcements, oldest first: as many as tell.

    `began_at` is set during a flood; `alarms` is how many it brought, those that began it among them.
    """

    site: str
    recent: tuple[datetime, ...] = ()
    began_at: datetime | None = None
    alarms: int = 0

    @property
    def state(self) -> FloodState:
        """Whether it is flooded."""
        return FloodState.CALM if self.began_at is None else FloodState.FLOODED

    @property
    def next_at(self) -> datetime | None:
        """During a flood: when it ends unless more comes; None in calm."""
        if self.began_at is None:
            return None
        return self.recent[-ENDS_UNDER] + WITHIN if len(self.recent) >= ENDS_UNDER else self.began_at

    def pressure(self, at: datetime) -> Pressure:
        """How many there were within the span before `at`."""
        number = sum(at - one < WITHIN for one in self.recent)
        if number > BEGINS_OVER:
            return Pressure.HIGH
        return Pressure.LOW if number < ENDS_UNDER else Pressure.BETWEEN


class Turn(msgspec.Struct, frozen=True):
    """A load, and whether the flood `before` is not the state of it now."""

    load: Load
    before: FloodState

    @property
    def began(self) -> bool:
        """Whether a flood began."""
        return (self.before, self.load.state) == (FloodState.CALM, FloodState.FLOODED)

    @property
    def ended(self) -> bool:
        """Whether a flood ended."""
        return (self.before, self.load.state) == (FloodState.FLOODED, FloodState.CALM)


def counts(alarm: Alarm) -> bool:
    """Whether somebody has to look at it."""
    return alarm.standing is Standing.ANNOUNCED and alarm.severity is not Severity.ADVISORY


def announced(load: Load, at: datetime) -> Turn:
    """The load with one more alarm, announced at `at`."""
    before = (min(one, at) for one in load.recent)  # our own clock may have been put back meanwhile
    recent = (*before, at)[-(BEGINS_OVER + 1) :]
    more = replace(load, recent=recent, alarms=load.alarms + 1 if load.began_at is not None else 0)
    return passed(more, at)


def passed(load: Load, at: datetime) -> Turn:
    """The load when time has come to `at`."""
    before = load.state
    after = NEXT[before, load.pressure(at)]
    if after is before:
        return Turn(load, before)
    if after is FloodState.FLOODED:
        return Turn(replace(load, began_at=at, alarms=len(load.recent)), before)
    return Turn(replace(load, began_at=None, alarms=0), before)
