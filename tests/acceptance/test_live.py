"""A scenario against a whole installation: devices by MQTT, people through the API, in the server's own faster time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.machine import Machine, cli
from tests.acceptance.property import quiet_property
from tests.services import require

SPEED = "5"
SCRIPT = """
title = { en = "A call", zh-Hans = "呼叫", zh-Hant = "呼叫" }
stands_for = "a habit"
begins = 2026-03-02T02:00:00
devices = ["E-03"]

[[step]]
after = "2s"
do = "report"
device = "E-03"
values = { speed_mps = 0.0, door = "closed", door_zone = false, passenger = true }

[[step]]
do = "report"
device = "E-03"
channel = "event"
values = { alarm_button = true, door = "closed" }

[[step]]
after = "3s"
do = "acknowledge"
by = "lin"
rule = "elevator.entrapment_call"

[[step]]
do = "acknowledge"
by = "wu"
rule = "elevator.entrapment_call"
refused = true
winner = "lin"

[[step]]
do = "order"
by = "lin"
template = "entrapment"
take = ["dispatch", "arrive"]
assignee = "firm"

# the hold of a minute runs in the server's time
[[step]]
after = "1m"
do = "expect"
alarms = [
  { rule = "elevator.entrapment_call", device = "E-03", state = "latched_acknowledged", acknowledged_by = "lin" },
  { rule = "elevator.entrapment_suspected", device = "E-03", state = "unacknowledged", life_safety = true },
]
orders = [
  { template = "entrapment", state = "on_site", owner = "lin", alarms = 2, clocks = { arrive = "met" } },
]
"""

FIRE = """
title = { en = "A fire", zh-Hans = "火警", zh-Hant = "火警" }
stands_for = "a habit"
begins = 2026-03-02T02:00:00
devices = ["SD-11"]

[[step]]
do = "report"
device = "SD-11"
values = { alarm = true }

[[step]]
do = "expect"
alarms = [{ rule = "smoke_detector.fire", device = "SD-11", state = "acknowledged" }]
"""


def test_a_scenario_is_played_on_a_running_server_and_says_what_it_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("mosquitto")
    since = datetime.now(UTC).isoformat(timespec="seconds")
    monkeypatch.setenv("WATCHKEEPER_CLOCK_SPEED", SPEED)
    monkeypatch.setenv("WATCHKEEPER_CLOCK_FROM", since)
    with quiet_property(tmp_path / "data") as machine:
        (tmp_path / "tokens.toml").write_text("".join(f'{name} = "{token(machine, name)}"\n' for name in ("lin", "wu")))
        good = play(machine, tmp_path, SCRIPT, since)
        assert good.splitlines()[-1] == "passed  own", good
        again = play(machine, tmp_path, SCRIPT, since)
        assert "NOT PLAYED: own: the stage is not clear: elevator.entrapment_suspected on E-03" in again
        missed = play(machine, tmp_path, FIRE, since)
        assert "MISSED: alarm smoke_detector.fire on SD-11: state is unacknowledged, expected acknowledged" in missed


def play(machine: Machine, folder: Path, script: str, since: str) -> str:
    (folder / "own.toml").write_text(script, encoding="utf-8")
    words = ["scenario", "run", str(folder / "own.toml"), "--live", machine.address, "--speed", SPEED, "--since", since]
    words += ["--tokens", str(folder / "tokens.toml"), "--data", str(machine.data)]
    return cli(*words, "--mqtt-port", str(machine.mqtt_port), check=False).stdout


def token(machine: Machine, name: str) -> str:
    return cli("token", "create", "--role", "operator", "--name", name, "--data", str(machine.data)).stdout.strip()
