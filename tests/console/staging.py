"""A property set like a stage for the console: the demo's sites, devices, rules and templates over a real ledger, a
real history and the real desk, on the system's clock, so that what a browser shows ages as it does in life.

`python -m tests.console.staging PORT` serves it with a fair selection of alarms, for looking at the console by eye.
"""

from __future__ import annotations

import math
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn

from adapters.clock import SystemClock
from adapters.files import FolderOfFiles
from adapters.history.duckdb import DuckDBHistory
from adapters.ledger import SqlLedger
from watchkeeper.rehearsal.ledgers import sqlite_ledger_in
from alerting.desk import Desk, StepDetails
from alerting.facts import Fact, Facts
from alerting.memory import DeviceMemory, encode
from alerting.signals import Activation, Return
from api.accounts import create_person
from api.app import create_app
from api.parts import Parts
from devices.registry import kinds
from domain.alarms import Alarm
from domain.assets import Adoption, Device, Site, Subject, SubjectType
from domain.instants import to_ms
from domain.people import Actor, ActorType, Role
from domain.ports.ledger import WHOLE_INSTALLATION, Heartbeat, Transaction
from domain.readings import Channel, Reading, Reject, RejectReason, Value
from domain.workorders import Step
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config, load_property

SITE = "demo"
PASSWORD = "correct horse battery"
OPERATOR, MANAGER, MECHANIC, ADMIN = "chen", "lin", "wang", "zhao"
_STAGEHAND = Actor(ActorType.PROGRAM, "stagehand", Role.ADMIN)
_BEAT_EVERY_S = 2.0


@dataclass
class Stage:
    """The parts, and hands to make things happen as rules, devices and colleagues would."""

    parts: Parts
    ledger: SqlLedger
    history: DuckDBHistory

    def now(self) -> datetime:
        """The present instant."""
        return self.parts.clock.now()

    @contextmanager
    def act(self, *, ago: timedelta = timedelta(0), by: Actor = _STAGEHAND) -> Iterator[Transaction]:
        """A transaction, in the past if so told; open event streams hear of it."""
        with self.ledger.write(at=self.now() - ago, actor=by) as tx:
            yield tx
        self.parts.wake.ring()

    @property
    def site(self) -> Site:
        """The site's entry."""
        with self.ledger.read() as rows:
            return next(one for one in rows.devices.sites() if one.id == SITE)

    def device(self, name: str) -> Device:
        """A device of the registry."""
        with self.ledger.read() as rows:
            return rows.devices.get(SITE, name)

    def raise_alarm(
        self, device: str, rule: str, *, ago: timedelta = timedelta(0), why: dict[str, Any] | None = None
    ) -> Alarm:
        """A rule's condition begins on a device."""
        found = self.device(device)
        judged = next(one for one in self.parts.rules if one.id == f"{found.kind}.{rule}")
        with self.act(ago=ago) as tx:
            return self.parts.desk.activate(
                tx,
                Activation(
                    site=SITE,
                    subject=Subject(SubjectType.DEVICE, device),
                    rule=judged,
                    at=tx.at,
                    why=why or {},
                    device=found,
                ),
            )

    def end_condition(self, alarm: Alarm, *, ago: timedelta = timedelta(0)) -> None:
        """The alarm's condition ends."""
        with self.act(ago=ago) as tx:
            self.parts.desk.deactivate(
                tx, Return(site=alarm.site, subject=alarm.subject, rule=alarm.rule, at=tx.at, why={})
            )

    def acknowledge(self, alarm: Alarm, *, by: str = OPERATOR, ago: timedelta = timedelta(0)) -> None:
        """A colleague acknowledges."""
        actor = Actor(ActorType.PERSON, by, Role.OPERATOR)
        with self.act(ago=ago, by=actor) as tx:
            self.parts.desk.acknowledge(tx, alarm.id, actor=actor)

    def step(self, alarm: Alarm, step: Step, details: StepDetails, *, by: str, ago: timedelta) -> None:
        """A colleague takes a step of the alarm's work order."""
        actor = Actor(ActorType.PERSON, by, Role.MANAGER)
        with self.act(ago=ago, by=actor) as tx:
            order = tx.alarms.get(alarm.id).work_order
            assert order is not None
            self.parts.desk.take_step(tx, order, step, details, actor=actor)

    def remember(self, device: str, values: dict[str, Value | None], *, ago: timedelta = timedelta(0)) -> None:
        """Alerting knows these values of the device."""
        at_ms = to_ms(self.now() - ago)
        facts = {name: Fact(value, at_ms, at_ms, Channel.TELEMETRY) for name, value in values.items()}
        with self.act() as tx:
            memory = DeviceMemory(Facts(values=facts, heard_ms=at_ms, newest_at_ms=at_ms))
            tx.memories.put_many([(SITE, device, encode(memory))])

    def store(self, device: str, series: list[tuple[datetime, dict[str, Value]]]) -> None:
        """Readings of a device in history."""
        kind = self.device(device).kind
        readings = [
            Reading(SITE, kind, device, Channel.TELEMETRY, to_ms(at), to_ms(at), values, to_ms(at))
            for at, values in series
        ]
        self.history.write(readings)

    def beat(self) -> None:
        """Alerting judged a turn."""
        with self.act() as tx:
            for site in (WHOLE_INSTALLATION, SITE):
                tx.heartbeats.beat(Heartbeat(site, tx.at))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Alerting judges turn after turn, until the end of the block."""
        over = threading.Event()

        def keep_beating() -> None:
            while not over.wait(_BEAT_EVERY_S):
                self.beat()

        self.beat()
        beating = threading.Thread(target=keep_beating)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()


@contextmanager
def staged(folder: Path, *, console: Path | None = None) -> Iterator[Stage]:
    """The demo property with four people who sign in with `PASSWORD`, nothing abnormal yet."""
    configuration = load_config(REPOSITORY / "config", kinds())
    demo = load_property(REPOSITORY / "config/property/demo.toml", kinds())
    ledger = sqlite_ledger_in(folder)
    history = DuckDBHistory(folder / "history", kinds())
    parts = Parts(
        ledger=ledger,
        desk=Desk(configuration.templates),
        history=history,
        kinds=kinds(),
        rules=configuration.rules,
        clock=SystemClock(),
        files=FolderOfFiles(folder / "files"),
        console_folder=console,
    )
    stage = Stage(parts, ledger, history)
    try:
        with stage.act(ago=timedelta(days=2)) as tx:
            parts.desk.register(tx, sites=demo.sites, devices=demo.devices, actor=_STAGEHAND)
        for name, role, full_name in (
            (OPERATOR, Role.OPERATOR, "Chen Jie"),
            (MANAGER, Role.MANAGER, "Lin Mei"),
            (MECHANIC, Role.OPERATOR, "Wang Lei"),
            (ADMIN, Role.ADMIN, "Zhao Li"),
        ):
            create_person(
                ledger,
                name=name,
                role=role,
                full_name=full_name,
                password=PASSWORD,
                at=stage.now(),
                actor=_STAGEHAND,
            )
        yield stage
    finally:
        history.close()
        ledger.close()


def furnish(stage: Stage) -> None:
    """A control room's ordinary bad evening: something of every severity, state and clock."""
    minutes = lambda count: timedelta(minutes=count)  # noqa: E731
    with stage.ledger.read() as rows:
        devices = rows.devices.every()
    for number, device in enumerate(devices):
        values = {name: value for sample in stage.parts.kinds[device.kind].samples for name, value in sample.items()}
        stage.remember(device.id, dict(values), ago=timedelta(seconds=number % 50))
    by_kind = {kind: [device.id for device in devices if device.kind == kind] for kind in stage.parts.kinds}
    cars, smoke, exits = by_kind["elevator"], by_kind["smoke_detector"], by_kind["fire_exit"]
    at = stage.now()

    door = stage.raise_alarm(cars[5], "door_held", ago=minutes(190))
    stage.acknowledge(door, ago=minutes(185))
    stage.step(door, Step.ACCEPT, StepDetails(), by=MECHANIC, ago=minutes(180))
    battery = stage.raise_alarm(smoke[3], "battery", ago=minutes(160))
    stage.acknowledge(battery, by=MANAGER, ago=minutes(150))
    blocked = stage.raise_alarm(exits[0], "blocked", ago=minutes(55))
    stage.step(blocked, Step.DISPATCH, StepDetails(assignee=MECHANIC), by=MANAGER, ago=minutes(52))
    over = stage.raise_alarm(cars[2], "door_held", ago=minutes(48))
    stage.acknowledge(over, ago=minutes(46))
    stage.end_condition(over, ago=minutes(40))
    heat = stage.raise_alarm(
        cars[1],
        "overheat",
        ago=minutes(13),
        why={
            "holds": True,
            "leaves": [
                {
                    "is": "above",
                    "metric": "motor_temp_c",
                    "level": 80.0,
                    "clear": 75.0,
                    "holds": True,
                    "decided": True,
                    "observed": 86.2,
                    "at": (at - minutes(13)).isoformat(),
                    "received": (at - minutes(13)).isoformat(),
                },
                {
                    "is": "above",
                    "metric": "machine_room_c",
                    "level": 40.0,
                    "clear": 38.0,
                    "holds": False,
                    "decided": False,
                    "observed": 31.5,
                    "at": (at - minutes(13)).isoformat(),
                    "received": (at - minutes(13)).isoformat(),
                },
            ],
            "known": {"floor": 7, "door": "closed", "mode": "normal", "motor_temp_c": 86.2},
            "hold": {"since": (at - minutes(14)).isoformat(), "on_delay_s": 60.0, "off_delay_s": 0.0},
            "reading": {
                "at": (at - minutes(13)).isoformat(),
                "sent": (at - minutes(13)).isoformat(),
                "received": (at - minutes(13)).isoformat(),
                "channel": "telemetry",
                "values": {"motor_temp_c": 86.2, "speed_mps": 1.75},
                "bad": [],
                "clock_suspect": False,
            },
        },
    )
    stage.step(heat, Step.ACCEPT, StepDetails(), by=OPERATOR, ago=minutes(11))
    stage.raise_alarm(smoke[0], "fault", ago=minutes(9))
    gone = stage.raise_alarm(exits[1], "open", ago=minutes(8))
    stage.end_condition(gone, ago=minutes(6))
    stage.raise_alarm(by_kind["hydrant"][0], "low", ago=minutes(5))
    stage.raise_alarm(cars[6], "stopped", ago=minutes(4))
    fire = stage.raise_alarm(smoke[7], "fire", ago=minutes(3))
    stage.acknowledge(fire, ago=minutes(2))
    stage.raise_alarm(cars[2], "entrapment_call", ago=timedelta(seconds=50))
    with stage.act() as tx:
        found = Device(site=SITE, id="E-77", kind="elevator", adoption=Adoption.DISCOVERED)
        stage.parts.desk.discover(tx, found)
        tx.quarantine.put(
            f"wk/v1/{SITE}/elevator/E-01/telemetry",
            b'{"ts": 1763712000000, "values": {"motor_temp_c": 999}}',
            Reject(RejectReason.OUT_OF_RANGE, "999 is not between -40 and 200", "motor_temp_c"),
        )
        tx.quarantine.put("wk/v1/demo/elevator", b"\xff\xfe not json", Reject(RejectReason.BAD_TOPIC, "3 levels of 6"))
    stage.store(cars[1], warm_day(at))


def warm_day(at: datetime) -> list[tuple[datetime, dict[str, Value]]]:
    """Two days of a motor that warms with use, with an hour of silence in it, a reading every 30 s until `at`."""
    series: list[tuple[datetime, dict[str, Value]]] = []
    for step in range(5760, 0, -1):
        back = timedelta(seconds=30 * step)
        if timedelta(hours=5) < back < timedelta(hours=6):
            continue
        busy = 1 + math.sin(step / 458) + 0.35 * math.sin(step / 7)
        running = step % 9 < 4
        series.append(
            (
                at - back,
                {
                    "motor_temp_c": round(38 + 14 * busy + (22 if step < 30 else 0), 1),
                    "door": ("closed", "opening", "open", "closing")[step // 7 % 4] if step % 5 == 0 else "closed",
                    "speed_mps": 1.75 if running else 0.0,
                    "passenger": running,
                },
            )
        )
    return series


def main(port: int) -> None:
    """Serve the stage on loopback until it is stopped."""
    console = REPOSITORY / "console/dist"
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder), console=console) as stage:
        furnish(stage)
        with stage.watched():
            uvicorn.run(create_app(stage.parts), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
