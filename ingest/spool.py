"""The spool: messages as they came, on the local disk, while history is away.

A folder of segments, `00000001.spool` and on; the oldest is read first, only the newest is written to. A segment is
frames one after the other: length and CRC-32 of the content (little-endian, 4 bytes each), then the content, which is
zlib over msgpack of a list of messages.

Promises: what `append` took is on the disk, and comes out in the order it went in; a frame that a crash tore is left
out without a word (nobody was told that it was kept); one that decayed is left out and told, and the frames
behind it are not. The folder never holds more than the limit and never takes the disk's last `FREE_FLOOR_MIB`: the
ledger may be on it. Killed in any state, the next start finds every frame that was taken and not removed.
Leaves to others: when to use it (`ingest.spooling`), storing a frame twice without harm (the history port: a segment
is removed as a whole, after all of it was stored). Synchronous; one caller at a time.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import msgspec

from domain.errors import SpoolUnavailable
from domain.readings import MAX_PAYLOAD_BYTES, Message

SEGMENT_BYTES = 8 * 1024 * 1024
"""A segment that has reached this is followed by the next one: what is drained gives its disk back in such steps."""

FRAME_BYTES = 1024 * 1024
"""Of messages in one frame, before compression: what draining holds in memory at once."""

FREE_FLOOR_MIB = 64
"""The embedded history stops at as little free disk. What is left is the ledger's."""

_HEADER = struct.Struct("<II")
_SUFFIX = ".spool"
_MIB = 1024 * 1024

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes, int, bool]])


def write_frame(messages: Sequence[Message]) -> bytes:
    """Messages as one frame."""
    rows = [(each.topic, each.payload, each.received_ms, each.retained) for each in messages]
    content = zlib.compress(_encoder.encode(rows), level=1)
    return _HEADER.pack(len(content), zlib.crc32(content)) + content


class Segment(NamedTuple):
    """What a segment holds. `decayed` frames are left out; `rest_bytes` at its end are no frame: mostly a torn one."""

    frames: list[memoryview]
    decayed: int
    rest_bytes: int


def split_segment(content: bytes) -> Segment:
    """The whole frames of a segment. Never raises, whatever the disk made of it."""
    frames: list[memoryview] = []
    decayed = place = 0
    whole = memoryview(content)
    while place + _HEADER.size <= len(content):
        length, checksum = _HEADER.unpack_from(content, place)
        end = place + _HEADER.size + length
        if length == 0 or end > len(content):
            break
        frame = whole[place + _HEADER.size : end]
        if zlib.crc32(frame) == checksum:
            frames.append(frame)
        else:
            decayed += 1
        place = end
    return Segment(frames, decayed, len(content) - place)


def read_frame(frame: memoryview) -> list[Message]:
    """The messages of a frame. Raises ValueError for one that was written otherwise."""
    try:
        rows = _decoder.decode(zlib.decompress(frame))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return [Message(topic, payload, received_ms, retained) for topic, payload, received_ms, retained in rows]


class Spool:
    """The messages that wait in one folder, owned by one process."""

    def __init__(self, folder: Path, limit_mib: int) -> None:
        """Open the folder, creating it the first time. Raises SpoolUnavailable when another process has it."""
        self.folder, self.limit_bytes = folder, limit_mib * _MIB
        self._writing: FileIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = (folder / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._sizes = {int(path.stem): path.stat().st_size for path in folder.glob(f"[0-9]*{_SUFFIX}")}
        except BlockingIOError as error:
            raise SpoolUnavailable(f"{folder} is in use by another process, and one process owns it") from error
        except (OSError, ValueError) as error:
            raise SpoolUnavailable(f"{folder}: {error}") from error
        self._next = max(self._sizes, default=0) + 1

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._sizes

    @property
    def size_bytes(self) -> int:
        """What the segments take of the disk."""
        return sum(self._sizes.values())

    def append(self, messages: Sequence[Message]) -> None:
        """Keep messages behind all others, on the disk on return.

        Raises SpoolUnavailable when it is full or the disk cannot take more: then they do not count as kept, but some
        may come out. Messages that are too large for a reading are left out.
        """
        frames = b"".join(write_frame(part) for part in _parts(messages))
        if not frames:
            return
        if self.size_bytes + len(frames) > self.limit_bytes:
            raise SpoolUnavailable(f"{self.folder} holds the {self.limit_bytes // _MIB} MiB that it may")
        try:
            if shutil.disk_usage(self.folder).free - len(frames) < FREE_FLOOR_MIB * _MIB:
                raise SpoolUnavailable(f"{self.folder}: less than {FREE_FLOOR_MIB} MiB of the disk are free")
            self._write(frames)
        except OSError as error:
            raise SpoolUnavailable(f"{self.folder}: {error.strerror}") from error
        if self._sizes[self._next - 1] >= SEGMENT_BYTES:
            self._end_segment()

    def oldest(self) -> int | None:
        """The number of the oldest segment, which is written to no longer; None when nothing waits."""
        if not self._sizes:
            return None
        number = min(self._sizes)
        if self._writing is not None and number == self._next - 1:
            self._end_segment()
        return number

    def read(self, number: int) -> Segment:
        """What a segment holds. Raises SpoolUnavailable when it cannot be read."""
        try:
            return split_segment(self._path(number).read_bytes())
        except FileNotFoundError:
            return Segment([], decayed=1, rest_bytes=0)
        except OSError as error:
            raise SpoolUnavailable(f"{self.folder}: {error.strerror}") from error

    def remove(self, number: int) -> None:
        """Forget a segment. One that comes back after a crash of the machine is stored again, which changes nothing."""
        try:
            self._path(number).unlink(missing_ok=True)
        except OSError as error:
            raise SpoolUnavailable(f"{self.folder}: {error.strerror}") from error
        del self._sizes[number]

    def close(self) -> None:
        """Let go of the folder; what waits stays."""
        self._end_segment()
        self._lock.close()

    def _write(self, frames: bytes) -> None:
        """Append to the newest segment. After a failure it is as it was, and is written to no longer."""
        if self._writing is None:
            self._writing = self._path(self._next).open("xb", buffering=0)
            self._sizes[self._next] = 0
            self._next += 1
            _sync_folder(self.folder)
        number = self._next - 1
        try:
            rest = memoryview(frames)
            while rest:
                rest = rest[self._writing.write(rest) :]
            os.fsync(self._writing.fileno())
            if os.fstat(self._writing.fileno()).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "the folder was removed while it was in use")
        except OSError:
            with suppress(OSError):  # a torn end does no harm, but its disk may be what is missing
                self._writing.truncate(self._sizes[number])
            self._end_segment()
            if self._sizes[number] == 0:
                with suppress(OSError):
                    self._path(number).unlink()
                del self._sizes[number]
            raise
        self._sizes[number] += len(frames)

    def _end_segment(self) -> None:
        if self._writing is not None:
            with suppress(OSError):
                self._writing.close()
            self._writing = None

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08}{_SUFFIX}"


def _parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """The messages in parts of bounded size."""
    part: list[Message] = []
    size = 0
    for message in messages:
        if len(message.payload) > MAX_PAYLOAD_BYTES:
            continue
        part.append(message)
        size += len(message.payload) + len(message.topic)
        if size >= FRAME_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
