"""Papers of a work order: files, what it cost, who signed, and the notice to residents.

Promises: what a file is, is told by its content (`sniff`), never by its name. Leaves to others: keeping files
(`domain.ports.files`), who may add one (`alerting.desk.paper_acts`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.texts import Text

MAX_FILE_BYTES = 10 * 1024 * 1024
"""The largest file (design, section 6)."""

MOST_FILES = 50
"""Files of one order."""

SNIFF_BYTES = 32
"""How much of a file's beginning `sniff` needs."""


class FileType(StrEnum):
    """What a file can be: pictures, documents, video and sound as phones make them. Nothing that a browser runs."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"
    MP4 = "video/mp4"
    QUICKTIME = "video/quicktime"
    M4A = "audio/mp4"
    MP3 = "audio/mpeg"

    @property
    def extension(self) -> str:
        """How the name of such a file ends, without the dot."""
        return _EXTENSIONS[self]

    @property
    def picture(self) -> bool:
        """Whether it is a picture that every browser shows."""
        return self in (FileType.JPEG, FileType.PNG, FileType.WEBP)


_EXTENSIONS = {
    FileType.JPEG: "jpg",
    FileType.PNG: "png",
    FileType.WEBP: "webp",
    FileType.HEIC: "heic",
    FileType.PDF: "pdf",
    FileType.MP4: "mp4",
    FileType.QUICKTIME: "mov",
    FileType.M4A: "m4a",
    FileType.MP3: "mp3",
}

_BEGINNINGS = (
    (b"\xff\xd8\xff", FileType.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"%PDF-", FileType.PDF),
    (b"ID3", FileType.MP3),
    *((bytes((0xFF, second)), FileType.MP3) for second in (0xFB, 0xFA, 0xF3, 0xF2)),
)

_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"mif1"), FileType.HEIC),
    **dict.fromkeys((b"isom", b"iso2", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"3gp4", b"3gp5"), FileType.MP4),
    b"qt  ": FileType.QUICKTIME,
    b"M4A ": FileType.M4A,
}
"""Major brands of ISO base media files (ISO/IEC 14496-12), at byte 8 after `ftyp`."""


def sniff(head: bytes) -> FileType | None:
    """What a file is by its first bytes; None for anything that is not on the list."""
    for beginning, type_ in _BEGINNINGS:
        if head.startswith(beginning):
            return type_
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType.WEBP
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return None


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an order. `digest` is the SHA-256 of its content (hex), by which it is kept; `name` is for people."""

    id: str
    order: str
    site: str
    name: str
    type: FileType
    size_bytes: int
    digest: str
    added_at: datetime
    added_by: str


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What the job cost: hundredths of the currency (ISO 4217), and for what."""

    cents: int
    currency: str
    note: str | None = None


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed that the job is done; `attachment` is the picture of it, where there is one."""

    name: str
    signed_at: datetime
    taken_by: str
    attachment: str | None = None


class ResidentsNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice to residents: drafted here, edited and published by people. `version` counts its texts.

    Editing it after it was published makes it a draft again.
    """

    text: Text
    drafted_at: datetime
    version: int = 1
    edited_at: datetime | None = None
    edited_by: str | None = None
    published_at: datetime | None = None
    published_by: str | None = None
    published_where: str | None = None
