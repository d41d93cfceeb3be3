"""Sign-in, people and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from api.schemas.basics import AccountName, Instant, Line, Listing, Name, Request, Schema
from domain.people import ActorType, Permission, Role
from domain.texts import Language

Password = Annotated[SecretStr, Field(min_length=10, max_length=256)]
"""A password to be set. Long beats complicated (NIST SP 800-63B); ten characters are the least."""

Sites = Annotated[list[Name], Field(min_length=1, max_length=100)]


class SignInRequest(Request):
    """A person's name and password."""

    name: AccountName = Field(examples=["chen"])
    password: Annotated[SecretStr, Field(min_length=1, max_length=256)]


class SessionView(Schema):
    """Who asks. `csrf` must come back as `X-CSRF-Token` with every change made in a session; null for a token."""

    type: ActorType
    name: str
    full_name: str
    role: Role
    permissions: list[Permission]
    language: Language
    sites: list[str] | None
    csrf: str | None
    expires_at: datetime | None


class PasswordRequest(Request):
    """A change of one's own password. All other sessions of the person end."""

    current: Annotated[SecretStr, Field(min_length=1, max_length=256)]
    new: Password


class PersonView(Schema):
    """An account of a person."""

    name: str
    role: Role
    full_name: str
    language: Language
    sites: list[str] | None
    disabled: bool
    created_at: datetime | None


class PersonList(Listing[PersonView]):
    """All people."""


class NameView(Schema):
    """What colleagues call somebody."""

    name: str
    full_name: str
    role: Role


class NameList(Listing[NameView]):
    """People with an account, by name."""


class PersonRequest(Request):
    """A new account. Without `sites` it reaches all."""

    name: AccountName
    role: Role
    password: Password
    full_name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    language: Language = Language.EN
    sites: Sites | None = None


class PersonChange(Request):
    """What of an account to change. What is left out stays; `sites: null` reaches all."""

    role: Role | None = None
    password: Password | None = None
    full_name: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] | None = None
    language: Language | None = None
    sites: Sites | None = None
    disabled: bool | None = None


class TokenView(Schema):
    """A token of a program. The token itself is shown once, when it is made; `id` names it after that."""

    id: str
    name: str
    role: Role
    sites: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class TokenList(Listing[TokenView]):
    """All tokens, revoked ones with them."""


class TokenRequest(Request):
    """A new token. Without `sites` it reaches all; without `expires_at` it lasts until revoked."""

    name: Line = Field(examples=["energy report"], description="What it is for.")
    role: Role
    sites: Sites | None = None
    expires_at: Instant | None = None


class NewToken(TokenView):
    """A token that was just made: `token` is never shown again."""

    token: str
