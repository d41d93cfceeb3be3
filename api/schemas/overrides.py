"""Other limits and severities for some devices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from api.schemas.basics import Listing, Name, Note, Request, Schema
from domain.rules import Severity

Model = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class OverrideView(Schema):
    """A limit's level, or a rule's severity, that is another one for the site's devices of this kind that are meant.

    `devices` empty, `model` null and `tags` empty each mean: all of them.
    """

    id: str
    site: str
    kind: str
    devices: list[str]
    model: str | None
    tags: list[str]
    limit: str | None
    level: float | None
    rule: str | None
    severity: Severity | None
    reason: str
    by: str
    at: datetime
    closeness: str = Field(description="How closely it names its devices: what is closer counts.")


class OverrideList(Listing[OverrideView]):
    """All of them in reach, by site and id."""


class OverrideRequest(Request):
    """What is to be another one, for which devices, and why. Give `limit` and `level`, or `rule` and `severity`."""

    site: Name = Field(examples=["demo"])
    kind: Name = Field(examples=["elevator"])
    devices: list[Name] = Field(default_factory=list, max_length=500)
    model: Model | None = None
    tags: list[Name] = Field(default_factory=list, max_length=32)
    limit: Name | None = Field(default=None, examples=["motor_limit_c"])
    level: Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)] | None = Field(default=None, examples=[85.0])
    rule: Name | None = None
    severity: Severity | None = None
    reason: Note = Field(examples=["The motor of this type runs hotter; agreed with the maintenance firm."])

    @model_validator(mode="after")
    def _sets_one_thing(self) -> Self:
        limit = (self.limit is not None, self.level is not None)
        rule = (self.rule is not None, self.severity is not None)
        if not (all(limit) and not any(rule)) and not (all(rule) and not any(limit)):
            raise ValueError("give a limit and its level, or a rule and its severity")
        return self
