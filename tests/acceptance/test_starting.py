"""Starting, stopping and starting again; and refusing to start."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from tests.acceptance.machine import cli, eventually, running
from tests.services import REPOSITORY, free_port, require


def test_ctrl_c_ends_everything_in_five_seconds_and_a_second_start_goes_on(data: Path) -> None:
    require("mosquitto")
    with running(data, "--demo") as machine:
        eventually(lambda: machine.items("/api/v1/alarms?state=all"))
        numbers = {alarm["id"] for alarm in machine.items("/api/v1/alarms?state=all")}
        sign_in = (data / "first-sign-in.txt").read_text()
        children = psutil.Process(machine.process.pid).children(recursive=True)
        assert machine.stop() < 5
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    with running(data, "--demo") as machine:
        assert numbers <= {alarm["id"] for alarm in machine.items("/api/v1/alarms?state=all")}
        assert (data / "first-sign-in.txt").read_text() == sign_in
    assert "ledger is sound" in cli("ledger", "verify", "--data", str(data)).stdout


@pytest.mark.parametrize(
    ("file", "text", "place", "remedy"),
    [
        ("rules.toml", "[[rule]]\nnonsense = 1\n", "rule", "nonsense"),
        ("orders.toml", "[[template]]\nname = 3\n", "template[", "Add clocks"),
        ("property/demo.toml", "[[device]]\nids = ['E-01']\nkind = 'elevatr'\n", "kind", "elevator"),
    ],
)
def test_a_wrong_config_file_is_refused_with_file_place_and_remedy(
    tmp_path: Path, file: str, text: str, place: str, remedy: str
) -> None:
    config = tmp_path / "config"
    shutil.copytree(REPOSITORY / "config", config)
    with (config / file).open("a") as out:
        out.write(f"\n{text}")
    refused = cli("run", "--demo", "--config", str(config), "--data", str(tmp_path / "data"), check=False)
    assert refused.returncode == 3
    assert Path(file).name in refused.stderr
    assert place in refused.stderr
    assert remedy in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_taken_port_and_a_taken_folder_are_told_before_anything_starts(data: Path) -> None:
    require("mosquitto")
    with running(data) as machine:
        port, free = str(machine.http_port), str(free_port())
        taken = cli("run", "--http-port", port, "--mqtt-port", free, "--data", f"{data}-other", check=False)
        assert taken.returncode == 3
        assert "--http-port" in taken.stderr
        twice = cli("run", "--http-port", free, "--mqtt-port", str(free_port()), "--data", str(data), check=False)
        assert twice.returncode == 3
        assert "another Watchkeeper runs" in twice.stderr


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    refused = cli("check-config", check=False, environment={"WATCHKEEPER_HTTP_PROT": "1"})
    assert refused.returncode == 3
    assert "WATCHKEEPER_HTTP_PORT" in refused.stderr
