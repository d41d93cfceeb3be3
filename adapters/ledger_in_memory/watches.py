"""What time changes in memory: rounds, cycles of duties, floods, and the measures that end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from adapters.ledger import duties as duty_rows
from adapters.ledger import rounds as round_rows
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger_in_memory.act import Look, refuse_a_move
from adapters.ledger_in_memory.state import ALL
from domain.duty_cycles import CycleState, DutyCycle
from domain.flood import Load
from domain.ports.ledger import RoundFilter
from domain.rounds import Round
from domain.standing import Measure


class Rounds:
    """Implements `domain.ports.ledger.RoundRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.rounds

    def get(self, round_id: str) -> Round:
        """By id. Raises NotFound."""
        return self._table.need(round_id, f"round {round_id}")

    def find(self, round_id: str) -> Round | None:
        """By id, if anything happened in it yet."""
        return self._table.get(round_id)

    def between(self, which: RoundFilter, *, most: int) -> list[Round]:
        """Rounds that match, in the order of their start."""
        found = (one for one in self._table.rows.values() if _matches(one, which))
        return sorted(found, key=lambda one: (one.slot.starts_at, one.id))[:most]

    def newest(self, site: str, route: str, *, most: int) -> list[Round]:
        """The newest rounds of a route, newest first."""
        found = [self._table.rows[key] for key in self._table.on.of((site, route))]
        return sorted(found, key=lambda one: one.slot.starts_at, reverse=True)[:most]

    def due(self, at: datetime, *, most: int) -> list[Round]:
        """Rounds that time alone changes at or before `at`, the one that waits longest first."""
        return [self._table.rows[key] for key in self._table.closing.until(at, most=most)]

    def put(self, round_: Round) -> None:
        """Insert or replace by id."""
        act = self._look.act()
        act.chains.owe(round_.site, round_rows.row_name(round_.id), digest_of(write_body(round_)))
        refuse_a_move(self._table.get(round_.id), round_.site, f"round {round_.id}")
        act.change(self._table, round_.id, round_)


class Duties:
    """Implements `domain.ports.ledger.DutyRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.duties

    def get(self, cycle_id: str) -> DutyCycle:
        """Raises NotFound."""
        return self._table.need(cycle_id, f"duty {cycle_id}")

    def find(self, cycle_id: str) -> DutyCycle | None:
        """By id, if it ever came under watch."""
        return self._table.get(cycle_id)

    def every(self, sites: frozenset[str] | None = None) -> list[DutyCycle]:
        """All of them, retired ones too, by id."""
        found = (one for one in self._table.rows.values() if sites is None or one.site in sites)
        return sorted(found, key=lambda one: one.id)

    def counts(self, sites: frozenset[str] | None = None) -> dict[tuple[str, CycleState], int]:
        """How many stand in each state, by site."""
        return dict(Counter((one.site, one.state) for one in self.every(sites)))

    def of_unit(self, site: str, unit: str) -> list[DutyCycle]:
        """What one device, building or site owes, by id."""
        return [one for one in self.every() if (one.site, one.unit) == (site, unit)]

    def due(self, at: datetime, *, most: int) -> list[DutyCycle]:
        """Those that time alone changes at or before `at`, the one that waits longest first."""
        return [self._table.rows[key] for key in self._table.waiting.until(at, most=most)]

    def put(self, cycle: DutyCycle) -> None:
        """Insert or replace by id."""
        act = self._look.act()
        act.chains.owe(cycle.site, duty_rows.row_name(cycle.id), digest_of(write_body(cycle)))
        refuse_a_move(self._table.get(cycle.id), cycle.site, f"duty {cycle.id}")
        act.change(self._table, cycle.id, cycle)


class Floods:
    """Implements `domain.ports.ledger.FloodRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.floods

    def get(self, site: str) -> Load | None:
        """What a position has had to take; None when nobody counted yet."""
        return self._table.get(site)

    def running(self, sites: frozenset[str] | None = None) -> list[Load]:
        """The positions that are flooded, by site."""
        rows = (self._table.rows[site] for site in sorted(self._table.rows) if sites is None or site in sites)
        return [load for load in rows if load.next_at is not None]

    def due(self, at: datetime, *, most: int) -> list[Load]:
        """Those that may have ebbed at `at`, the one that waits longest first."""
        return [self._table.rows[key] for key in self._table.ebbing.until(at, most=most)]

    def put(self, load: Load) -> None:
        """Insert or replace by site."""
        self._look.act().change(self._table, load.site, load)


class Measures:
    """Implements `domain.ports.ledger.MeasureRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.measures

    def get(self, measure_id: str) -> Measure:
        """Raises NotFound."""
        return self._table.need(measure_id, f"shelf, test or device out of service {measure_id}")

    def running(self, sites: frozenset[str] | None = None) -> list[Measure]:
        """Those that nobody ended, in the order in which they began."""
        found = (self._table.rows[key] for key in self._table.running.of(ALL))
        return sorted(
            (one for one in found if sites is None or one.site in sites), key=lambda one: (one.began_at, one.id)
        )

    def put(self, measure: Measure) -> None:
        """Insert or replace by id."""
        refuse_a_move(self._table.get(measure.id), measure.site, measure.id)
        self._look.act().change(self._table, measure.id, measure)


def _matches(round_: Round, which: RoundFilter) -> bool:
    return (
        which.start <= round_.slot.starts_at < which.end
        and (which.sites is None or round_.site in which.sites)
        and which.route in (None, round_.route)
        and which.state in (None, round_.state)
    )
