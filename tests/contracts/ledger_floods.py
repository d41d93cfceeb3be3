"""The ledger's contract: floods of alarms, and what was raised most often."""

from __future__ import annotations

from msgspec.structs import replace

from domain.assets import Subject, SubjectType
from domain.events import EventType
from domain.flood import Load
from domain.ports.ledger import Ledger, RaisedBy
from tests.contracts.ledger_values import RULE, START, after, alarm, put_alarm


class FloodContract:
    """What positions have had to take, and from what."""

    def test_a_flood_is_running_and_falls_due_until_it_has_ebbed(self, ledger: Ledger) -> None:
        recent = tuple(after(seconds=number) for number in range(11))
        flooded = Load(site="main", recent=recent, began_at=after(seconds=10), alarms=11)
        calm = Load(site="annex", recent=recent[:2])
        with ledger.write(at=START, actor=RULE) as tx:
            assert tx.floods.get("main") is None
            tx.floods.put(flooded)
            tx.floods.put(calm)
            assert tx.floods.get("annex") == calm
            assert tx.agenda().floods_at == after(minutes=10, seconds=6)
            assert tx.floods.due(after(minutes=10, seconds=5), most=9) == []
            assert tx.floods.due(after(minutes=10, seconds=6), most=9) == [flooded]
            assert tx.floods.running() == [flooded]
            assert tx.floods.running(frozenset({"annex"})) == []
            tx.floods.put(replace(flooded, began_at=None, alarms=0))
        with ledger.read() as rows:
            assert rows.floods.running() == []
            assert rows.agenda().floods_at is None

    def test_raises_are_counted_by_source_by_subject_and_by_rule(self, ledger: Ledger) -> None:
        door, fault = alarm(1, rule="elevator.door_held"), alarm(2, subject=alarm(1).subject, rule="elevator.fault")
        there = alarm(3, site="annex", rule="elevator.fault")
        raised, again = EventType.ALARM_RAISED, EventType.ALARM_REACTIVATED
        said = [(door, raised), (door, again), (fault, raised), (there, raised), (door, EventType.ALARM_RETURNED)]
        for minute, (one, type_) in enumerate(said):
            with ledger.write(at=after(minutes=minute), actor=RULE) as tx:
                put_alarm(tx, one, type_)
        e1, e3 = Subject(SubjectType.DEVICE, "E-1"), Subject(SubjectType.DEVICE, "E-3")
        with ledger.read() as rows:
            found = rows.alarms.raises(START, RaisedBy.SOURCE, sites=None, most=9)
            assert [(one.site, one.subject, one.rule, one.times, one.last_at) for one in found] == [
                ("main", e1, "elevator.door_held", 2, after(minutes=1)),
                ("annex", e3, "elevator.fault", 1, after(minutes=3)),
                ("main", e1, "elevator.fault", 1, after(minutes=2)),
            ]
            assert found[0].example == door
            by_subject = rows.alarms.raises(START, RaisedBy.SUBJECT, sites=frozenset({"main"}), most=9)
            assert [(one.subject, one.rule, one.times, one.alarms) for one in by_subject] == [(e1, None, 3, 2)]
            by_rule = rows.alarms.raises(after(minutes=2), RaisedBy.RULE, sites=None, most=1)
            assert [(one.site, one.subject, one.rule, one.times) for one in by_rule] == [
                ("annex", None, "elevator.fault", 1)
            ]
