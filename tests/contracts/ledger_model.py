"""The ledger's contract as a model: random transactions, parts of which fail, beside two dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.alarms import Alarm, AlarmState
from domain.events import Cursor
from domain.ports.ledger import AlarmFilter, Ledger, Transaction
from tests.contracts.ledger_values import RULE, START, Broken, alarm, put_alarm

Transactions = list[tuple[bool, list[object]]]


@dataclass
class Model:
    """What the ledger should hold."""

    alarms: dict[str, Alarm] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self) -> Model:
        """As it is now, for a part that may fail."""
        return Model(dict(self.alarms), dict(self.numbers))


ACT = st.tuples(st.sampled_from(["main", "annex"]), st.integers(0, 3), st.booleans())
PART = st.recursive(
    st.lists(ACT, max_size=3), lambda inner: st.tuples(st.booleans(), st.lists(inner, max_size=3)), max_leaves=8
)
"""Acts, or a savepoint that fails or not around more of the same."""


TRANSACTIONS = st.lists(st.tuples(st.booleans(), st.lists(PART, max_size=3)), max_size=4)
"""Each with whether it fails at its end."""


def break_if(fails: bool) -> None:
    """The failure of a part that is to fail."""
    if fails:
        raise Broken


def run(tx: Transaction, part: object, model: Model) -> None:
    """Do the part on the ledger and on the model."""
    if isinstance(part, tuple):
        fails, inner = part
        before = model.copy()
        try:
            with tx.savepoint():
                for one in inner:
                    run(tx, one, model)
                break_if(fails)
        except Broken:
            model.alarms, model.numbers = before.alarms, before.numbers
        return
    assert isinstance(part, list)
    for site, number, is_open in part:
        state = AlarmState.ACKNOWLEDGED if is_open else AlarmState.NORMAL
        known = model.alarms.get(f"{site}-A{number}", alarm(number, site=site))
        value = replace(known, state=state, occurrences=known.occurrences + 1)
        event = put_alarm(tx, value)
        model.alarms[value.id] = value
        model.numbers[site] = model.numbers.get(site, 0) + 1
        assert event.number == model.numbers[site]


def replayed(ledger: Ledger, transactions: Transactions) -> None:
    """Run random transactions, some of which fail, and compare the ledger with the model after each."""
    model = Model()
    for at_s, (fails, parts) in enumerate(transactions):
        before = model.copy()
        try:
            with ledger.write(at=START + timedelta(seconds=at_s), actor=RULE) as tx:
                for part in parts:
                    run(tx, part, model)
                break_if(fails)
        except Broken:
            model = before
        with ledger.read() as rows:
            found = rows.alarms.page(AlarmFilter(open=None), after=None, most=99).items
            assert {value.id: value for value in found} == model.alarms
            assert rows.events.head() == Cursor(model.numbers)
    assert ledger.verify() == []
