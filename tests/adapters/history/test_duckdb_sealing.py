"""Sealed days of the embedded history: files, late rows, retention, upgrades, and a crash at each step."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from adapters.history.duckdb import DuckDBHistory
from domain.kinds import Kind, MetricType
from domain.readings import Value
from tests.contracts.history import points
from tests.contracts.history_samples import DAY, KINDS, LIFT, PUMP, SITE, after, kind, reading
from tests.services import REPOSITORY

Open = Callable[..., DuckDBHistory]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def reopen(folder: Path) -> Iterator[Open]:
    """Opens the folder, closing it first when it is open."""
    opened: list[DuckDBHistory] = []

    def open_it(
        kinds: Mapping[str, Kind] = KINDS,
        retention: timedelta | None = None,
        shorter: Mapping[str, timedelta] | None = None,
    ) -> DuckDBHistory:
        for history in opened:
            history.close()
        opened[:] = [DuckDBHistory(folder, kinds, retention=retention, shorter=shorter)]
        return opened[0]

    yield open_it
    for history in opened:
        history.close()


def files(folder: Path) -> list[str]:
    """Everything below `sealed`, finished or not."""
    sealed = folder / "sealed"
    return sorted(str(path.relative_to(sealed)) for path in sealed.rglob("*") if path.is_file())


def test_a_finished_day_becomes_one_file_a_person_finds(reopen: Open, folder: Path) -> None:
    history = reopen()
    history.write([reading(after(hours=hour), name, speed_mps=1.0) for hour in range(30) for name in ("E-02", LIFT)])
    history.write([reading(DAY, PUMP, kind="fire_pump", running=True)])
    history.maintain(after(days=1, minutes=59))
    assert files(folder) == []  # the grace has not ended
    history.maintain(after(days=1, hours=1))
    assert files(folder) == ["elevator/2025-11-21.v1.parquet", "fire_pump/2025-11-21.v1.parquet"]
    rows = duckdb.sql(
        f"SELECT device, at_ms FROM read_parquet('{folder}/sealed/elevator/2025-11-21.v1.parquet')"
    ).fetchall()
    assert len(rows) == 48
    assert rows == sorted(rows)
    assert len(points(history, "speed_mps")) == 30
    history.maintain(after(days=1, hours=2))
    assert len(files(folder)) == 2  # nothing to do twice


def test_late_rows_of_a_sealed_day_wait_and_are_merged_into_a_new_version(reopen: Open, folder: Path) -> None:
    history = reopen()
    history.write([reading(after(hours=hour), speed_mps=float(hour)) for hour in range(4)])
    history.maintain(after(days=2))
    came = after(days=2)
    history.write(
        [
            reading(after(hours=1), received=came, speed_mps=99.0, door="open", odd=True),
            reading(after(hours=1, minutes=30), received=came, speed_mps=1.5),
        ]
    )
    values: list[tuple[float, Value]] = [(0, 0.0), (3600, 1.0), (5400, 1.5), (7200, 2.0), (10800, 3.0)]
    assert points(history, "speed_mps") == values
    history.maintain(came + timedelta(minutes=59))
    assert files(folder) == ["elevator/2025-11-21.v1.parquet"]
    history.maintain(came + timedelta(hours=1))
    assert files(folder) == ["elevator/2025-11-21.v2.parquet"]
    for restart in (False, True):
        history = reopen() if restart else history
        assert points(history, "speed_mps") == values
        assert points(history, "door") == [(3600, "open")]
        assert points(history, "odd") == [(3600, True)]


def test_retention_drops_whole_days(reopen: Open, folder: Path) -> None:
    history = reopen(retention=timedelta(days=2))
    history.write([reading(after(days=day, hours=1), speed_mps=float(day)) for day in range(5)])
    history.maintain(after(days=2))
    history.write([reading(after(hours=2), speed_mps=0.5)])
    history.maintain(after(days=4, hours=23))
    assert [value for _, value in points(history, "speed_mps")] == [2.0, 3.0, 4.0]
    assert files(folder) == ["elevator/2025-11-23.v1.parquet", "elevator/2025-11-24.v1.parquet"]
    before = points(history, "speed_mps")
    assert points(reopen(), "speed_mps") == before


def test_a_kind_that_is_kept_for_a_shorter_time_goes_alone(reopen: Open, folder: Path) -> None:
    history = reopen(shorter={"fire_pump": timedelta(days=1)})
    for day in range(4):
        at = after(days=day, hours=1)
        history.write([reading(at, speed_mps=1.0), reading(at, PUMP, kind="fire_pump", running=True)])
        history.maintain(after(days=day, hours=23))
    assert len(points(history, "speed_mps")) == 4
    assert [at for at, _ in points(history, "running", PUMP)] == [2 * 86_400 + 3_600, 3 * 86_400 + 3_600]
    assert len([name for name in files(folder) if name.startswith("fire_pump")]) == 1


def test_after_an_upgrade_new_and_changed_metrics_are_read_with_the_old_ones(reopen: Open) -> None:
    history = reopen()
    history.write([reading(after(hours=1), speed_mps=1.0, noise_db=41, door="open")])
    history.maintain(after(days=1, hours=2))
    history.write([reading(after(days=1, hours=3), speed_mps=2.0, noise_db=42, door="closed")])

    upgraded = {
        **KINDS,
        "elevator": kind(
            "elevator",
            speed_mps=MetricType.NUMBER,
            noise_db=MetricType.NUMBER,  # was not declared
            door=MetricType.NUMBER,  # was text
            mode=MetricType.TEXT,
        ),
    }
    history = reopen(upgraded)
    history.write([reading(after(days=1, hours=4), speed_mps=3.0, noise_db=43, door=1, mode="normal")])
    history.write([reading(after(days=2, hours=4), speed_mps=4.0, noise_db=44, door=2, mode="fire")])

    def everything() -> object:
        exported = [values for _, values in history.export(SITE, LIFT, DAY, after(days=4))]
        assert exported == [
            {"speed_mps": 1.0, "noise_db": 41.0, "door": "open"},
            {"speed_mps": 2.0, "noise_db": 42.0, "door": "closed"},
            {"speed_mps": 3.0, "noise_db": 43.0, "door": 1.0, "mode": "normal"},
            {"speed_mps": 4.0, "noise_db": 44.0, "door": 2.0, "mode": "fire"},
        ]
        assert [value for _, value in points(history, "noise_db")] == [41.0, 42.0, 43.0, 44.0]
        assert [value for _, value in points(history, "door")] == ["open", "closed", 1.0, 2.0]
        (noise,) = history.downsampled(SITE, LIFT, "noise_db", DAY, after(days=4), 1)
        assert (noise.count, noise.low, noise.mean, noise.high, noise.last) == (4, 41.0, 42.5, 44.0, 44.0)
        return history.latest(SITE, LIFT)

    before = everything()
    history.maintain(after(days=2, hours=5))
    assert everything() == before
    history.write([reading(after(hours=1), mode="inspection", door=7)])  # a late row meets a file of the old form
    history.maintain(after(days=3))
    first = next(iter(history.export(SITE, LIFT, DAY, after(days=4))))[1]
    assert first["mode"] == "inspection"
    assert first["noise_db"] == 41.0
    assert [value for _, value in points(history, "noise_db")] == [41.0, 42.0, 43.0, 44.0]


_CRASH = """
import os, sys
from pathlib import Path
from adapters.history.duckdb import DuckDBHistory
from tests.contracts.history_samples import KINDS, after, reading

step, folder = sys.argv[1], Path(sys.argv[2])
history = DuckDBHistory(folder, KINDS)
history.write([reading(after(hours=hour), speed_mps=float(hour)) for hour in range(6)])
history.maintain(after(days=1, hours=2))
history.write([reading(after(hours=hour, minutes=30), speed_mps=float(hour)) for hour in range(6)])

def die_at(name, before):
    real = getattr(os, name)
    def instead(*arguments, **options):
        if not before:
            real(*arguments, **options)
        os._exit(9)
    setattr(os, name, instead)

name, when = step.split()
die_at(name, when == "before")
history.maintain(after(days=3))
print("it did not crash")
"""


@pytest.mark.parametrize("step", ["fsync before", "replace before", "replace after", "unlink before", "unlink after"])
def test_a_crash_at_any_step_of_sealing_loses_and_doubles_nothing(step: str, reopen: Open, folder: Path) -> None:
    crashed = subprocess.run(
        [sys.executable, "-c", _CRASH, step, str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert crashed.returncode == 9, crashed.stdout + crashed.stderr
    history = reopen()
    expected = sorted(
        [(hour * 3600, float(hour)) for hour in range(6)] + [(hour * 3600 + 1800, float(hour)) for hour in range(6)]
    )
    assert points(history, "speed_mps") == expected
    history.check()
    assert len(files(folder)) == 1  # leftovers are gone
    history.maintain(after(days=3))
    assert points(history, "speed_mps") == expected
    assert files(folder) == ["elevator/2025-11-21.v2.parquet"]


def test_files_of_others_in_the_folder_are_left_alone(reopen: Open, folder: Path) -> None:
    history = reopen()
    history.write([reading(DAY, speed_mps=1.0)])
    history.maintain(after(days=2))
    note = folder / "sealed" / "elevator" / "notes.parquet"
    note.write_text("mine")
    left = folder / "sealed" / "elevator" / "2025-11-20.v1.parquet.tmp"
    left.write_text("ours")
    reopen().check()
    assert note.exists()
    assert not left.exists()


def test_rows_that_come_while_their_day_is_being_sealed_are_kept(reopen: Open) -> None:
    history = reopen()
    for hour in range(20):
        history.write([reading(after(hours=hour, seconds=second), speed_mps=1.0) for second in range(1000)])
    sealing = threading.Thread(target=history.maintain, args=(after(days=2),))
    sealing.start()
    number = 0
    while sealing.is_alive() or number < 5:
        history.write([reading(after(hours=21, seconds=number), speed_mps=2.0)])
        history.write([reading(after(hours=number % 20), speed_mps=-1.0, alarm_button=True)])
        number += 1
    sealing.join()
    expected = [1.0] * 20_000 + [2.0] * number
    for restart in (False, True):
        history = reopen() if restart else history
        assert [value for _, value in points(history, "speed_mps")] == expected
        assert len(points(history, "alarm_button")) == min(number, 20)
        history.maintain(after(days=9))
    assert [value for _, value in points(history, "speed_mps")] == expected
