"""Standing: what people took aside comes back, and what is a matter of life is never hidden but by a test.

Promises: measures are followed from their events; each ends once, in time, and what it hid is looked at anew. Leaves to
others: the alarm's own states (`alarms`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.alarms import Alarm
from domain.events import Event, EventType
from domain.ports.ledger import Rows
from domain.standing import PERMITS, Measure, Standing
from watchkeeper.rehearsal.audit.broken import few, must

_BY_MEASURE = (Standing.SHELVED, Standing.OUT_OF_SERVICE, Standing.TEST)
_BEGUN = (EventType.DEVICE_TAKEN_OUT, EventType.TEST_BEGUN)
_ENDED = (EventType.DEVICE_RETURNED, EventType.TEST_ENDED, EventType.ALARM_UNSHELVED)


class StandingAudit:
    """Every measure that was ever taken."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._ended: set[str] = set()

    def take(self, event: Event) -> None:
        """Follow one event."""
        if event.type in _BEGUN:
            self._begin(_measure(event).id)
        elif event.type is EventType.ALARM_SHELVED:
            by = event.data["by"]
            if by not in self._running:  # else another alarm of its rule and subject lies on the same shelf
                self._begin(by)
        elif event.type in _ENDED:
            self._end(_measure(event), event)

    def hold(self, alarm: Alarm) -> None:
        """Whether it may stand as it stands."""
        if not alarm.state.open:
            return
        if alarm.life_safety:
            allowed = (Standing.ANNOUNCED, Standing.TEST)
            must(alarm.standing in allowed, alarm.id, "is a matter of life, and", alarm.standing)
        if alarm.standing in _BY_MEASURE:
            must(alarm.standing_by in self._running, alarm.id, "is", alarm.standing, "by what is over")

    def inspect(self, rows: Rows, alarms: Sequence[Alarm], at: datetime, *, acting: bool) -> None:
        """Hold the rows against what was followed."""
        running = rows.measures.running()
        found = {measure.id for measure in running}
        must(found == self._running, f"these run, or do not, and events say otherwise: {few(found ^ self._running)}")
        if acting:
            over = [one.id for one in running if PERMITS[one.type].ends_by_itself and not one.in_force(at)]
            must(not over, f"their time is up, and they run: {few(over)}")

    def _begin(self, measure_id: str) -> None:
        must(measure_id not in self._ended, f"{measure_id} begins, and it was over")
        self._running.add(measure_id)

    def _end(self, measure: Measure, event: Event) -> None:
        must(measure.id in self._running, f"{measure.id} ends, and it does not run")
        self._running.discard(measure.id)
        self._ended.add(measure.id)
        assert measure.ended_at is not None
        must(measure.ended_at <= event.at, f"{measure.id} ends in the future")


def _measure(event: Event) -> Measure:
    return msgspec.convert(event.data["measure"], Measure)
