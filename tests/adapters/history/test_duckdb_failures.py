"""The embedded history when its folder, its disk or its process fails: it says why, and comes back whole."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDBHistory
from domain.errors import HistoryUnavailable
from tests.contracts.history import points
from tests.contracts.history_samples import DAY, KINDS, after, reading
from tests.services import REPOSITORY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "history"


@pytest.fixture
def opened(folder: Path) -> Iterator[Callable[..., DuckDBHistory]]:
    """Opens the folder as one more owner."""
    every: list[DuckDBHistory] = []

    def open_it(**options: int) -> DuckDBHistory:
        every.append(DuckDBHistory(folder, KINDS, **options))
        return every[-1]

    yield open_it
    for history in every:
        history.close()


def child(code: str, folder: Path) -> subprocess.Popen[str]:
    """Another process with an open history of the folder; it tells on its output what it has done."""
    begin = (
        "import sys; from pathlib import Path\n"
        "from adapters.history.duckdb import DuckDBHistory\n"
        "from domain.errors import HistoryUnavailable\n"
        "from tests.contracts.history_samples import KINDS, after, reading\n"
        "history = DuckDBHistory(Path(sys.argv[1]), KINDS)\n"
        "tell = lambda *words: print(*words, flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", begin + code, str(folder)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_process_is_told_who_owns_the_folder_and_what_to_do(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    with child("history.check(); tell('ready'); sys.stdin.read()", folder) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        with pytest.raises(HistoryUnavailable, match=r"in use by another process.*stop that one, or give"):
            opened()
        owner.communicate()
    opened().check()


def test_a_second_owner_in_one_process_is_refused(opened: Callable[..., DuckDBHistory]) -> None:
    first = opened()
    with pytest.raises(HistoryUnavailable, match="open in this process already"):
        opened()
    first.write([reading(DAY, speed_mps=1.0)])
    first.close()
    assert points(opened(), "speed_mps") == [(0, 1.0)]


def test_after_a_kill_every_acknowledged_batch_is_there_whole_and_once(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    code = (
        "number = 0\n"
        "while True:\n"
        "    history.write([reading(after(seconds=number, milliseconds=ms), speed_mps=float(number))"
        " for ms in range(20)])\n"
        "    number += 1\n"
        "    tell(number)\n"
    )
    with child(code, folder) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 30:
            pass
        writer.kill()
        told = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    acknowledged = max([30, *told])
    history = opened()
    found = points(history, "speed_mps")
    assert len(found) in (acknowledged * 20, (acknowledged + 1) * 20)
    for number in range(acknowledged):
        history.write([reading(after(seconds=number, milliseconds=ms), speed_mps=-1.0) for ms in range(20)])
    assert points(history, "speed_mps") == found
    assert {value for _, value in found[: acknowledged * 20]} == {float(number) for number in range(acknowledged)}


def test_a_file_in_the_folders_place_is_named_until_it_is_moved_away(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    folder.write_text("in the way")
    history = opened()
    for call in (history.check, lambda: history.write([reading(DAY, speed_mps=1.0)])):
        with pytest.raises(HistoryUnavailable, match="is not a folder"):
            call()
    folder.unlink()
    with pytest.raises(HistoryUnavailable, match="is not there"):
        history.check()
    folder.mkdir()
    history.check()
    history.write([reading(DAY, speed_mps=1.0)])
    assert points(history, "speed_mps") == [(0, 1.0)]


def test_nothing_is_acknowledged_while_the_folder_is_moved_away(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    history = opened()
    history.write([reading(DAY, speed_mps=0.0)])
    aside = folder.with_name("aside")
    folder.rename(aside)
    with pytest.raises(HistoryUnavailable, match=r"is gone .* bring it back"):
        history.write([reading(after(seconds=1), speed_mps=1.0)])
    with pytest.raises(HistoryUnavailable, match="is gone"):
        history.check()
    aside.rename(folder)
    history.check()
    history.write([reading(after(seconds=1), speed_mps=1.0)])
    assert points(history, "speed_mps") == [(0, 0.0), (1, 1.0)]


def test_a_folder_that_was_deleted_is_begun_anew_only_when_somebody_makes_it(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    history = opened()
    history.write([reading(DAY, speed_mps=0.0)])
    shutil.rmtree(folder)
    with pytest.raises(HistoryUnavailable, match="is gone"):
        history.write([reading(after(seconds=1), speed_mps=1.0)])
    assert not folder.exists()
    folder.mkdir()
    history.write([reading(after(seconds=1), speed_mps=1.0)])
    assert points(history, "speed_mps") == [(1, 1.0)]


def test_a_file_that_cannot_grow_fails_the_batch_and_later_ones_are_stored_again(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    """The limit hits DuckDB wherever it writes: in its log at a commit, or in a checkpoint, which invalidates it."""
    code = (
        "import resource\n"
        "def limit(mib):\n"
        "    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (mib * 1024 * 1024 if mib else hard, hard))\n"
        "def batch(number):\n"
        "    return [reading(after(seconds=number, milliseconds=ms), speed_mps=float(number), remark=str(ms) * 50)"
        " for ms in range(500)]\n"
        "stored, refused = 0, 0\n"
        "for room in (1, 2, 4):\n"
        "    limit(room)\n"
        "    try:\n"
        "        for _ in range(400):\n"
        "            history.write(batch(stored))\n"
        "            stored += 1\n"
        "        tell('the limit was never met')\n"
        "    except HistoryUnavailable:\n"
        "        refused += 1\n"
        "    try:\n"
        "        history.write(batch(stored))\n"
        "        stored += 1\n"
        "    except HistoryUnavailable as error:\n"
        "        assert str(error), error\n"
        "    limit(None)\n"
        "    history.check()\n"
        "    history.write(batch(stored))\n"
        "    stored += 1\n"
        "tell(stored, refused)\n"
    )
    with child(code, folder) as writer:
        said = writer.communicate()[0]
    assert writer.returncode == 0
    stored, refused = map(int, said.split())
    assert refused == 3
    found = points(opened(), "speed_mps")
    assert len(found) == len({at for at, _ in found}) == stored * 500
    assert {value for _, value in found} == {float(number) for number in range(stored)}


def test_a_nearly_full_disk_refuses_writes_and_still_reads(opened: Callable[..., DuckDBHistory]) -> None:
    history = opened()
    history.write([reading(DAY, speed_mps=1.0)])
    history.close()
    history = opened(free_floor_mib=2**40)
    with pytest.raises(HistoryUnavailable, match="MiB are free on its disk"):
        history.write([reading(after(seconds=1), speed_mps=1.0)])
    with pytest.raises(HistoryUnavailable, match="MiB are free"):
        history.check()
    assert points(history, "speed_mps") == [(0, 1.0)]


def test_a_value_that_can_never_be_stored_is_told_apart_and_takes_its_batch_with_it(
    opened: Callable[..., DuckDBHistory],
) -> None:
    history = opened()
    with pytest.raises(ValueError, match="cannot be stored"):
        history.write([reading(DAY, speed_mps=1.0), reading(after(seconds=1), door="\ud800")])
    with pytest.raises(ValueError, match="'tram' is not declared"):
        history.write([reading(DAY, kind="tram", speed_mps=1.0)])
    assert points(history, "speed_mps") == []
    history.write([reading(DAY, speed_mps=2.0, huge=10**400, door="a\0b")])
    assert points(history, "speed_mps") == [(0, 2.0)]
    assert points(history, "door") == [(0, "a\0b")]
    assert points(history, "huge") == [(0, str(10**400))]


def test_a_lost_parquet_file_is_named_and_does_not_stop_the_rest(
    folder: Path, opened: Callable[..., DuckDBHistory]
) -> None:
    history = opened()
    history.write([reading(DAY, speed_mps=1.0), reading(after(days=1, hours=12), speed_mps=2.0)])
    history.maintain(after(days=1, hours=6))
    (sealed,) = folder.rglob("*.parquet")
    sealed.unlink()
    with pytest.raises(HistoryUnavailable, match=r"2025-11-21\.v1\.parquet"):
        points(history, "speed_mps")
    history.write([reading(after(days=1, hours=13), speed_mps=3.0)])
    found = history.raw("main", "E-01", "speed_mps", after(days=1), after(days=2), 10)
    assert [point.value for point in found] == [2.0, 3.0]
