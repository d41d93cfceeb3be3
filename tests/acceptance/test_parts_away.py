"""A part is away: the others go on, and whoever asks is told which one it is."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.machine import Machine, eventually
from tests.acceptance.property import exported, gateway, quiet_property
from tests.services import require


def _part(machine: Machine, name: str) -> dict[str, Any]:
    return next(part for part in machine.ready()["parts"] if part["part"] == name)


def test_alarms_go_on_while_history_cannot_be_written_and_nothing_is_lost(data: Path) -> None:
    require("mosquitto")
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    start_ms = int(start.timestamp() * 1000)

    def reading(number: int) -> tuple[str, bytes]:
        body = {"ts": start_ms + number, "values": {"load_pct": number % 100}}
        return "wk/v1/demo/elevator/E-03/telemetry", json.dumps(body).encode()

    with quiet_property(data) as machine, gateway(machine) as sender:
        sender.send(map(reading, range(500)))
        assert sender.settled()
        eventually(lambda: len(exported(machine, "E-03", start, start + timedelta(seconds=1))) == 500)

        # a file stands where the history's folder was: nothing can be written there, whoever asks
        history, aside = data / "history", data / "history-aside"
        machine.process_of("ingest").send_signal(signal.SIGSTOP)
        history.rename(aside)
        history.write_text("not a folder")
        machine.process_of("ingest").send_signal(signal.SIGKILL)
        sender.send(map(reading, range(500, 1_000)))
        sender.send([("wk/v1/demo/elevator/E-03/event", b'{"values": {"alarm_button": true}}')])
        assert sender.settled()
        alarm = eventually(lambda: machine.items("/api/v1/alarms?state=open&device=E-03"))
        assert "elevator.entrapment_call" in [each["rule"] for each in alarm]
        assert not eventually(lambda: (p := _part(machine, "history")) and not p["ready"] and p)["ready"]
        assert machine.ready()["ready"] is False

        history.unlink()
        aside.rename(history)
        stored = eventually(
            lambda: len(rows := exported(machine, "E-03", start, start + timedelta(seconds=1))) == 1_000 and rows,
            within=40,
        )
        assert [float(row["load_pct"]) for row in stored] == [number % 100 for number in range(1_000)]
        eventually(lambda: machine.ready()["ready"])


def test_when_alerting_stands_still_everybody_is_told(data: Path) -> None:
    require("mosquitto")
    with quiet_property(data) as machine:
        headers = {"Authorization": f"Bearer {machine.token}"}
        alerting = machine.process_of("alerting")
        with (
            httpx.Client(timeout=30, headers=headers) as reader,
            reader.stream("GET", f"{machine.address}/api/v1/events") as stream,
        ):
            lines = stream.iter_lines()
            assert _next_watch(lines)["watching"] is True
            alerting.send_signal(signal.SIGSTOP)
            try:
                assert _next_watch(lines)["watching"] is False
                assert _part(machine, "alerting")["ready"] is False
                assert httpx.get(f"{machine.address}/readyz").status_code == 503
            finally:
                alerting.send_signal(signal.SIGCONT)
            assert _next_watch(lines)["watching"] is True
        eventually(lambda: machine.ready()["ready"])


def _next_watch(lines: Any) -> dict[str, Any]:
    for line in lines:
        if line == "event: watch":
            data = next(text for text in lines if text.startswith("data: "))
            return dict(json.loads(data.removeprefix("data: ")))
    raise AssertionError("the stream ended")
