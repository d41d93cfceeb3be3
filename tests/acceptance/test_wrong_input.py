"""Ten thousand good messages with a thousand bad ones between them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from tests.acceptance.machine import eventually
from tests.acceptance.property import exported, gateway, quiet_property
from tests.acceptance.sender import Message
from tests.services import require

GOOD, BAD = 10_000, 1_000
FLAT = 64 * 1024 * 1024
"""A flood that adds less than this, in bytes, adds nothing that stays: what a burst took is kept for the next."""

TOPIC = "wk/v1/demo/elevator/E-03/telemetry"


def _good(number: int, start: datetime) -> Message:
    ts = int(start.timestamp() * 1000) + number
    return TOPIC, json.dumps({"ts": ts, "values": {"load_pct": number % 100, "speed_mps": 0.0}}).encode()


_BAD: tuple[tuple[str, Callable[[int], Message]], ...] = (
    ("not_json", lambda n: (TOPIC, b"{not json %d" % n)),
    ("wrong_type", lambda n: (TOPIC, b'{"values": {"load_pct": "heavy %d"}}' % n)),
    ("out_of_range", lambda n: (TOPIC, b'{"values": {"motor_temp_c": %d}}' % (100_000 + n))),
    ("bad_topic", lambda n: (f"wk/v1/demo/elevator/E-03/nonsense{n}", b'{"values": {"load_pct": 1}}')),
    ("too_large", lambda n: (TOPIC, b'{"values": {"x": "' + b"%07d" % n * 150_000 + b'"}}')),
    ("not_utf8", lambda n: (TOPIC, b'{"values": {"x": "\xff\xfe%d"}}' % n)),
    ("too_deep", lambda n: (TOPIC, b'{"values": {"x": ' + b"[" * 5_000 + b"%d" % n + b"]" * 5_000 + b"}}")),
    ("not_json", lambda n: (TOPIC, b'{"values": {"load_pct": NaN, "floor": %d}}' % n)),
    ("duplicate_key", lambda n: (TOPIC, b'{"values": {"load_pct": %d, "load_pct": 7}}' % n)),
    ("wrong_shape", lambda n: (TOPIC, b'{"values": [%d]}' % n)),
)


def _held(*processes: psutil.Process) -> list[int]:
    """What each process holds in memory, in bytes."""
    return [process.memory_info().rss for process in processes]


def test_every_good_value_is_stored_once_and_every_bad_one_is_in_quarantine(data: Path) -> None:
    require("mosquitto")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
    bad = [make(number) for number in range(BAD // len(_BAD)) for _, make in _BAD]
    messages: list[Message] = []
    for number in range(GOOD):
        messages.append(_good(number, start))
        if number % (GOOD // BAD) == 0:
            messages.append(bad[number // (GOOD // BAD)])

    with quiet_property(data) as machine:
        ingest = machine.process_of("ingest")
        alerting = machine.process_of("alerting")
        with gateway(machine) as sender:
            sender.send(messages)
            assert sender.settled(60), "something is stuck between the sender and the broker"
        eventually(lambda: len(exported(machine, "E-03", start, start + timedelta(seconds=GOOD / 1000))) == GOOD)
        total = eventually(lambda: (t := machine.api("GET", "/api/v1/quarantine").json()["total"]) >= BAD and t)
        assert total == BAD

        rows = exported(machine, "E-03", start, start + timedelta(seconds=GOOD / 1000))
        assert [float(row["load_pct"]) for row in rows] == [number % 100 for number in range(GOOD)]
        reasons = {entry["reason"] for entry in machine.items("/api/v1/quarantine?limit=500")}
        assert reasons == {reason for reason, _ in _BAD}
        assert machine.ready()["ready"]

        # flat: of three floods more, one makes nothing grow that those before it did not
        held, grown = [_held(ingest, alerting)], [FLAT]
        while max(grown) >= FLAT and len(held) < 4:
            with gateway(machine) as sender:
                sender.send(messages)
                assert sender.settled(60)
            expected = (len(held) + 1) * BAD
            eventually(lambda all_=expected: machine.api("GET", "/api/v1/quarantine").json()["total"] == all_)
            assert len(exported(machine, "E-03", start, start + timedelta(seconds=GOOD / 1000))) == GOOD
            held.append(_held(ingest, alerting))
            grown = [now - then for then, now in zip(*held[-2:], strict=True)]
        assert max(grown) < FLAT, held
