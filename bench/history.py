"""How fast the embedded history writes, seals and reads: `python -m bench.history [--devices 500]`.

Writes go through the port, a batch at a time, with every kind there is. The month behind the reads is filled by SQL
before the store opens it, then sealed by the store; `--devices 500` is the 130 million rows of the design's figure.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from adapters.history.duckdb import DuckDBHistory
from devices.registry import kinds
from domain.instants import to_ms
from domain.kinds import Kind, MetricType
from domain.readings import Channel, Reading, Value

START = datetime(2025, 11, 1, tzinfo=UTC)
SITE = "bench"
STEP = timedelta(seconds=10)


def main() -> None:
    """Run everything and print one line a figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--devices", type=int, default=20, help="elevators in the month that is read [20]")
    options.add_argument("--days", type=int, default=30, help="days that are read [30]")
    options.add_argument("--folder", type=Path, help="where to put the store [a temporary folder]")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder, ignore_cleanup_errors=True) as folder:
        bench_writes(Path(folder) / "writes")
        bench_reads(Path(folder) / "reads", asked.devices, asked.days)


def bench_writes(folder: Path) -> None:
    """Commit times of batches, and what a message costs."""
    history = DuckDBHistory(folder, kinds())
    every = list(kinds().values())
    elevator = [kind for kind in every if kind.name == "elevator"]
    batches = _Batches()
    for label, chosen in (("elevators", elevator), (f"{len(every)} kinds", every)):
        for size in (10, 1000, 5000):
            history.write(batches.make(chosen, size))  # makes the tables
            made = [batches.make(chosen, size) for _ in range(20)]
            _print_times(f"write {size} readings of {label}", [_timed(history.write, batch) for batch in made], size)
            if size == 1000:
                again = [_timed(history.write, batch) for batch in made]
                _print_times(f"the same {size} readings of {label} again", again, size)
    seconds = _timed(history.check)
    print(f"{'check':48} {seconds[0] * 1e3:8.1f} ms")
    history.close()
    opening = _timed(lambda: DuckDBHistory(folder, kinds()).close())
    print(f"{'open and close':48} {opening[0] * 1e3:8.1f} ms")


def bench_reads(folder: Path, devices: int, days: int) -> None:
    """A month of 10 s data: sealing it, and reading one device of it."""
    _fill(folder, devices, days)
    history = DuckDBHistory(folder, kinds())
    end = START + timedelta(days=days)
    sealing = _timed(history.maintain, end)  # the last day stays open
    size_mib = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1024**2
    rows = devices * days * int(timedelta(days=1) / STEP)
    print(f"{rows:,} rows: {days - 1} days sealed in {sealing[0]:.1f} s, {size_mib:.0f} MiB of Parquet")

    def names() -> list[str]:
        return [f"E-{random.randrange(devices):04}" for _ in range(9)]

    for label, read in {
        f"{days} days in 500 buckets": lambda name: history.downsampled(SITE, name, "speed_mps", START, end, 500),
        f"{days} days of a switch in 500 buckets": lambda name: history.downsampled(
            SITE, name, "passenger", START, end, 500
        ),
        "the last day in 500 buckets": lambda name: history.downsampled(
            SITE, name, "speed_mps", end - timedelta(days=1), end, 500
        ),
        "raw, 1000 points of a sealed day": lambda name: history.raw(
            SITE, name, "speed_mps", START, START + timedelta(days=1), 1000
        ),
        "latest": lambda name: history.latest(SITE, name),
        "export of a day": lambda name: list(history.export(SITE, name, START, START + timedelta(days=1))),
    }.items():
        assert read("E-0000")
        _print_times(label, [_timed(read, name) for name in names()])
    idle = time.process_time()
    time.sleep(2)
    print(f"{'CPU while idle':48} {(time.process_time() - idle) / 2 * 100:8.2f} % of a core")
    history.close()
    print(f"{'most memory of this process':48} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MiB")


class _Batches:
    """Readings of new instants, spread over kinds and a thousand devices."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self._at_ms = to_ms(START)

    def make(self, chosen: list[Kind], size: int) -> list[Reading]:
        """The next batch."""
        readings = []
        for number in range(size):
            self._at_ms += 1
            kind = chosen[number % len(chosen)]
            readings.append(
                Reading(
                    site=SITE,
                    kind=kind.name,
                    device=f"{kind.name}-{self._random.randrange(1000)}",
                    channel=Channel.TELEMETRY,
                    at_ms=self._at_ms,
                    received_ms=self._at_ms + 40,
                    sent_ms=self._at_ms,
                    values={metric.name: self._value(metric.type) for metric in kind.metrics[:8]},
                )
            )
        return readings

    def _value(self, type_: MetricType) -> Value:
        if type_ is MetricType.NUMBER:
            return self._random.random()
        return self._random.random() < 0.5 if type_ is MetricType.BOOLEAN else "normal"


def _fill(folder: Path, devices: int, days: int) -> None:
    history = DuckDBHistory(folder, kinds())
    first_ms = to_ms(START)
    day_ms = 86_400_000
    history.write(
        [
            Reading(SITE, "elevator", f"E-{number:04}", Channel.TELEMETRY, first_ms + day * day_ms, first_ms, {})
            for day in range(days)
            for number in range(devices)
        ]
    )
    history.close()
    with duckdb.connect(str(folder / "history.duckdb"), config={"threads": 2, "memory_limit": "1GiB"}) as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'elevator\\_\\_%' ESCAPE '\\' ORDER BY 1"
        ).fetchall()
        for day, (table,) in enumerate(tables):
            connection.execute(
                f"INSERT INTO \"{table}\" BY NAME SELECT $site AS site, format('E-{{:04d}}', number) AS device,"
                " 'telemetry' AS channel, ts AS at_ms, ts AS identity_ms, ts + 120 AS received_ms,"
                " false AS clock_suspect, round(random() * 3, 2) AS speed_mps, (random() * 30)::INT AS floor,"
                " round(random() * 100) AS load_pct, random() < 0.2 AS passenger, random() < 0.9 AS power,"
                " CASE WHEN random() < 0.2 THEN 'open' ELSE 'closed' END AS door FROM"
                " (SELECT number, $first + step * $step + number AS ts"
                " FROM range(1, $steps) steps(step), range($devices) names(number))",
                {
                    "site": SITE,
                    "first": first_ms + day * day_ms,
                    "step": STEP // timedelta(milliseconds=1),
                    "steps": timedelta(days=1) // STEP,
                    "devices": devices,
                },
            )


def _timed(call: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Wall and CPU seconds of a call."""
    wall, processor = time.perf_counter(), time.process_time()
    call(*arguments)
    return time.perf_counter() - wall, time.process_time() - processor


def _print_times(label: str, times: list[tuple[float, float]], per: int | None = None) -> None:
    wall = [each for each, _ in times]
    line = f"{label:48} {statistics.median(wall) * 1e3:8.1f} ms, at most {max(wall) * 1e3:.1f}"
    if per is not None:
        line += f", {statistics.median(each for _, each in times) / per * 1e6:.1f} us CPU a reading"
    print(line)


if __name__ == "__main__":
    main()
