"""Papers of a work order: files, cost, signature, the notice to residents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.basics import Id, Note, PartyName, Request, Schema, TextView
from domain.papers import FileType

FileName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f/\\]+$")]
"""What somebody calls a file; never a path."""


class AttachmentView(Schema):
    """A file of an order. `type` is what its content is, `digest` the SHA-256 of it."""

    id: str
    name: str
    type: FileType
    size_bytes: int
    digest: str
    added_at: datetime
    added_by: str


class CostView(Schema):
    """What the job cost, in hundredths of the currency."""

    cents: int
    currency: str
    note: str | None


class SignatureView(Schema):
    """Who signed for the job; `attachment` is the picture of the signature."""

    name: str
    signed_at: datetime
    taken_by: str
    attachment: str | None


class ResidentsNoticeView(Schema):
    """The notice to residents as it stands; a draft until somebody has published it."""

    text: TextView
    version: int
    drafted_at: datetime
    edited_at: datetime | None
    edited_by: str | None
    published_at: datetime | None
    published_by: str | None
    published_where: str | None


class AffectedRequest(Request):
    """Whether people are affected."""

    affected: bool
    note: Note | None = None


class CostRequest(Request):
    """What the job cost: a sum with two decimals at the most, and its currency (ISO 4217)."""

    amount: Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=2)] = Field(examples=["1280.50"])
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    note: Note | None = Field(default=None, examples=["door motor, two hours"])


class SignRequest(Request):
    """Who signed, and the file that shows it, where there is one."""

    name: PartyName = Field(examples=["Ms Chen, 12-03"])
    attachment: Id | None = None


class NoticeTextRequest(Request):
    """A notice in every language; several lines are fine."""

    en: Note
    zh_hans: Note = Field(alias="zh-Hans")
    zh_hant: Note = Field(alias="zh-Hant")


class EditNoticeRequest(Request):
    """Another text in place of the version that was read; 0 where there was none."""

    text: NoticeTextRequest
    version: int = Field(ge=0)


class PublishNoticeRequest(Request):
    """That somebody has published this version, and where."""

    version: int = Field(ge=1)
    where: Note = Field(examples=["lobby board, residents' group"])
