"""Verification in memory: the chains replayed against the rows.

Promises: one sentence for each damage, none when sound. Nobody reaches these rows from outside, so what it finds is a
mistake in this package or in who writes: a row that was changed in place, an event that was lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.ledger import alarms, attachments, duties, orders, rounds
from adapters.ledger.bodies import digest_of, write_body
from adapters.ledger.chain import event_seal
from adapters.ledger_in_memory.events import unseal
from adapters.ledger_in_memory.state import State


def verify(state: State, key: bytes) -> list[str]:
    """All damages."""
    named: dict[str, str] = {}
    damages = [damage for site in state.events.on.groups() for damage in _chain(state, site, key, named)]
    for name, row in _rows(state):
        expected = named.pop(name, None)
        if expected is None:
            damages.append(f"{name} is in no event.")
        elif digest_of(write_body(row)) != expected:
            damages.append(f"{name} is not as an event left it.")
    return damages + [f"{name} is gone, but an event wrote it." for name in named]


def _chain(state: State, site: str, key: bytes, named: dict[str, str]) -> Iterator[str]:
    """Replay a chain; what its events name goes to `named`."""
    previous = ""
    for number in range(1, state.events.on.size(site) + 1):
        row = state.events.get((site, number))
        if row is None:
            yield f"event {number} of {site} is missing."
            continue
        said = unseal(row)
        if event_seal(key, previous, row.body) != row.seal:
            yield f"event {number} of {site} does not fit its seal."
        elif row.read not in (None, said):
            yield f"event {number} of {site} was changed by somebody who read it."
        previous = row.seal
        named.update(said.digests)


def _rows(state: State) -> Iterator[tuple[str, Any]]:
    """All rows that events name."""
    for table, name in (
        (state.alarms, alarms.row_name),
        (state.orders, orders.row_name),
        (state.rounds, rounds.row_name),
        (state.duties, duties.row_name),
        (state.attachments, attachments.row_name),
    ):
        rows: dict[str, Any] = table.rows
        yield from ((name(key), row) for key, row in rows.items())
