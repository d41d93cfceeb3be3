"""Progress duties: how often a job owes a word on how it stands, and by what its clocks count.

Promises: the instants at which the next word is due, as pure functions that hold across nights, holidays and changes of
the clock. Leaves to others: the clock that runs to such an instant (`alerting.desk.clocks`), what counts as a word
(`alerting.desk.order_acts`).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import msgspec

from domain.instants import first_shown, zone_of
from domain.routes import ClockTime
from domain.service_hours import ServiceHours, later

_ONE_DAY = timedelta(days=1)


class ProgressDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word every so often (`every`), or by a time of each day that it lasts (`daily_by`): one of the two.

    `while_affected`: only while people are affected; until somebody says that none are, they count as affected.
    """

    every: timedelta | None = None
    daily_by: ClockTime | None = None
    while_affected: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an order's clocks count by, copied onto it when it opens: a change of config changes no job under way.

    `hours` None counts day and night. `time_zone` is the site's.
    """

    hours: ServiceHours | None = None
    progress: ProgressDuty | None = None
    time_zone: str | None = None

    def first_word_due(self, since: datetime) -> datetime:
        """When a word is due that is owed from `since` on, or after one was missed at `since`."""
        duty = self._duty
        if duty.every is not None:
            return later(since, duty.every, self.hours)
        return self._beat(since, whole_days=0)

    def next_word_due(self, said_at: datetime) -> datetime:
        """When the next word is due after one at `said_at`: a word on a day is that day's."""
        duty = self._duty
        if duty.every is not None:
            return later(said_at, duty.every, self.hours)
        return self._beat(said_at, whole_days=1)

    @property
    def _duty(self) -> ProgressDuty:
        if self.progress is None:
            raise ValueError("this order owes no word")
        return self.progress

    def _beat(self, since: datetime, *, whole_days: int) -> datetime:
        """The first daily beat after `since` that is `whole_days` later at least, on a day on which somebody works."""
        zone = zone_of(self.time_zone)
        by = time.fromisoformat(self._duty.daily_by or "00:00")
        day = since.astimezone(zone).date() + _ONE_DAY * whole_days
        while True:
            at = first_shown(datetime.combine(day, by), zone)
            if at > since and (self.hours is None or self.hours.serves_on(day)):
                return at
            day += _ONE_DAY


NO_TERMS = Terms()
