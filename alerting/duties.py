"""Duties: from the registry and time to orders that open ahead of their day.

Promises: every unit of the registry owes the duties of the config, in their present form, and those that are gone owe
none; what falls due is done by a timer that may come late, once. One cycle that fails is logged, counted and tried
again; it stops no other. Nothing is asked of the ledger while nothing is due. Memory changes only by `keep`, after the
commit. Leaves to others: days (`domain.duties`), the acts (`alerting.desk`), when something is due (the agenda).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from alerting.apart import Apart
from alerting.desk import Desk
from domain.duties import Duty, Unit, units_of
from domain.duty_cycles import CycleState, DutyCycle
from domain.ports.ledger import Rows, Transaction

MOST = 100
"""Cycles that one look moves: a property that owes a thousand on one morning has its orders in ten seconds."""


class Duties:
    """What is owed, as far as it differs from the ledger. One thread at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._watch: dict[str, tuple[Unit, Duty]] = {}
        self._retire: dict[str, DutyCycle] = {}
        self._settled: set[str] = set()
        self._apart = Apart("duty", "duty_failed")

    @property
    def waiting(self) -> bool:
        """Whether the registry or the config asks for something that the ledger does not have yet."""
        return bool(self._watch or self._retire)

    def load(self, rows: Rows) -> None:
        """Compare who owes what by the registry with the ledger."""
        sites, devices = rows.devices.sites(), rows.devices.every()
        duties = self._desk.duties.duties.values()
        wanted = {unit.id: (unit, duty) for duty in duties for unit in units_of(duty, sites, devices)}
        known = {cycle.id: cycle for cycle in rows.duties.every()}
        live = {id_: cycle for id_, cycle in known.items() if cycle.state is not CycleState.RETIRED}
        self._retire = {id_: cycle for id_, cycle in live.items() if id_ not in wanted}
        self._watch = {
            id_: (unit, duty)
            for id_, (unit, duty) in wanted.items()
            if id_ not in live or live[id_].duty_as_it_was != duty
        }

    def look(self, tx: Transaction, at: datetime, *, due: bool) -> int:
        """Do what is waiting, and what is `due` at `at`; returns how much it wrote. `keep` afterwards."""
        self._settled = set()
        done = 0
        for id_, (unit, duty) in list(self._watch.items())[:MOST]:
            done += self._run(tx, id_, partial(self._begin, tx, unit, duty))
        for id_, cycle in list(self._retire.items())[:MOST]:
            done += self._run(tx, id_, partial(self._end, tx, cycle))
        for cycle in tx.duties.due(at, most=MOST) if due else ():
            done += self._run(tx, cycle.id, partial(self._desk.run_duty, tx, cycle.site, cycle.id))
        return done

    def keep(self) -> None:
        """Remember what the last look settled, after its commit."""
        for id_ in self._settled:
            self._watch.pop(id_, None)
            self._retire.pop(id_, None)
        self._settled = set()

    def _begin(self, tx: Transaction, unit: Unit, duty: Duty) -> int:
        self._desk.watch_duty(tx, unit, duty)
        return 1

    def _end(self, tx: Transaction, cycle: DutyCycle) -> int:
        self._desk.retire_duty(tx, cycle.site, cycle.id)
        return 1

    def _run(self, tx: Transaction, cycle_id: str, work: Callable[[], int]) -> int:
        """The part of one cycle; 0 when it failed. It is tried again."""
        done = self._apart.run(tx, work, duty=cycle_id)
        if done is None:
            return 0
        self._settled.add(cycle_id)
        return done
