"""Signing in and out, people, tokens.

Promises: passwords are hashed off the event loop, a few at a time; failed sign-ins are throttled.
Leaves to others: what may be changed (`api.accounts`), proving who somebody is (`api.credentials`).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import anyio.to_thread
import structlog
from fastapi import APIRouter, Path, Request, Response

from api.access import SESSION_COOKIE, AccountManager, AlarmHandler, NotSignedIn, PartsHere, RunningHere, SignedIn
from api.accounts import (
    add_person,
    change_own_password,
    change_person,
    issue_token,
    revoke_token,
    sign_out_everywhere,
)
from api.credentials import Caller, by_token, digest_of, new_session
from api.parts import Parts
from api.passwords import hash_password, matches
from api.schemas.accounts import (
    NameList,
    NameView,
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
from api.views import person_view, session_view, token_view
from domain.errors import Invalid, NotAllowed
from domain.people import Actor, ActorType, Person

public = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"])

Named = Annotated[AccountName, Path(description="The account's name.")]
TokenId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="The token's id.")]

_log = structlog.get_logger(__name__)


@public.post("/session", summary="Sign in")
async def sign_in(request: Request, response: Response, running: RunningHere, body: SignInRequest) -> SessionView:
    """Sets the session's cookie and answers who you are, with the `csrf` that every change needs."""
    parts, address = running.parts, request.client.host if request.client else "unknown"
    running.sign_in_throttle.attempt(body.name, address, parts.clock.now())
    person = await anyio.to_thread.run_sync(_person, parts, body.name)
    password_hash = person.password_hash if person is not None and not person.disabled else None
    good = await running.passwords.run(partial(matches, password_hash, body.password.get_secret_value()))
    if person is None or not good:
        _log.warning("a sign-in failed", person=body.name, address=address)
        raise NotSignedIn("the name or the password is wrong")
    running.sign_in_throttle.succeeded(body.name, address)
    before = request.cookies.get(SESSION_COOKIE)
    caller, cookie = await anyio.to_thread.run_sync(_open_session, parts, person, before)
    response.set_cookie(
        SESSION_COOKIE,
        cookie,
        max_age=int(parts.settings.session_longest.total_seconds()),
        path="/",
        secure=parts.settings.secure_cookies or request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return session_view(caller)


def _person(parts: Parts, name: str) -> Person | None:
    with parts.ledger.read() as rows:
        return rows.accounts.person(name)


def _open_session(parts: Parts, person: Person, before: str | None) -> tuple[Caller, str]:
    """A new session of the person; the one that this browser had before ends."""
    at = parts.clock.now()
    actor = Actor(ActorType.PERSON, person.name, person.role, person.sites)
    session, cookie = new_session(person, parts.settings, at)
    with parts.ledger.write(at=at, actor=actor) as tx:
        if before is not None:
            tx.accounts.end_session(digest_of(before))
        tx.accounts.put_session(session)
    return Caller(actor=actor, session=session, person=person), cookie


@router.get("/session", summary="Who am I")
def get_session(caller: SignedIn) -> SessionView:
    """For a person and for a program alike."""
    return session_view(caller)


@router.delete("/session", summary="Sign out", status_code=204)
def sign_out(caller: SignedIn, parts: PartsHere, response: Response) -> None:
    """Ends the session; its event streams end with it. A token is not a session: revoke it instead."""
    if caller.session is None:
        raise Invalid("a token has no session to end; revoke the token instead")
    with parts.ledger.write(at=parts.clock.now(), actor=caller.actor) as tx:
        tx.accounts.end_session(caller.session.digest)
    parts.wake.ring()
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


@router.put("/session/password", summary="Change one's own password", status_code=204)
async def change_password(caller: SignedIn, request: Request, running: RunningHere, body: PasswordRequest) -> None:
    """All other sessions of the person end."""
    if caller.person is None:
        raise NotAllowed("only a person who is signed in has a password to change")
    parts, address = running.parts, request.client.host if request.client else "unknown"
    running.sign_in_throttle.attempt(caller.actor.name, address, parts.clock.now())
    if not await running.passwords.run(partial(matches, caller.person.password_hash, body.current.get_secret_value())):
        raise NotAllowed("the current password is wrong")
    running.sign_in_throttle.succeeded(caller.actor.name, address)
    new = await running.passwords.run(partial(hash_password, body.new.get_secret_value()))
    await anyio.to_thread.run_sync(partial(change_own_password, parts.ledger, caller, new, at=parts.clock.now()))
    _log.info("a password was changed", person=caller.actor.name)


@router.get("/people", summary="People")
def list_people(_: AccountManager, parts: PartsHere) -> PersonList:
    """All accounts."""
    with parts.ledger.read() as rows:
        return PersonList(items=[person_view(person) for person in rows.accounts.people()])


@router.get("/people/names", summary="Names of colleagues")
def list_names(caller: AlarmHandler, parts: PartsHere) -> NameList:
    """For whoever has to name somebody: a second person for a test, an assignee. Only who shares a site with them."""
    with parts.ledger.read() as rows:
        people = [one for one in rows.accounts.people() if not one.disabled and _share_a_site(caller.actor, one)]
    return NameList(items=[NameView.model_validate(one) for one in people])


def _share_a_site(actor: Actor, person: Person) -> bool:
    return actor.sites is None or person.sites is None or not actor.sites.isdisjoint(person.sites)


@router.post("/people", summary="Make an account", status_code=201)
async def create_account(caller: AccountManager, running: RunningHere, body: PersonRequest) -> PersonView:
    """Nobody can give more reach than their own."""
    parts = running.parts
    person = Person(
        name=body.name,
        role=body.role,
        password_hash=await running.passwords.run(partial(hash_password, body.password.get_secret_value())),
        full_name=body.full_name,
        language=body.language,
        sites=None if body.sites is None else frozenset(body.sites),
        created_at=parts.clock.now(),
    )
    added = await anyio.to_thread.run_sync(
        partial(add_person, parts.ledger, person, at=parts.clock.now(), actor=caller.actor)
    )
    _log.info("an account was made", person=added.name, role=added.role, by=caller.actor.name)
    return person_view(added)


@router.patch("/people/{name}", summary="Change an account")
async def change_account(caller: AccountManager, running: RunningHere, name: Named, body: PersonChange) -> PersonView:
    """A new password, role or reach, or disabling, ends the person's sessions. The last administrator stays one."""
    parts = running.parts
    changes: dict[str, Any] = {
        field: getattr(body, field)
        for field in ("role", "full_name", "language", "disabled")
        if getattr(body, field) is not None
    }
    if "sites" in body.model_fields_set:
        changes["sites"] = None if body.sites is None else frozenset(body.sites)
    if body.password is not None:
        changes["password_hash"] = await running.passwords.run(partial(hash_password, body.password.get_secret_value()))
    changed = await anyio.to_thread.run_sync(
        partial(change_person, parts.ledger, name, changes, at=parts.clock.now(), actor=caller.actor)
    )
    parts.wake.ring()
    _log.info("an account was changed", person=name, fields=sorted(changes), by=caller.actor.name)
    return person_view(changed)


@router.delete("/people/{name}/sessions", summary="Sign somebody out everywhere", status_code=204)
def end_sessions(caller: AccountManager, parts: PartsHere, name: Named) -> None:
    """All sessions of the person end, and the event streams with them. The password stays as it is."""
    sign_out_everywhere(parts.ledger, name, at=parts.clock.now(), actor=caller.actor)
    parts.wake.ring()
    _log.info("a person was signed out everywhere", person=name, by=caller.actor.name)


@router.get("/tokens", summary="Tokens of programs")
def list_tokens(_: AccountManager, parts: PartsHere) -> TokenList:
    """All tokens, revoked ones with them; never the secrets."""
    with parts.ledger.read() as rows:
        return TokenList(items=[token_view(token) for token in rows.accounts.tokens()])


@router.post("/tokens", summary="Make a token", status_code=201)
def create_token(caller: AccountManager, parts: PartsHere, body: TokenRequest) -> NewToken:
    """The answer holds the token; it is never shown again."""
    at = parts.clock.now()
    secret = issue_token(
        parts.ledger,
        name=body.name,
        role=body.role,
        sites=None if body.sites is None else frozenset(body.sites),
        expires_at=body.expires_at,
        at=at,
        actor=caller.actor,
    )
    with parts.ledger.read() as rows:
        made = by_token(rows.accounts, digest_of(secret), at)
    assert made is not None
    assert made.token is not None
    _log.info("a token was made", token=body.name, role=body.role, by=caller.actor.name)
    return NewToken(**dict(token_view(made.token)), token=secret)


@router.delete("/tokens/{token_id}", summary="Revoke a token", status_code=204)
def delete_token(caller: AccountManager, parts: PartsHere, token_id: TokenId) -> None:
    """From now on it is worth nothing; event streams that it opened end."""
    revoked = revoke_token(parts.ledger, identity=token_id, at=parts.clock.now(), actor=caller.actor)
    parts.wake.ring()
    _log.info("a token was revoked", token=revoked.name, by=caller.actor.name)
