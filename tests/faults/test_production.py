"""Every part of a production installation goes away in turn under a steady flow, and comes back.

What was acknowledged is in history once, every scripted alarm is there once with its order, no deadline is forgotten,
everything recovers by itself, and nothing grows without bound. Sizes, by environment:

- `WATCHKEEPER_TEST_FAULT_RATE`: messages a second (2000), `WATCHKEEPER_TEST_FAULT_MESSAGES`: at least so many (200000)
- `WATCHKEEPER_TEST_FAULT_OUTAGE_SECONDS`: how long InfluxDB is away at the longest (65: the spool begins after 60),
  `WATCHKEEPER_TEST_FAULT_LEDGER_OUTAGE_SECONDS`: PostgreSQL (7: more comes by then than alerting takes unacknowledged)
- `WATCHKEEPER_TEST_FAULT_REPORT`: a file that gets the measured figures too
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from adapters.broker.connection import HELD_LIMIT_BYTES
from ingest.spool import FRAME_BYTES, SEGMENT_BYTES
from ingest.spooling import SPOOL_AFTER
from tests.acceptance.machine import cli, eventually
from tests.acceptance.property import commissioning
from tests.acceptance.sender import Sender
from tests.faults.alarms import (
    DARK,
    DETECTORS,
    FIRE,
    LAMPS,
    assert_each_once,
    dark,
    fire,
    hold_began,
    overdue,
    raised,
)
from tests.faults.figures import MIB, Memory, tell
from tests.faults.flow import Flow
from tests.faults.installation import Installation, production
from tests.faults.servers import autosave_seconds, full_disk

RATE = int(os.environ.get("WATCHKEEPER_TEST_FAULT_RATE", "2000"))
MESSAGES = int(os.environ.get("WATCHKEEPER_TEST_FAULT_MESSAGES", "200000"))
OUTAGE_SECONDS = float(os.environ.get("WATCHKEEPER_TEST_FAULT_OUTAGE_SECONDS", "65"))
LEDGER_OUTAGE_SECONDS = float(os.environ.get("WATCHKEEPER_TEST_FAULT_LEDGER_OUTAGE_SECONDS", "7"))
AWAY_SECONDS = 5.0
"""Longer than a hold or a clock of `installation` takes: both fall due while the part is away."""
PROMISED_SECONDS = 30
PATIENCE_SECONDS = 4 * PROMISED_SECONDS + OUTAGE_SECONDS
"""The machine may be busy with other things: a recovery is told against the promise, and fails only beyond this."""
BROKER_CRASH_AFTER_SECONDS = 45
"""Into InfluxDB's long outage: some of what waits at the broker was saved by then, and some was not."""


class Fault(NamedTuple):
    """A row of the table: what goes away and how it comes back, and what must hold meanwhile.

    `strike` returns at once; `heal` when the part is there again. With `alarms_go_on` a fire is an alarm while the part
    is away. `meanwhile` is called in the middle, and may take its time.
    """

    name: str
    strike: Callable[[], None]
    heal: Callable[[], None]
    away_seconds: float = AWAY_SECONDS
    alarms_go_on: bool = False
    meanwhile: Callable[[], None] = lambda: None


class Crash(NamedTuple):
    """The broker's: what it acknowledged from `saved_at` (its start, if later) to `at` may be lost. Epoch seconds."""

    saved_at: float
    at: float


class Trial:
    """The faults on one installation, one after the other."""

    def __init__(self, installation: Installation, sender: Sender, flow: Flow) -> None:
        self.installation, self.sender, self.flow = installation, sender, flow
        self.crashes: list[Crash] = []
        self.detectors: list[str] = []
        self.lamps: list[str] = []
        self._broker_since = time.time()

    def table(self) -> list[Fault]:
        """Every fault. A broker's crash excuses losses since it saved last: so one comes right after a restart, and one
        within the last row, where it excuses no other fault's.
        """
        it = self.installation
        return [
            Fault("Mosquitto, restart", it.broker.stop, self.start_broker),
            Fault("Mosquitto, kill -9", self.crash_broker, self.start_broker),
            Fault("serve alerting, kill -9", it.alerting.kill, it.alerting.start),
            Fault("serve ingest, kill -9", it.ingest.kill, it.ingest.start, alarms_go_on=True),
            Fault("serve api, kill -9", it.api_server.kill, it.api_server.start),
            Fault("PostgreSQL, kill -9", it.postgres.kill, it.postgres.start, max(AWAY_SECONDS, LEDGER_OUTAGE_SECONDS)),
            Fault("InfluxDB, kill -9", it.influx.kill, it.influx.start, alarms_go_on=True),
            Fault("network to InfluxDB hangs", it.network.hang, it.network.go_on, 12.0, alarms_go_on=True),
            Fault(
                f"InfluxDB away for {OUTAGE_SECONDS:.0f} s, Mosquitto killed and the spool's disk full meanwhile",
                it.influx.kill,
                it.influx.start,
                OUTAGE_SECONDS,
                alarms_go_on=True,
                meanwhile=self.worse_meanwhile,
            ),
        ]

    def suffer(self, fault: Fault) -> None:
        """One row: deadlines before it and a fire during it, and how long everything took to be as it should."""
        it = self.installation
        lamp, before, during = LAMPS[len(self.lamps)], *DETECTORS[len(self.detectors) :][:2]
        self.lamps.append(lamp)
        self.detectors += [before, during]
        self.sender.send([dark(lamp), fire(before)])
        eventually(lambda: raised(it, FIRE, before) and hold_began(it, lamp), within=PATIENCE_SECONDS)
        fault.strike()
        returns_at = time.monotonic() + fault.away_seconds
        if fault.alarms_go_on:
            self.sender.send([fire(during)])
            eventually(lambda: raised(it, FIRE, during), within=PATIENCE_SECONDS)
        fault.meanwhile()
        time.sleep(max(0.0, returns_at - time.monotonic()))
        if not fault.alarms_go_on:  # at the very end: all that came before has to be judged first
            self.sender.send([fire(during)])
        fault.heal()
        self._recover(
            fault.name,
            {
                "ready": lambda: bool(it.ready()["ready"]),
                "alarm": lambda: bool(raised(it, FIRE, during)),
                "deadlines": lambda: bool(raised(it, DARK, lamp)) and overdue(it, before),
                "history": partial(self.flow.reached, it, datetime.now(UTC)),
            },
        )

    def _recover(self, name: str, signs: dict[str, Callable[[], bool]]) -> None:
        """Wait for all signs, and tell when each was seen first."""
        returned = time.monotonic()
        seen: dict[str, float] = {}

        def look() -> bool:
            for sign in signs.keys() - seen.keys():
                with suppress(httpx.HTTPError):  # that sign is not there yet; another may be
                    if signs[sign]():
                        seen[sign] = time.monotonic() - returned
            return seen.keys() == signs.keys()

        eventually(look, within=PATIENCE_SECONDS)
        told = ", ".join(f"{sign} {seen[sign]:.1f}" for sign in signs)
        tell(f"| {name} | {max(seen.values()):.1f} | {told} |")

    def start_broker(self) -> None:
        """It is back."""
        self._broker_since = time.time()
        self.installation.broker.start()

    def crash_broker(self) -> None:
        """It ends at once; when it had saved is known."""
        broker = self.installation.broker
        broker.kill()
        crash = Crash(saved_at=max(broker.saved_at(), self._broker_since), at=time.time())
        assert crash.at - crash.saved_at < autosave_seconds() + 15, "it saves less often than it is configured to"
        self.crashes.append(crash)

    def worse_meanwhile(self) -> None:
        """While history is away and messages wait at the broker: that crashes. Then the spool's disk is full."""
        it = self.installation
        time.sleep(BROKER_CRASH_AFTER_SECONDS)
        self.crash_broker()
        self.start_broker()
        eventually(lambda: it.metric("ingest", "watchkeeper_ingest_spooled_messages_total") > 0, within=120)
        pid = it.ingest.pid
        assert pid is not None
        with full_disk(pid):
            eventually(lambda: it.metric("ingest", "watchkeeper_ingest_spool_down") == 1, within=60)
        eventually(lambda: it.metric("ingest", "watchkeeper_ingest_spool_down") == 0, within=60)

    def memory_limits_mib(self) -> dict[str, float]:
        """By how much each process may grow. It follows from settings, not from how long a part is away.

        Ingest and alerting hold what the broker may send them unacknowledged; ingest also a segment of the spool, and
        one frame of it as messages, readings and lines, 32 times as large. The API holds nothing of the flow, only its
        own answers. The broker keeps a message in 1 KiB: until the spool takes it, and for alerting while the ledger
        is away (its own limit, `max_queued_bytes`, is far above that).
        """
        return {
            "ingest": HELD_LIMIT_BYTES / MIB + SEGMENT_BYTES / MIB + 32 * FRAME_BYTES / MIB,
            "alerting": HELD_LIMIT_BYTES / MIB,
            "api": 64.0,
            "mosquitto": RATE * (max(SPOOL_AFTER.total_seconds(), LEDGER_OUTAGE_SECONDS) + 30) / 1024,
        }


@pytest.mark.timeout(3600)
def test_every_part_goes_away_in_turn_and_nothing_is_lost_repeated_or_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with production(tmp_path, monkeypatch) as it, commissioning(it) as sender:
        trial = Trial(it, sender, Flow(sender, RATE))
        parts = {"ingest": it.ingest, "alerting": it.alerting, "api": it.api_server, "mosquitto": it.broker}
        memory = Memory(parts)
        tell("| fault | recovered after, s | of it |", "|---|---|---|")
        with memory.watching(), trial.flow.running() as flow:
            for fault in trial.table():
                trial.suffer(fault)
            eventually(lambda: flow.sent >= MESSAGES, within=4 * MESSAGES / RATE)
            seconds = (datetime.now(UTC) - flow.start).total_seconds()

        loss = flow.missing(it)
        assert_each_once(it, trial.detectors, trial.lamps)
        tell(f"{flow.sent} messages in {seconds:.0f} s were acknowledged; {len(loss.acknowledged_at)} are missing")
        for crash in trial.crashes:
            told = loss.before(crash.at) - loss.before(crash.saved_at)
            tell(f"Mosquitto's crash cost {told} messages of the {crash.at - crash.saved_at:.1f} s since its last save")
        unexplained = [
            at for at in loss.acknowledged_at if not any(crash.saved_at <= at <= crash.at for crash in trial.crashes)
        ]
        assert not unexplained, f"{len(unexplained)} are missing that the broker had saved, or that no crash explains"
        for name, limit_mib in trial.memory_limits_mib().items():
            tell(
                f"| {name} | {memory.at_rest_mib[name]:.0f} MiB at rest | {memory.most_mib[name]:.0f} MiB at the most "
                f"| may grow by {limit_mib:.0f} MiB |"
            )
        grown = {name: memory.grown_mib(name) for name in parts}
        assert all(grown[name] <= limit_mib for name, limit_mib in trial.memory_limits_mib().items()), grown
        assert "ledger is sound" in cli("ledger", "verify").stdout
