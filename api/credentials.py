"""Credentials: what proves who somebody is, a session's cookie or a program's token.

Promises: of a cookie and of a token only a SHA-256 digest is kept (both are 256 random bits, so a slow hash would add
nothing); whoever is disabled, expired or revoked is nobody. Leaves to others: making accounts (`api.accounts`),
guarding routes (`api.access`), the table of permissions (`domain.people`).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

from api.parts import ApiSettings
from domain.errors import Unavailable
from domain.people import Actor, ActorType, Person, Session, Token
from domain.ports.ledger import AccountRows, Ledger

TOKEN_PREFIX = "wk_"  # noqa: S105  (a mark by which scanners of leaked secrets find one, not a secret)
_RENEW_EVERY = timedelta(minutes=10)


def new_secret() -> str:
    """A token that nobody can guess."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: an actor, and what proved it. Exactly one of `session` and `token` is set."""

    actor: Actor
    session: Session | None = None
    person: Person | None = None
    token: Token | None = None


def digest_of(secret: str) -> str:
    """SHA-256 of a token or a cookie, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identify(rows: AccountRows, at: datetime, *, bearer: str | None, cookie: str | None) -> Caller | None:
    """Who sent this token or cookie, or None. A token that came and is not good is not made up for by a cookie."""
    if bearer is not None:
        return by_token(rows, digest_of(bearer), at)
    return by_session(rows, digest_of(cookie), at) if cookie is not None else None


def by_token(rows: AccountRows, digest: str, at: datetime) -> Caller | None:
    """The program whose token has this digest, unless it is revoked or expired."""
    token = rows.token(digest)
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        return None
    return Caller(actor=Actor(ActorType.PROGRAM, token.name, token.role, token.sites), token=token)


def by_session(rows: AccountRows, digest: str, at: datetime) -> Caller | None:
    """The person whose session has this digest, unless it is over or the account is disabled."""
    session = rows.session(digest)
    if session is None or session.expires_at <= at:
        return None
    person = rows.person(session.person)
    if person is None or person.disabled:
        return None
    actor = Actor(ActorType.PERSON, person.name, person.role, person.sites)
    return Caller(actor=actor, session=session, person=person)


def identify_again(rows: AccountRows, caller: Caller, at: datetime) -> Caller | None:
    """The same caller as the accounts have it now, or None when it may no longer ask."""
    if caller.token is not None:
        return by_token(rows, caller.token.digest, at)
    return by_session(rows, caller.session.digest, at) if caller.session is not None else None


def new_session(person: Person, settings: ApiSettings, at: datetime) -> tuple[Session, str]:
    """A session of `person` and the cookie that stands for it. The caller keeps the session."""
    cookie = secrets.token_urlsafe(32)
    session = Session(
        digest=digest_of(cookie),
        person=person.name,
        csrf=secrets.token_urlsafe(24),
        created_at=at,
        expires_at=at + min(settings.session_idle, settings.session_longest),
    )
    return session, cookie


def renew(ledger: Ledger, caller: Caller, settings: ApiSettings, at: datetime) -> Caller:
    """The caller, whose session was used at `at`: its end moves on, up to the longest a session may last."""
    session = caller.session
    if session is None:
        return caller
    until = min(at + settings.session_idle, session.created_at + settings.session_longest)
    if until - session.expires_at < _RENEW_EVERY:  # not with every request: each renewal is a write
        return caller
    renewed = msgspec.structs.replace(session, expires_at=until)
    try:
        with ledger.write(at=at, actor=caller.actor) as tx:
            if tx.accounts.session(session.digest) is None:  # signed out meanwhile
                return caller
            tx.accounts.put_session(renewed)
    except Unavailable:  # looking must work while writing does not; the next request renews it
        return caller
    return msgspec.structs.replace(caller, session=renewed)


def token_id(token: Token) -> str:
    """What a token is called where its secret must not be said: the first characters of its digest."""
    return token.digest[:16]
