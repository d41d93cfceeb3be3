"""A disk that fills up and a clock that was set are alarms of every site, and end when their cause has."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.ledger import SqlLedger
from adapters.machine import look_at_machine
from alerting.desk import Desk
from alerting.own_machine import CLOCK_MOVED, DISK_NEARLY_FULL, OwnMachine
from domain.alarms import Alarm
from domain.machine import ClockLook, DiskUse, MachineLook
from domain.ports.ledger import AlarmFilter
from tests.alerting.desk.scene import TEMPLATES
from tests.alerting.room import IMPORT, SITE, START


def machine(ledger: SqlLedger) -> OwnMachine:
    return OwnMachine(ledger, Desk(TEMPLATES), ManualClock(START), lambda: look_at_machine({}))


@pytest.fixture
def own(ledger: SqlLedger) -> OwnMachine:
    with ledger.write(at=START, actor=IMPORT) as tx:
        tx.devices.put_site(SITE)
    return machine(ledger)


def look(after_s: float, *, used_pct: int = 10, clock_ahead_s: float = 0.0) -> tuple[MachineLook, datetime]:
    at = START + timedelta(seconds=after_s + clock_ahead_s)
    return MachineLook(ClockLook(at, after_s), (DiskUse("data", "/data", 100, 100 - used_pct),)), at


def active(ledger: SqlLedger) -> dict[str, Alarm]:
    with ledger.read() as rows:
        page = rows.alarms.page(AlarmFilter(open=None), after=None, most=10)
    return {alarm.rule: alarm for alarm in page.items if alarm.signal_active}


def test_a_disk_nearly_full_is_one_alarm_until_it_is_roomy_again(ledger: SqlLedger, own: OwnMachine) -> None:
    assert own.step(*look(0)) == 0
    assert own.step(*look(5, used_pct=85)) == 1
    assert own.step(*look(10, used_pct=90)) == 0
    assert active(ledger)[DISK_NEARLY_FULL.id].subject.id == "disk"
    assert own.step(*look(15, used_pct=83)) == 0
    assert own.step(*look(20, used_pct=50)) == 1
    assert active(ledger) == {}


def test_a_clock_that_was_set_back_is_an_alarm_that_says_by_how_much(ledger: SqlLedger, own: OwnMachine) -> None:
    own.step(*look(0))
    assert own.step(*look(5, clock_ahead_s=-3600)) == 1
    assert set(active(ledger)) == {CLOCK_MOVED.id}
    assert own.step(*look(300, clock_ahead_s=-3600)) == 0
    assert own.step(*look(700, clock_ahead_s=-3600)) == 1
    assert active(ledger) == {}


def test_a_restart_takes_up_the_alarms_of_the_process_before(ledger: SqlLedger, own: OwnMachine) -> None:
    own.step(*look(0, used_pct=95))
    again = machine(ledger)
    assert again.step(*look(60, used_pct=95)) == 0
    assert again.step(*look(65, used_pct=20)) == 1
    assert active(ledger) == {}


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    seen = look_at_machine({"data": tmp_path, "same": tmp_path, "gone": tmp_path / "gone"})
    assert [use.name for use in seen.disks] == ["data"]
    assert 0 < seen.disks[0].free_bytes <= seen.disks[0].total_bytes
    assert look_at_machine({}).clock.running_s >= seen.clock.running_s
