"""Hours of a small property in simulated time, with faults, redelivery and restarts in the middle."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import msgspec

from adapters.ledger import SqlLedger
from devices.registry import kinds
from domain.alarms import AlarmState
from domain.assets import Device
from domain.instants import to_ms
from domain.kinds import Behaviour
from domain.readings import Message
from tests.alerting.room import Room, message
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config
from watchkeeper.rehearsal.ledgers import sqlite_ledger_in

RULES = load_config(REPOSITORY / "config", kinds()).rules
LIFTS = tuple(Device(site="main", id=f"E-{number}", kind="elevator") for number in range(1, 4))
STEP_S = 10
STEPS = 180
FAULTS = {20: ("E-1", "entrapment"), 70: ("E-2", "entrapment"), 110: ("E-3", "overheat")}
REPAIRS = {50: "E-1", 100: "E-2", 150: "E-3"}


def hours(ledger: SqlLedger, *, disturbed: bool) -> Room:
    """Half an hour of three elevators. Disturbed: messages come again, and we restart every few minutes."""
    room = Room(ledger, RULES, LIFTS)
    room.catch_up()
    cars: dict[str, Behaviour] = {lift.id: kinds()["elevator"].behave(lift, Random(lift.id)) for lift in LIFTS}
    chance = Random(5)
    recent: list[Message] = []
    for step in range(STEPS):
        for name, car in cars.items():
            reports = list(car.step(room.at))
            if FAULTS.get(step, ("", ""))[0] == name:
                reports += car.inject(FAULTS[step][1], room.at)
            if REPAIRS.get(step) == name:
                reports += car.repair(room.at)
            batch = [
                message(one.values, room.at, ts=to_ms(room.at) + number, device=name, channel=one.channel.value)
                for number, one in enumerate(reports)
            ]
            recent = [*recent, *batch][-20:]
            if disturbed:
                again = msgspec.structs.replace(chance.choice(recent), received_ms=to_ms(room.at))
                batch.insert(chance.randrange(len(batch) + 1), again)
            room.turn(*batch)
        if disturbed and step % 17 == 5:
            room.start()
            room.pass_(STEP_S / 2)
            room.pass_(STEP_S / 2)
        else:
            room.pass_(STEP_S)
    return room


def test_restarts_and_redelivery_change_nothing_of_what_happened(tmp_path: Path) -> None:
    found = []
    for name, disturbed in (("calm", False), ("disturbed", True)):
        folder = tmp_path / name
        folder.mkdir()
        ledger = sqlite_ledger_in(folder)
        room = hours(ledger, disturbed=disturbed)
        alarms = room.alarms()
        open_ = Counter((alarm.subject.id, alarm.rule) for alarm in alarms if alarm.state is not AlarmState.NORMAL)
        assert set(open_.values()) == {1}
        assert all(alarm.work_order is not None for alarm in alarms)
        assert {"elevator.entrapment_call", "elevator.overheat"} <= {alarm.rule for alarm in alarms}
        assert ledger.verify() == []
        ledger.close()
        found.append(sorted((alarm.subject.id, alarm.rule, alarm.occurrences, alarm.state) for alarm in alarms))
    assert found[0] == found[1]
