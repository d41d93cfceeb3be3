"""What a control room can rely on, line by line, each with its figure: whole alerting in simulated time.

Nothing here looks inside: devices report, people act, and what is compared is alarms, orders and who was told.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from msgspec.structs import replace

from alerting.desk import Desk
from devices.registry import kinds
from domain.alarms import AlarmState
from domain.assets import Building, Device, Site
from domain.errors import Conflict
from domain.events import EventType
from domain.people import Actor, Role
from domain.ports.ledger import Transaction
from domain.readings import Channel
from domain.standing import Standing
from domain.texts import text
from domain.workorders import Step as OrderStep
from simulators import scenario
from simulators.expected import AlarmExpected, NoticeExpected
from simulators.scenario import CAST, Expects, FallsSilent, Reports, Scenario, SpeaksAgain, Step
from tests.alerting.desk.scene import COLLEAGUE, FAULT, OPERATOR, Scene, open_in
from tests.services import REPOSITORY
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.rehearsal.script import Play

KINDS = dict(kinds())
SITE = Site(
    id="main",
    name=text("Main", "主园", "主園"),
    buildings=(
        Building(id="T1", name=text("Tower 1", "1 号楼", "1 號樓")),
        Building(id="T2", name=text("Tower 2", "2 号楼", "2 號樓")),
    ),
)
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
MINUTE = timedelta(minutes=1)
FEED = Device(site="main", id="PF", kind="power_feed", gateway="GW")
GATEWAY = Device(site="main", id="GW", kind="gateway", power_feed="PF")
BEHIND = tuple(
    Device(site="main", id=f"L-{number:03}", kind="lighting", gateway="GW", power_feed="PF") for number in range(1, 149)
)
SILENCED = (FEED, GATEWAY, *BEHIND)
NAMES = tuple(device.id for device in SILENCED)
DETECTORS = tuple(
    Device(site="main", id=f"SD-{number:03}", kind="smoke_detector", building="T1") for number in range(1, 101)
)
NEXT_DOOR = Device(site="main", id="SD-N", kind="smoke_detector", building="T2")
CAR = Device(site="main", id="E-1", kind="elevator")


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_config(REPOSITORY / "config", KINDS)


def play(configuration: Configuration, devices: tuple[Device, ...], *steps: Step) -> None:
    """Play these steps from nine in the morning; every device is sound until told otherwise."""
    script = Scenario(
        name="control room",
        title=text("t", "t", "t"),
        stands_for="",
        site=SITE,
        devices=devices,
        begins=START,
        steps=steps,
        people={**CAST, "guo": Role.OPERATOR},
        reports_every=MINUTE,
        tick_every=MINUTE,
    )
    missed = [played for played in Play(script, KINDS, configuration).run() if played.problems]
    assert missed == []


def says(device: str, *, after: timedelta = timedelta(0), late: timedelta = timedelta(0), **values: bool) -> Reports:
    return Reports(device=device, values=dict(values), channel=Channel.EVENT, after=after, late=late)


def test_a_power_cut_that_silences_150_devices_is_one_alarm_beside_every_alarm_of_life_safety(
    configuration: Configuration,
) -> None:
    assert len(SILENCED) == 150
    off = AlarmExpected(rule="power_feed.off", device="PF", standing=Standing.ANNOUNCED)
    fire = AlarmExpected(rule="smoke_detector.fire", device="SD-N", life_safety=True)
    called = AlarmExpected(rule="elevator.entrapment_call", device="E-1", life_safety=True)
    play(
        configuration,
        (*SILENCED, NEXT_DOOR, CAR),
        Reports(device="PF", values={"energised": False}, after=5 * MINUTE),
        FallsSilent(devices=NAMES, after=timedelta(seconds=2)),
        says("SD-N", after=6 * MINUTE, alarm=True),
        says("E-1", after=4 * MINUTE, alarm_button=True),
        Expects(
            after=5 * MINUTE,
            alarms=(off, fire, called),
            hidden=True,
            open_orders=3,
            events={EventType.ALARM_RAISED: 3, EventType.ALARM_SUPPRESSED: 150},
            notices=(NoticeExpected(rule="lighting.silent", times=0),),
        ),
        SpeaksAgain(devices=NAMES),
        Reports(device="PF", values={"energised": True}),
        Expects(
            after=10 * MINUTE,
            alarms=(replace(off, state=AlarmState.RETURNED), fire, called),
            events={EventType.ALARM_RAISED: 3, EventType.ALARM_REACTIVATED: 0, EventType.ALARM_ENDED: 0},
        ),
    )


def test_the_broker_gone_for_ten_minutes_is_one_alarm_beside_every_alarm_of_life_safety(
    configuration: Configuration,
) -> None:
    lost = AlarmExpected(rule="system.broker_lost", active=True, occurrences=1)
    fire = AlarmExpected(rule="smoke_detector.fire", device="SD-N", late=6 * MINUTE, occurrences=1)
    play(
        configuration,
        (*SILENCED, NEXT_DOOR, CAR),
        scenario.LosesBroker(after=5 * MINUTE),
        says("SD-N", after=4 * MINUTE, alarm=True),
        Expects(after=6 * MINUTE - timedelta(seconds=1), alarms=(lost,), events={EventType.ALARM_RAISED: 1}),
        scenario.FindsBroker(after=timedelta(seconds=1)),
        Expects(
            after=15 * MINUTE,
            alarms=(AlarmExpected(rule="system.broker_lost", state=AlarmState.RETURNED), fire),
            events={EventType.ALARM_RAISED: 2, EventType.ALARM_SUPPRESSED: 0},
        ),
    )


def test_a_fire_test_of_100_detectors_pages_the_testers_alone_and_a_real_fire_next_door_everybody(
    configuration: Configuration,
) -> None:
    names = tuple(device.id for device in DETECTORS)
    fire = "smoke_detector.fire"
    sounding = tuple(says(name, after=timedelta(seconds=1), alarm=True) for name in names)
    paged = {"lin": 1, "chen": 3, "zhao": 1}  # shift leader at once; duty manager after 1, 3, 5 min; manager after 3
    play(
        configuration,
        (*DETECTORS, NEXT_DOOR),
        scenario.BeginsTest(by="wu", second="guo", lasts=timedelta(hours=1), reason="monthly test", devices=names),
        *sounding[:50],
        says("SD-N", after=timedelta(seconds=1), alarm=True),
        *sounding[50:],
        Expects(
            after=5 * MINUTE,
            alarms=(AlarmExpected(rule=fire, device="SD-N", standing=Standing.ANNOUNCED),),
            hidden=True,
            open_orders=1,
            events={EventType.ALARM_RAISED: 1, EventType.ALARM_TESTED: 100},
            notices=(
                *(NoticeExpected(to=name, rule=fire, times=times) for name, times in paged.items()),
                *(NoticeExpected(to=name, rule=fire, device="SD-N", times=times) for name, times in paged.items()),
                NoticeExpected(to="wu", rule=fire, device="SD-N", times=0),
                NoticeExpected(to="wu", rule=fire, device="SD-001"),
                NoticeExpected(to="guo", rule=fire, device="SD-100"),
            ),
        ),
    )


Act = Callable[[Desk, Transaction, Actor], object]


def acknowledge(desk: Desk, tx: Transaction, actor: Actor) -> object:
    return desk.acknowledge(tx, "main-A1", actor=actor)


def shelve(desk: Desk, tx: Transaction, actor: Actor) -> object:
    return desk.shelve(tx, "main-A1", until=tx.at + timedelta(hours=1), reason="known", actor=actor)


def accept(desk: Desk, tx: Transaction, actor: Actor) -> object:
    order = tx.alarms.get("main-A1").work_order
    assert order is not None
    return desk.take_step(tx, order, OrderStep.ACCEPT, actor=actor)


@pytest.mark.parametrize("act", [acknowledge, shelve, accept], ids=lambda act: act.__name__)
def test_of_two_people_who_act_at_once_one_wins_and_the_other_is_told_who(act: Act, tmp_path: Path) -> None:
    scene = Scene(open_in(tmp_path))
    scene.furnish()
    scene.activate(FAULT)
    together = Barrier(2)

    def try_(actor: Actor) -> Conflict | None:
        together.wait(timeout=30)
        try:
            with scene.ledger.write(at=scene.at, actor=actor) as tx:
                act(scene.desk, tx, actor)
        except Conflict as told:
            return told
        return None

    with ThreadPoolExecutor(2) as both:
        told = list(both.map(try_, (OPERATOR, COLLEAGUE)))
    [refused] = [one for one in told if one is not None]
    winner = COLLEAGUE if told[0] is refused else OPERATOR
    assert refused.winner == winner.name
    assert scene.ledger.verify() == []
    scene.ledger.close()
