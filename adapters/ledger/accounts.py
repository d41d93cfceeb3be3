"""People, tokens and sessions in the ledger.

Promises: only digests and hashes are kept; a sign-in that has expired goes when the next one comes.
Leaves to others: proving who somebody is (`api.accounts`).
"""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, select

from adapters.ledger.act import Look
from adapters.ledger.bodies import write_body
from adapters.ledger.tables import people, sessions, tokens, upsert
from domain.people import Person, Session, Token

_READ_PERSON = msgspec.json.Decoder(Person).decode
_READ_TOKEN = msgspec.json.Decoder(Token).decode
_READ_SESSION = msgspec.json.Decoder(Session).decode

_PERSON = select(people.c.body).where(people.c.name == bindparam("name"))
_PEOPLE = select(people.c.body).order_by(people.c.name)
_PUT_PERSON = upsert(people)
_TOKEN = select(tokens.c.body).where(tokens.c.digest == bindparam("digest"))
_TOKENS = select(tokens.c.body).order_by(tokens.c.name, tokens.c.digest)
_PUT_TOKEN = upsert(tokens)
_SESSION = select(sessions.c.body).where(sessions.c.digest == bindparam("digest"))
_PUT_SESSION = upsert(sessions)


class AccountTable:
    """Implements `domain.ports.ledger.AccountRows`."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def person(self, name: str) -> Person | None:
        """By name."""
        body = self._look.fetch(_PERSON, {"name": name}).scalar()
        return None if body is None else _READ_PERSON(body)

    def people(self) -> list[Person]:
        """Everybody, by name."""
        return [_READ_PERSON(body) for body in self._look.fetch(_PEOPLE).scalars()]

    def put_person(self, person: Person) -> None:
        """Insert or replace by name."""
        self._look.act().fetch(_PUT_PERSON, {"name": person.name, "body": write_body(person)})

    def token(self, digest: str) -> Token | None:
        """By digest, revoked and expired ones too."""
        body = self._look.fetch(_TOKEN, {"digest": digest}).scalar()
        return None if body is None else _READ_TOKEN(body)

    def tokens(self) -> list[Token]:
        """All tokens, by name."""
        return [_READ_TOKEN(body) for body in self._look.fetch(_TOKENS).scalars()]

    def put_token(self, token: Token) -> None:
        """Insert or replace by digest."""
        row = {"digest": token.digest, "name": token.name, "body": write_body(token)}
        self._look.act().fetch(_PUT_TOKEN, row)

    def session(self, digest: str) -> Session | None:
        """By digest, an expired one too while it is there."""
        body = self._look.fetch(_SESSION, {"digest": digest}).scalar()
        return None if body is None else _READ_SESSION(body)

    def put_session(self, session: Session) -> None:
        """Insert or replace by digest; expired ones of anybody go."""
        self.drop_expired_sessions()
        row = {
            "digest": session.digest,
            "person": session.person,
            "expires_at": session.expires_at,
            "body": write_body(session),
        }
        self._look.act().fetch(_PUT_SESSION, row)

    def end_session(self, digest: str) -> None:
        """Sign out here. A no-op when it is gone."""
        self._look.act().fetch(delete(sessions).where(sessions.c.digest == digest))

    def end_sessions_of(self, person: str) -> None:
        """Sign out everywhere."""
        self._look.act().fetch(delete(sessions).where(sessions.c.person == person))

    def drop_expired_sessions(self) -> int:
        """Sign-ins that ended by themselves go; how many there were."""
        act = self._look.act()
        return act.fetch(delete(sessions).where(sessions.c.expires_at <= act.at)).rowcount
