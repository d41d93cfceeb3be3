"""How long a person waits for the ledger while alarms flood in: from wanting to write to the committed acknowledgement.

    python -m bench.flood [--seconds 20]

Alerting, in a process of its own, judges presses as fast as it can: each is a new occurrence of an alarm that calls
people, so every message costs a transaction's worth of rows. Beside it a person acknowledges an alarm five times a
second, in this process, over the same SQLite file. Printed: how fast presses are told, and how long the person waits.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec

from adapters.ledger import SqlLedger, ledger_key, open_ledger
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

REPOSITORY = Path(__file__).resolve().parent.parent
SITE = Site(id="bench", name=text("Bench", "测试", "測試"))
CARS = [Device(site=SITE.id, id=f"E-{number:02}", kind="elevator") for number in range(50)]
IMPORT = Actor(ActorType.PROGRAM, "import", Role.ADMIN)
OPERATOR = Actor(ActorType.PERSON, "lin", Role.OPERATOR)
PAUSE_S = 0.2


def opened(place: Path) -> tuple[SqlLedger, Desk]:
    """The ledger that both processes share, and the acts upon it."""
    config = load_config(REPOSITORY / "config", kinds())
    ledger = open_ledger(f"sqlite:///{place / 'ledger.db'}", key=ledger_key(place), anchors=place / "anchors")
    return ledger, Desk(config.templates, config.plan)


def flood(place: Path, begun: Event, ended: Event, told: Callable[[int], None]) -> None:
    """Alerting: presses of fifty cars in turn, a batch after the other, without a pause."""
    ledger, desk = opened(place)
    rules = [rule for rule in load_config(REPOSITORY / "config", kinds()).rules if rule.kind == "elevator"]
    room = Watchroom(ledger, desk, kinds(), rules)
    start, count = datetime.now(UTC), 0
    room.resume(start)
    while not ended.is_set():
        at = datetime.now(UTC)
        room.look(at, session_ms=to_ms(start), backlog=0)
        left = [pressed(count + number, to_ms(at)) for number in range(MOST_MESSAGES)]
        count += len(left)
        while left:
            left = left[room.turn(left, datetime.now(UTC)).judged :]
        room.tick(datetime.now(UTC))
        begun.set()
    told(count)
    ledger.close()


def pressed(number: int, at_ms: int) -> Message:
    """A press of the alarm button, a millisecond after the one before it."""
    body = {"ts": at_ms - MOST_MESSAGES + number % MOST_MESSAGES, "values": {"alarm_button": True}}
    car = CARS[number % len(CARS)]
    return Message(f"wk/v1/{car.site}/{car.kind}/{car.id}/event", msgspec.json.encode(body), at_ms)


def acknowledge(ledger: SqlLedger, desk: Desk, seconds: float) -> list[float]:
    """How long each acknowledgement took, in seconds."""
    with ledger.read() as rows:
        alarm = rows.alarms.open_on(SITE.id)[0]
    waits, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        with ledger.write(at=datetime.now(UTC), actor=OPERATOR) as tx:
            if tx.alarms.get(alarm.id).state.acknowledged:  # nobody pressed since: a note costs as much
                desk.comment(tx, alarm.id, actor=OPERATOR, note="Seen.")
            else:
                desk.acknowledge(tx, alarm.id, actor=OPERATOR)
        waits.append(time.perf_counter() - began)
        time.sleep(PAUSE_S)
    return waits


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    seconds = parser.parse_args().seconds
    processes = multiprocessing.get_context("spawn")
    begun, ended, counts = processes.Event(), processes.Event(), processes.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ledger, desk = opened(place)
        with ledger.write(at=datetime.now(UTC) - timedelta(minutes=1), actor=IMPORT) as tx:
            desk.register(tx, sites=[SITE], devices=CARS, actor=IMPORT)
        alerting = processes.Process(target=flood, args=(place, begun, ended, counts.put))
        began = time.monotonic()
        alerting.start()
        begun.wait(60)
        waits = acknowledge(ledger, desk, seconds)
        ended.set()
        count, spent_s = counts.get(), time.monotonic() - began
        alerting.join(60)
        ledger.close()
    waits_ms = sorted(wait * 1000 for wait in waits)
    print(f"{count / spent_s:,.0f} presses/s told, each an event, while a person acknowledged {len(waits)} times")
    print(
        f"the person waited {statistics.median(waits_ms):.0f} ms (median), "
        f"{waits_ms[len(waits_ms) * 9 // 10]:.0f} ms (of ten the slowest), {waits_ms[-1]:.0f} ms (worst)"
    )


if __name__ == "__main__":
    main()
