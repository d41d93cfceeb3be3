"""How fast alerting judges: messages a second through whole turns, ledger included, in one thread.

Run it with `python bench/judging.py`. The target is 20,000 msg/s for 10,000 devices with 10 rules each. Every
message changes numbers; one in three changes the door, the motion and the floor.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from adapters.ledger import ledger_key, open_ledger
from alerting.desk import Desk
from alerting.loop import MOST_MESSAGES
from alerting.turn import Watchroom
from devices.registry import kinds
from domain.assets import Device, Site
from domain.instants import to_ms
from domain.people import Actor, ActorType, Role
from domain.readings import Message
from domain.texts import text
from watchkeeper.config_files import load_config

DEVICES = 10_000
ROUNDS = 12
SPACING = timedelta(microseconds=50)
"""Between two messages: 20,000 a second, in simulated time."""
START = datetime(2026, 3, 1, tzinfo=UTC)
IMPORT = Actor(ActorType.PROGRAM, "import", Role.ADMIN)
REPOSITORY = Path(__file__).resolve().parent.parent


class Car:
    """An elevator that stands most of the time, travels, and opens its door; one message in three says so."""

    def __init__(self, number: int, rng: Random) -> None:
        self.topic = f"wk/v1/bench/elevator/E-{number:05}/telemetry"
        self.rng, self.floor, self.moving, self.open = rng, 1, False, False

    def message(self, at_ms: int) -> Message:
        """What it says now, about 180 bytes."""
        rng = self.rng
        if rng.random() < 0.33:
            self.moving = not self.open and not self.moving
            self.open = not self.moving and rng.random() < 0.5
            self.floor = rng.randint(1, 30)
        values = {
            "floor": self.floor,
            "direction": "up" if self.moving else "idle",
            "door": "open" if self.open else "closed",
            "door_zone": not self.moving,
            "speed_mps": round(1.5 + rng.random() * 0.25, 2) if self.moving else 0.0,
            "load_pct": rng.randint(0, 80),
            "motor_temp_c": round(40 + rng.random() * 20, 1),
            "mode": "normal",
            "passenger": self.moving,
            "fault_code": "0",
        }
        return Message(self.topic, msgspec.json.encode({"ts": at_ms, "values": values}), at_ms)


def main() -> None:
    """Measure and print."""
    rng = Random(7)
    config = load_config(REPOSITORY / "config", kinds())
    rules = [rule for rule in config.rules if rule.kind == "elevator"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ledger = open_ledger(f"sqlite:///{place / 'ledger.db'}", key=ledger_key(place), anchors=place / "anchors")
        desk = Desk(config.templates)
        site = Site(id="bench", name=text("Bench", "测试", "測試"))
        devices = [Device(site="bench", id=f"E-{n:05}", kind="elevator") for n in range(DEVICES)]
        with ledger.write(at=START, actor=IMPORT) as tx:
            desk.register(tx, sites=[site], devices=devices, actor=IMPORT)
        room = Watchroom(ledger, desk, kinds(), rules)
        room.resume(START)
        spent_s, cpu_s, worst_s, count = 0.0, 0.0, 0.0, 0
        at, cars = START, [Car(number, rng) for number in range(DEVICES)]
        for round_ in range(ROUNDS):
            rng.shuffle(cars)
            messages = [car.message(to_ms(at + SPACING * n)) for n, car in enumerate(cars, DEVICES * round_)]
            for first in range(0, DEVICES, MOST_MESSAGES):
                now = at + SPACING * (DEVICES * round_ + first + MOST_MESSAGES)
                began, cpu = time.perf_counter(), time.process_time()
                room.look(now, session_ms=to_ms(START), backlog=0)
                left = messages[first : first + MOST_MESSAGES]
                while left:
                    left = left[room.turn(left, now).judged :]
                room.tick(now)
                took = time.perf_counter() - began
                if round_ > 1:  # the first rounds meet every device for the first time
                    spent_s, cpu_s, count = spent_s + took, cpu_s + time.process_time() - cpu, count + MOST_MESSAGES
                    worst_s = max(worst_s, took)
        began = time.perf_counter()
        again = Watchroom(ledger, desk, kinds(), rules)
        again.resume(now)
        resumed_s = time.perf_counter() - began
        ledger.close()
    print(f"{len(messages[0].payload)} bytes a message, {len(rules)} rules, {DEVICES} devices", file=sys.stderr)
    print(
        f"{count / spent_s:,.0f} msg/s, {cpu_s / count * 1e6:.1f} us CPU a message, worst turn {worst_s * 1000:.0f} ms"
    )
    print(f"resume of {DEVICES} devices: {resumed_s * 1000:.0f} ms")


if __name__ == "__main__":
    main()
