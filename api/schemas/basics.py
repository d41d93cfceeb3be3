"""The building blocks of every schema: bounded strings, instants in UTC, texts in three languages, lists.

Promises: whatever passes these types can be stored by any ledger (no NUL, no naive or absurd instant) and is bounded
in length. Leaves to others: the models of each noun.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

T = TypeVar("T")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Instants outside these are refused: no device of ours is older, and no promise reaches further."""

MOST_ITEMS = 500
"""The longest page of a list."""


def _in_utc(at: datetime) -> datetime:
    if not EARLIEST.replace(tzinfo=None) <= at.replace(tzinfo=None) <= LATEST.replace(tzinfo=None):
        raise ValueError("must lie between the years 2000 and 2200")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant that somebody sends: it must carry its offset; kept as UTC."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""A name as topics allow it: a site, a kind, a device."""

AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@-]{1,64}$")]
"""The name of a person or a token."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,96}$")]
"""The id of an alarm or a work order, or a work order's number."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""One line that a person typed."""

PartyName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A person or a firm that does a job; not necessarily somebody with an account."""

Note = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[^\x00]+$")]
"""What a person writes about an act; several lines are fine."""


class Schema(BaseModel):
    """Base of every model: read from domain values by attribute, written with aliases."""

    model_config = ConfigDict(from_attributes=True, validate_by_name=True, validate_by_alias=True)


class Request(BaseModel):
    """Base of every body that comes in: an unknown field is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", validate_by_name=False, validate_by_alias=True)


class TextView(Schema):
    """One text in every language, by BCP 47 tag."""

    en: str
    zh_hans: str = Field(alias="zh-Hans")
    zh_hant: str = Field(alias="zh-Hant")


class TextRequest(Request):
    """One text in every language, by BCP 47 tag."""

    en: Line
    zh_hans: Line = Field(alias="zh-Hans")
    zh_hant: Line = Field(alias="zh-Hant")


class Listing(Schema, Generic[T]):
    """A part of a list. `next` is the cursor for the rest, null at the end."""

    items: list[T]
    next: str | None = None
