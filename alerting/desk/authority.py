"""Authority: whether another person than the one who acts may answer for something.

Promises: only an account that exists, is not disabled and has the permission on the site. Leaves to others: proving who
acts (`api`), the table of permissions (`domain.people`).
"""

from __future__ import annotations

from domain.people import Actor, ActorType, Permission
from domain.ports.ledger import Rows


def account_may(rows: Rows, name: str, permission: Permission, site: str) -> bool:
    """Whether the person of that name may do it there."""
    person = rows.accounts.person(name)
    if person is None or person.disabled:
        return False
    return Actor(ActorType.PERSON, person.name, person.role, person.sites).may(permission, site)
