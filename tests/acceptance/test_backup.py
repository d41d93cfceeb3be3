"""A backup taken under load is an installation again: sound, and with everything that was stored before it began."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.acceptance.machine import cli, eventually
from tests.acceptance.property import exported, gateway, quiet_property
from tests.acceptance.sender import Message
from tests.services import require
from watchkeeper.composition import open_history
from watchkeeper.settings import load_settings

BEFORE = 1_000
"""Messages that are stored when the backup begins; others come all the time until it has ended."""

CHUNK = 50


def test_a_backup_under_load_restores_to_a_sound_installation(data: Path, tmp_path: Path) -> None:
    require("mosquitto")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    start_ms = int(start.timestamp() * 1000)
    end = start + timedelta(minutes=5)

    def message(number: int) -> Message:
        # a press, a release: every second message is an event in the ledger as well
        body = {"ts": start_ms + number, "values": {"load_pct": number % 100, "alarm_button": number % 2 == 0}}
        return "wk/v1/demo/elevator/E-03/event", json.dumps(body).encode()

    backup, restored, stop = tmp_path / "backup", tmp_path / "restored", threading.Event()
    with quiet_property(data) as machine, gateway(machine) as sender:

        def flow() -> None:
            number = 0
            while not stop.wait(0.05):
                sender.send(message(each) for each in range(number, number + CHUNK))
                number += CHUNK

        flowing = threading.Thread(target=flow)
        flowing.start()
        try:
            eventually(lambda: len(exported(machine, "E-03", start, end)) >= BEFORE)
            cli("backup", "--to", str(backup), "--data", str(data), "--http-port", str(machine.http_port))
        finally:
            stop.set()
            flowing.join()
        assert not list((data / "history-copy").iterdir())  # it was taken away

    told = cli("restore", "--from", str(backup), "--data", str(restored)).stdout
    assert "ledger is sound" in told
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(restored)).stdout
    history = open_history(load_settings(data=restored))
    try:
        history.check()
        loads = [values["load_pct"] for _, values in history.export("demo", "E-03", start, end)]
    finally:
        history.close()
    assert len(loads) >= BEFORE
    assert loads == [number % 100 for number in range(len(loads))]
