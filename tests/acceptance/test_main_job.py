"""The main job, as an operator, a device and a program see it."""

from __future__ import annotations

import json
import stat
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.acceptance.machine import Machine, eventually

E03 = "wk/v1/demo/elevator/E-03"


def _entrapments(machine: Machine, device: str = "E-03") -> list[dict[str, Any]]:
    alarms = machine.items(f"/api/v1/alarms?state=open&device={device}")
    return [alarm for alarm in alarms if alarm["rule"] == "elevator.entrapment_call"]


def _press(machine: Machine, who: str = "device") -> int:
    ts = int(datetime.now(UTC).timestamp() * 1000)
    # with its door shut: a press while the door stands open at a landing is filtered by design, and simulated cars move
    body = {"ts": ts, "values": {"alarm_button": True, "door": "closed"}}
    machine.publish(f"{E03}/event", json.dumps(body).encode(), who)
    return ts


def test_the_first_alarm_comes_without_a_hand_moved(demo: Machine) -> None:
    assert eventually(lambda: demo.items("/api/v1/alarms?state=all"))


def test_a_pressed_button_is_an_urgent_alarm_with_an_order_and_a_reading(demo: Machine) -> None:
    ts = _press(demo)
    [alarm] = eventually(lambda: _entrapments(demo))
    assert alarm["severity"] == "urgent"
    assert alarm["life_safety"] is True
    assert alarm["state"] in ("unacknowledged", "latched_unacknowledged")
    assert set(alarm["text"]) == {"en", "zh-Hans", "zh-Hant"}

    order = demo.api("GET", f"/api/v1/work-orders/{alarm['work_order']}").raise_for_status().json()
    assert order["template"] == "entrapment"
    assert order["state"] == "open"
    arrive = next(clock for clock in order["clocks"] if clock["name"] == "arrive")
    promised = datetime.fromisoformat(arrive["due_at"]) - datetime.fromisoformat(arrive["started_at"])
    assert promised == timedelta(minutes=30)

    at = datetime.fromtimestamp(ts / 1000, UTC)
    query = {"metric": "alarm_button", "start": at.isoformat(), "end": (at + timedelta(seconds=1)).isoformat()}
    stored = eventually(lambda: demo.api("GET", "/api/v1/history/demo/E-03", params=query).json()["items"])
    assert [point["value"] for point in stored] == [True]


def test_a_second_press_after_the_acknowledgement_must_be_seen_again(demo: Machine) -> None:
    def acknowledged() -> dict[str, Any] | None:  # a press of before may still be under way, and asks for it once more
        [alarm] = _entrapments(demo)
        if not alarm["state"].endswith("unacknowledged"):
            return alarm
        demo.api("POST", f"/api/v1/alarms/{alarm['id']}/acknowledge", json={}).raise_for_status()
        return None

    _press(demo)
    eventually(lambda: _entrapments(demo))
    seen = eventually(acknowledged)

    _press(demo)
    again = eventually(lambda: [each for each in _entrapments(demo) if each["state"].endswith("unacknowledged")])
    assert again[0]["id"] == seen["id"]
    assert again[0]["occurrences"] > seen["occurrences"]


def test_as_shipped_steps_are_taken_in_the_console_and_nothing_is_undeliverable(demo: Machine) -> None:
    _press(demo)
    [alarm] = eventually(lambda: _entrapments(demo))
    timeline = f"/api/v1/alarms/{alarm['id']}"
    eventually(lambda: "alarm.escalated" in [event["type"] for event in demo.api("GET", timeline).json()["timeline"]])
    assert demo.items("/api/v1/notices") == []
    assert not [each for each in demo.items("/api/v1/alarms?state=all") if each["rule"].startswith("system.")]


def test_an_alarm_says_why(demo: Machine) -> None:
    _press(demo)
    [alarm] = eventually(lambda: _entrapments(demo))
    whole = demo.api("GET", f"/api/v1/alarms/{alarm['id']}").raise_for_status().json()
    assert whole["why"]
    assert whole["timeline"][0]["type"] == "alarm.raised"


def test_an_acknowledgement_reaches_everybody_on_the_event_stream(demo: Machine) -> None:
    _press(demo)
    [alarm] = eventually(lambda: _entrapments(demo))
    headers = {"Authorization": f"Bearer {demo.token}"}
    with (
        httpx.Client(timeout=20, headers=headers) as reader,
        reader.stream("GET", f"{demo.address}/api/v1/events") as stream,
    ):
        lines = stream.iter_lines()
        next(lines)
        demo.api("POST", f"/api/v1/alarms/{alarm['id']}/comment", json={"note": "firm called"}).raise_for_status()
        deadline = time.monotonic() + 10
        for line in lines:
            if line == "event: alarm.commented":
                break
            assert time.monotonic() < deadline, "the comment did not arrive"


def test_the_demo_logins_are_for_their_owner_alone(demo: Machine) -> None:
    for name in ("demo-device.env", "demo-gateway.env", "broker-passwords.json", "first-sign-in.txt"):
        assert stat.S_IMODE((demo.data / name).stat().st_mode) == 0o600, name


def test_nothing_but_health_answers_without_a_token(demo: Machine) -> None:
    for path in ("alarms", "work-orders", "devices", "quarantine", "rules", "events", "history/demo/E-03"):
        assert httpx.get(f"{demo.address}/api/v1/{path}").status_code == 401, path
    assert httpx.get(f"{demo.address}/metrics").status_code == 401
    assert httpx.get(f"{demo.address}/healthz").status_code == 200


def test_a_running_fleet_breaks_what_it_is_told_to(demo: Machine) -> None:
    from tests.acceptance.machine import cli

    told = cli("simulate", "--fault", "overheat:E-05", "--data", str(demo.data), "--mqtt-port", str(demo.mqtt_port))
    assert "E-05: overheat" in told.stdout
    missing = cli(
        "simulate",
        "--fault",
        "nonsense:E-05",
        "--data",
        str(demo.data),
        "--mqtt-port",
        str(demo.mqtt_port),
        check=False,
    )
    assert missing.returncode == 4
    assert "overheat" in missing.stderr
