"""Signing in and out, people, tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.access import AccountManager, PartsHere, SignedIn
from api.schemas.accounts import (
    NewToken,
    PasswordRequest,
    PersonChange,
    PersonList,
    PersonRequest,
    PersonView,
    SessionView,
    SignInRequest,
    TokenList,
    TokenRequest,
)
from api.schemas.basics import AccountName
from api.views import session_view

public = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"])

Named = Annotated[AccountName, Path(description="The account's name.")]
TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The token's id.")]


@public.post("/session", summary="Sign in")
async def sign_in(request: Request, response: Response, parts: PartsHere, body: SignInRequest) -> SessionView:
    """Sets the session's cookie and answers who you are, with the `csrf` that every change needs."""
    raise NotImplementedError


@router.get("/session", summary="Who am I")
def get_session(caller: SignedIn) -> SessionView:
    """For a person and for a program alike."""
    return session_view(caller)


@router.delete("/session", summary="Sign out", status_code=204)
def sign_out(caller: SignedIn, parts: PartsHere, response: Response) -> None:
    """Ends the session; its event streams end with it. Of a token it does nothing: revoke that."""
    raise NotImplementedError


@router.put("/session/password", summary="Change one's own password", status_code=204)
async def change_password(caller: SignedIn, request: Request, parts: PartsHere, body: PasswordRequest) -> None:
    """All other sessions of the person end."""
    raise NotImplementedError


@router.get("/people", summary="People")
def list_people(_: AccountManager, parts: PartsHere) -> PersonList:
    """All accounts."""
    raise NotImplementedError


@router.post("/people", summary="Make an account", status_code=201)
async def create_account(caller: AccountManager, parts: PartsHere, body: PersonRequest) -> PersonView:
    """Nobody can give more reach than their own."""
    raise NotImplementedError


@router.patch("/people/{name}", summary="Change an account")
async def change_account(caller: AccountManager, parts: PartsHere, name: Named, body: PersonChange) -> PersonView:
    """A new password, role or reach, or disabling, ends the person's sessions. The last admin stays one."""
    raise NotImplementedError


@router.get("/tokens", summary="Tokens of programs")
def list_tokens(_: AccountManager, parts: PartsHere) -> TokenList:
    """All tokens, revoked ones with them; never the secrets."""
    raise NotImplementedError


@router.post("/tokens", summary="Make a token", status_code=201)
def create_token(caller: AccountManager, parts: PartsHere, body: TokenRequest) -> NewToken:
    """The answer holds the token; it is never shown again."""
    raise NotImplementedError


@router.delete("/tokens/{token_id}", summary="Revoke a token", status_code=204)
def delete_token(caller: AccountManager, parts: PartsHere, token_id: TokenId) -> None:
    """From now on it is worth nothing; event streams that it opened end."""
    raise NotImplementedError
