"""A copy of the embedded history is one instant of it, made while it goes on being written."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDBHistory
from domain.errors import HistoryUnavailable
from tests.contracts.history_samples import DAY, KINDS, LIFT, SITE, after, reading


def test_a_copy_under_writing_holds_an_unbroken_beginning_and_takes_writes_again(tmp_path: Path) -> None:
    history = DuckDBHistory(tmp_path / "history", KINDS)
    history.write([reading(after(minutes=minute), speed_mps=float(minute)) for minute in range(600)])
    history.maintain(after(days=2))  # a sealed day
    begun, stop = threading.Event(), threading.Event()

    def write_on() -> None:
        second = 0
        while not stop.is_set():
            history.write([reading(after(days=3, seconds=second), speed_mps=float(second))])
            second += 1
            if second == 20:
                begun.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        assert begun.wait(30)
        (tmp_path / "copy").mkdir()
        history.copy_to(tmp_path / "copy")
    finally:
        stop.set()
        writer.join()
        history.close()

    copied = DuckDBHistory(tmp_path / "copy", KINDS)
    copied.check()
    assert len(copied.raw(SITE, LIFT, "speed_mps", DAY, after(days=1), 1000)) == 600
    late = [point.value for point in copied.raw(SITE, LIFT, "speed_mps", after(days=3), after(days=4), 10**6)]
    assert len(late) >= 20
    assert late == [float(number) for number in range(len(late))]
    copied.write([reading(after(days=3, seconds=0), speed_mps=0.0)])  # known already
    assert len(copied.raw(SITE, LIFT, "speed_mps", after(days=3), after(days=4), 10**6)) == len(late)
    copied.close()


def test_what_happens_to_the_history_later_does_not_reach_its_copy(tmp_path: Path) -> None:
    history = DuckDBHistory(tmp_path / "history", KINDS, retention=timedelta(days=10))
    history.write([reading(DAY, speed_mps=1.0)])
    history.maintain(after(days=2))
    (tmp_path / "copy").mkdir()
    history.copy_to(tmp_path / "copy")
    history.maintain(after(days=30))  # the day is dropped
    assert history.raw(SITE, LIFT, "speed_mps", DAY, after(days=1), 10) == []
    history.close()
    copied = DuckDBHistory(tmp_path / "copy", KINDS)
    assert [point.value for point in copied.raw(SITE, LIFT, "speed_mps", DAY, after(days=1), 10)] == [1.0]
    copied.close()


def test_a_copy_that_does_not_fit_on_the_disk_is_refused(tmp_path: Path) -> None:
    history = DuckDBHistory(tmp_path / "history", KINDS, free_floor_mib=2**30)
    (tmp_path / "copy").mkdir()
    with pytest.raises(HistoryUnavailable, match="disk"):
        history.copy_to(tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []
    history.close()
