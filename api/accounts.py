"""Accounts: people and programs, made, changed and ended.

Promises: nobody gives or changes reach beyond their own; the last administrator of everything stays one; whoever's
password, role, reach or standing changes is signed out; each act is an event on every site that the account reaches.
Leaves to others: who may call (`api.access`), what proves who somebody is (`api.credentials`), keeping the event loop
free of hashing (the routes).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from api.credentials import Caller, digest_of, new_secret, token_id
from api.passwords import hash_password
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import EventType
from domain.people import Actor, Person, Role, Token
from domain.ports.ledger import AccountRows, Ledger, Transaction
from domain.texts import Language

_SIGNS_OUT = frozenset({"password_hash", "role", "sites", "disabled"})


def issue_token(
    ledger: Ledger,
    *,
    name: str,
    role: Role,
    at: datetime,
    actor: Actor,
    sites: frozenset[str] | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Make a token and return it: it is never shown again. `sites` None reaches all; `expires_at` None never expires.

    Names may repeat: they say what a token is for. Raises Invalid when it would be expired from the start,
    NotAllowed for reach beyond the actor's.
    """
    if expires_at is not None and expires_at <= at:
        raise Invalid("a token must expire in the future")
    _within_reach(actor, sites)
    secret = new_secret()
    token = Token(name=name, role=role, digest=digest_of(secret), created_at=at, expires_at=expires_at, sites=sites)
    with ledger.write(at=at, actor=actor) as tx:
        _tell(tx, EventType.TOKEN_ISSUED, token, actor, expires_at=expires_at)
        tx.accounts.put_token(token)
    return secret


def revoke_token(ledger: Ledger, *, identity: str, at: datetime, actor: Actor) -> Token:
    """Make the token of that `token_id` worthless from now on. Raises NotFound when there is none that is good."""
    with ledger.write(at=at, actor=actor) as tx:
        token = next((token for token in tx.accounts.tokens() if token_id(token) == identity), None)
        if token is None or token.revoked_at is not None:
            raise NotFound(f"there is no token {identity} to revoke")
        _within_reach(actor, token.sites)
        revoked = msgspec.structs.replace(token, revoked_at=at)
        _tell(tx, EventType.TOKEN_REVOKED, token, actor)
        tx.accounts.put_token(revoked)
    return revoked


def create_person(
    ledger: Ledger,
    *,
    name: str,
    role: Role,
    password: str,
    at: datetime,
    actor: Actor,
    full_name: str = "",
    language: Language = Language.EN,
    sites: frozenset[str] | None = None,
) -> Person:
    """Make a person's account. Takes as long as hashing does (about 50 ms). Raises Conflict when the name is taken."""
    person = Person(
        name=name,
        role=role,
        password_hash=hash_password(password),
        full_name=full_name,
        language=language,
        sites=sites,
        created_at=at,
    )
    return add_person(ledger, person, at=at, actor=actor)


def add_person(ledger: Ledger, person: Person, *, at: datetime, actor: Actor) -> Person:
    """Keep a new account. Raises Conflict when the name is taken, NotAllowed for reach beyond the actor's."""
    _within_reach(actor, person.sites)
    with ledger.write(at=at, actor=actor) as tx:
        if tx.accounts.person(person.name) is not None:
            raise Conflict(f"a person named {person.name} exists")
        _tell(tx, EventType.ACCOUNT_ADDED, person, actor)
        tx.accounts.put_person(person)
    return person


def change_person(ledger: Ledger, name: str, changes: dict[str, Any], *, at: datetime, actor: Actor) -> Person:
    """Change fields of an account. Raises NotFound, NotAllowed, and Conflict for the last administrator."""
    with ledger.write(at=at, actor=actor) as tx:
        person = tx.accounts.person(name)
        if person is None:
            raise NotFound(f"there is no person {name}")
        changed = msgspec.structs.replace(person, **changes)
        _within_reach(actor, person.sites)
        _within_reach(actor, changed.sites)
        if _administers_all(person) and not _administers_all(changed):
            _keep_an_administrator(tx.accounts, person)
        fields = {field for field in changes if getattr(person, field) != getattr(changed, field)}
        if fields:
            _tell(tx, EventType.ACCOUNT_CHANGED, changed, actor, reached=person.sites, changed=_named(fields))
        tx.accounts.put_person(changed)
        if fields & _SIGNS_OUT:
            tx.accounts.end_sessions_of(name)
    return changed


def sign_out_everywhere(ledger: Ledger, name: str, *, at: datetime, actor: Actor) -> None:
    """End all sessions of a person. Raises NotFound, and NotAllowed for reach beyond the actor's."""
    with ledger.write(at=at, actor=actor) as tx:
        person = tx.accounts.person(name)
        if person is None:
            raise NotFound(f"there is no person {name}")
        _within_reach(actor, person.sites)
        _tell(tx, EventType.ACCOUNT_SIGNED_OUT, person, actor)
        tx.accounts.end_sessions_of(name)


def change_own_password(ledger: Ledger, caller: Caller, password_hash: str, *, at: datetime) -> None:
    """Keep a new password. All sessions of the person end but the one that asks."""
    with ledger.write(at=at, actor=caller.actor) as tx:
        person = tx.accounts.person(caller.actor.name)
        if person is None or caller.session is None:
            raise NotAllowed("only a person who is signed in has a password to change")
        _tell(tx, EventType.ACCOUNT_CHANGED, person, caller.actor, changed=_named({"password_hash"}))
        tx.accounts.put_person(msgspec.structs.replace(person, password_hash=password_hash))
        tx.accounts.end_sessions_of(person.name)
        tx.accounts.put_session(caller.session)


def _within_reach(actor: Actor, sites: frozenset[str] | None) -> None:
    if actor.sites is not None and (sites is None or not sites <= actor.sites):
        raise NotAllowed(f"{actor.name} cannot give or change reach beyond their own sites")


def _tell(
    tx: Transaction,
    type_: EventType,
    account: Person | Token,
    actor: Actor,
    *,
    reached: frozenset[str] | None = frozenset(),
    **more: Any,
) -> None:
    """Write it into the chain of every site that the account reaches, or `reached` before the act.

    Whoever answers for a site reads there who was let in, and by whom. Before there is a site nobody is told.
    """
    every = sorted(site.id for site in tx.devices.sites())
    told = [site for site in every if _reaches(account.sites, site) or _reaches(reached, site)]
    data = msgspec.to_builtins(
        {"account": account.name, "role": account.role, "everywhere": account.sites is None, **more}
    )
    for site in told:
        tx.take(site)
    for site in told:
        tx.events.record(type_, site, data=data, actor=actor)


def _reaches(sites: frozenset[str] | None, site: str) -> bool:
    return sites is None or site in sites


def _named(fields: Collection[str]) -> list[str]:
    """Fields by the names that the API has for them."""
    return sorted("password" if field == "password_hash" else field for field in fields)


def _administers_all(person: Person) -> bool:
    return person.role is Role.ADMIN and not person.disabled and person.sites is None


def _keep_an_administrator(accounts: AccountRows, person: Person) -> None:
    if not any(_administers_all(other) for other in accounts.people() if other.name != person.name):
        raise Conflict(f"{person.name} is the last administrator; make another one first")
