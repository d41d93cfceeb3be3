"""The spool's files: what was taken comes out, in order, whatever happens to the process and the disk."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import SpoolUnavailable
from domain.readings import MAX_PAYLOAD_BYTES, Message
from ingest import spool as files
from ingest.spool import Spool, read_frame, split_segment, write_frame
from tests.ingest.parts import TOPIC
from tests.services import REPOSITORY

_MESSAGES = st.lists(
    st.builds(
        Message,
        topic=st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
        payload=st.binary(max_size=50),
        received_ms=st.integers(0, 2**53),
        retained=st.booleans(),
    ),
    max_size=5,
)


def numbered(number: int, payload: bytes = b"{}") -> Message:
    return Message(TOPIC, payload, number)


def everything(spool: Spool) -> list[Message]:
    """What waits, taken out."""
    found: list[Message] = []
    while (number := spool.oldest()) is not None:
        for frame in spool.read(number).frames:
            found += read_frame(frame)
        spool.remove(number)
    return found


@contextlib.contextmanager
def opened(folder: Path, limit_mib: int = 64) -> Iterator[Spool]:
    spool = Spool(folder, limit_mib)
    try:
        yield spool
    finally:
        spool.close()


def of_segment(content: bytes) -> list[list[Message]]:
    return [read_frame(frame) for frame in split_segment(content).frames]


@given(st.lists(_MESSAGES, max_size=6), st.integers(0))
def test_of_a_segment_cut_anywhere_the_whole_frames_come_back(parts: list[list[Message]], cut: int) -> None:
    frames = [write_frame(part) for part in parts]
    content = b"".join(frames)
    assert of_segment(content) == parts
    cut %= len(content) + 1
    whole = [place for place in range(len(parts)) if sum(map(len, frames[: place + 1])) <= cut]
    torn = split_segment(content[:cut])
    assert [read_frame(frame) for frame in torn.frames] == [parts[place] for place in whole]
    assert torn.decayed == 0
    assert torn.rest_bytes == cut - sum(len(frames[place]) for place in whole)


@given(st.lists(_MESSAGES, min_size=2, max_size=5), st.data())
def test_a_frame_whose_content_decayed_is_left_out_alone(parts: list[list[Message]], data: st.DataObject) -> None:
    frames = [write_frame(part) for part in parts]
    victim = data.draw(st.integers(0, len(parts) - 1))
    place = data.draw(st.integers(8, len(frames[victim]) - 1))
    decayed = bytearray(frames[victim])
    decayed[place] ^= data.draw(st.integers(1, 255))
    frames[victim] = bytes(decayed)
    found = split_segment(b"".join(frames))
    assert [read_frame(frame) for frame in found.frames] == parts[:victim] + parts[victim + 1 :]
    assert found.decayed == 1


@given(st.binary(max_size=300))
def test_whatever_is_on_the_disk_is_read_without_failing(content: bytes) -> None:
    found = split_segment(content)
    assert sum(len(frame) + 8 for frame in found.frames) <= len(content) - found.rest_bytes


def test_a_segment_that_a_crash_filled_with_zeros_ends_there() -> None:
    content = write_frame([numbered(1)]) + bytes(5000)
    assert of_segment(content) == [[numbered(1)]]


def test_messages_come_out_in_order_also_after_opening_again(tmp_path: Path) -> None:
    with opened(tmp_path / "spool") as spool:
        for number in range(3):
            spool.append([numbered(number)])
        assert spool.oldest() == 1
        for number in range(3, 6):
            spool.append([numbered(number)])
    with opened(tmp_path / "spool") as spool:
        assert not spool.empty
        spool.append([numbered(6)])
        assert [message.received_ms for message in everything(spool)] == list(range(7))
        assert spool.empty
        assert spool.size_bytes == 0
        spool.append([numbered(7)])
        assert [message.received_ms for message in everything(spool)] == [7]


def test_segments_are_of_bounded_size_and_give_their_disk_back_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "SEGMENT_BYTES", 1000)
    random = Random(1)
    with opened(tmp_path) as spool:
        for number in range(10):
            spool.append([numbered(number, random.randbytes(400))])
        sizes = [path.stat().st_size for path in tmp_path.glob("*.spool")]
        assert len(sizes) > 3
        assert max(sizes) < 1500
        before = spool.size_bytes
        first = spool.oldest()
        assert first is not None
        spool.remove(first)
        assert spool.size_bytes == before - sizes[0] or spool.size_bytes < before
        assert spool.size_bytes == sum(path.stat().st_size for path in tmp_path.glob("*.spool"))


def test_large_turns_are_many_frames_and_what_is_too_large_for_a_reading_is_left_out(tmp_path: Path) -> None:
    payload = b"x" * MAX_PAYLOAD_BYTES
    with opened(tmp_path) as spool:
        spool.append([numbered(0, payload + b"x")])
        assert spool.empty
        spool.append([numbered(number, payload) for number in range(40)] + [numbered(40, payload + b"x")])
        assert len(spool.read(1).frames) == 3
        assert [message.received_ms for message in everything(spool)] == list(range(40))


def test_a_full_spool_takes_nothing_and_takes_again_when_it_was_drained(tmp_path: Path) -> None:
    payload = Random(1).randbytes(60_000)
    with opened(tmp_path, limit_mib=1) as spool:
        for number in range(17):
            spool.append([numbered(number, payload)])
        with pytest.raises(SpoolUnavailable, match="1 MiB"):
            spool.append([numbered(17, payload)])
        assert spool.size_bytes <= 1024 * 1024
        assert [message.received_ms for message in everything(spool)] == list(range(17))
        spool.append([numbered(18, payload)])


@contextlib.contextmanager
def files_of_at_most(limit_bytes: int) -> Iterator[None]:
    """The system refuses to let a file grow, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_loses_nothing_that_was_taken(tmp_path: Path) -> None:
    payload = Random(1).randbytes(3000)
    with opened(tmp_path) as spool:
        spool.append([numbered(0, payload)])
        with files_of_at_most(2000):
            for _ in range(5):
                with pytest.raises(SpoolUnavailable):
                    spool.append([numbered(99, payload)])
        assert spool.size_bytes == sum(path.stat().st_size for path in tmp_path.glob("*.spool"))
        spool.append([numbered(1, payload)])
        assert [message.received_ms for message in everything(spool)] == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_the_last_of_the_disk_is_left_to_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as spool:
        free_mib = shutil.disk_usage(tmp_path).free // 2**20
        monkeypatch.setattr(files, "FREE_FLOOR_MIB", free_mib * 2)
        with pytest.raises(SpoolUnavailable, match="of the disk are free"):
            spool.append([numbered(0)])
        assert spool.empty


def test_a_folder_that_was_removed_takes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "spool") as spool:
        spool.append([numbered(0)])
        shutil.rmtree(tmp_path / "spool")
        with pytest.raises(SpoolUnavailable):
            spool.append([numbered(1)])


def test_one_process_owns_a_folder(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(SpoolUnavailable, match="in use"):
        Spool(tmp_path, 1)
    Spool(tmp_path, 1).close()


_WRITER = """
import sys
from pathlib import Path
from domain.readings import Message
from ingest.spool import Spool
spool = Spool(Path(sys.argv[1]), 64)
for number in range(1_000_000):
    spool.append([Message("t", b"%d" % number * 50, number)])
    print(number, flush=True)
"""


def test_what_was_taken_survives_kills_at_any_moment(tmp_path: Path) -> None:
    random, taken = Random(7), -1
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"0\n"
            time.sleep(random.uniform(0, 0.1))
            writer.kill()
            taken = int(writer.stdout.read().split()[-1])
        with opened(tmp_path) as spool:
            found = [message.received_ms for message in everything(spool)]
        assert found in (list(range(taken + 1)), list(range(taken + 2)))
