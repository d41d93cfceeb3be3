"""Who asks, and what they may see: the dependencies that guard every route.

Promises: a request without a good token or session ends in 401 before its handler runs; a change made in a session
needs its CSRF header; what lies outside a caller's sites looks as if it did not exist.
Leaves to others: what proves who somebody is (`api.credentials`), the table of permissions (`domain.people`).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.credentials import Caller, identify, renew
from api.parts import Parts
from api.running import Running
from domain.errors import NotAllowed, NotFound, Refused, Unavailable
from domain.people import Permission
from domain.ports.ledger import Rows, Transaction
from domain.workorders import WorkOrder

SESSION_COOKIE = "wk_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="A token of a program: `watchkeeper token create`.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    description=f"A person's session. Changes need the header `{CSRF_HEADER}` with the session's `csrf` as well.",
)


class NotSignedIn(Refused):
    """Nobody we know asks."""

    code = "not_signed_in"


def running_of(request: Request) -> Running:
    """What lives as long as the app."""
    running: Running = request.app.state.running
    return running


def parts_of(request: Request) -> Parts:
    """The parts that the app was built with."""
    return running_of(request).parts


RunningHere = Annotated[Running, Depends(running_of)]
PartsHere = Annotated[Parts, Depends(parts_of)]


def recognise(
    request: Request,
    parts: PartsHere,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Caller | None:
    """Who asks, or None for somebody unknown. A bearer token outranks a cookie."""
    if bearer is None and cookie is None:
        return None
    at = parts.clock.now()
    with parts.ledger.read() as rows:
        caller = identify(rows.accounts, at, bearer=bearer.credentials if bearer else None, cookie=cookie)
    if caller is None or caller.session is None:
        return caller
    if request.method not in SAFE_METHODS:
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), caller.session.csrf.encode()):
            raise NotAllowed(f"a change made in a session needs the header {CSRF_HEADER}")
    return renew(parts.ledger, caller, parts.settings, at)


def recognise_if_possible(
    request: Request,
    parts: PartsHere,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Caller | None:
    """Who asks, or None for somebody unknown and while the ledger is away: readiness must answer then, above all."""
    try:
        return recognise(request, parts, bearer, cookie)
    except Unavailable:
        return None


def who_asks(caller: Annotated[Caller | None, Depends(recognise)]) -> Caller:
    """Who asks. Raises NotSignedIn for somebody unknown."""
    if caller is None:
        raise NotSignedIn("sign in, or send a token")
    return caller


def permitted(permission: Permission) -> Callable[[Caller], Caller]:
    """A dependency that lets pass whoever has the permission on some site."""

    def check(caller: Annotated[Caller, Depends(who_asks)]) -> Caller:
        caller.actor.require(permission)
        return caller

    return check


MaybeCaller = Annotated[Caller | None, Depends(recognise_if_possible)]
SignedIn = Annotated[Caller, Depends(who_asks)]
Reader = Annotated[Caller, Depends(permitted(Permission.READ))]
AlarmHandler = Annotated[Caller, Depends(permitted(Permission.HANDLE_ALARMS))]
OrderHandler = Annotated[Caller, Depends(permitted(Permission.HANDLE_ORDERS))]
OrderApprover = Annotated[Caller, Depends(permitted(Permission.APPROVE_ORDERS))]
HistoryExporter = Annotated[Caller, Depends(permitted(Permission.EXPORT_HISTORY))]
QuarantineReader = Annotated[Caller, Depends(permitted(Permission.READ_QUARANTINE))]
Adopter = Annotated[Caller, Depends(permitted(Permission.ADOPT_DEVICES))]
BackupMaker = Annotated[Caller, Depends(permitted(Permission.MAKE_BACKUPS))]
ServiceKeeper = Annotated[Caller, Depends(permitted(Permission.TAKE_OUT_OF_SERVICE))]
RuleChanger = Annotated[Caller, Depends(permitted(Permission.CHANGE_RULES))]
JournalReader = Annotated[Caller, Depends(permitted(Permission.READ_JOURNAL))]
AccountManager = Annotated[Caller, Depends(permitted(Permission.MANAGE_ACCOUNTS))]


def reach(caller: Caller, site: str | None) -> frozenset[str] | None:
    """The sites that a list may show: the one asked for, or all in reach (None: all there are).

    Raises NotAllowed for a site out of reach.
    """
    if site is None:
        return caller.actor.sites
    caller.actor.require(Permission.READ, site)
    return frozenset({site})


def in_reach(caller: Caller, site: str, what: str) -> None:
    """Raises NotFound, as if `what` did not exist, for a site out of reach."""
    if not caller.actor.may(Permission.READ, site):
        raise NotFound(f"there is no {what}")


def order_in_reach(caller: Caller, rows: Rows, order_id: str) -> WorkOrder:
    """The order, by its id or number. Raises NotFound, also for one out of reach."""
    order = rows.orders.get(order_id)
    in_reach(caller, order.site, f"work order {order_id}")
    return order


@contextmanager
def acting(parts: Parts, caller: Caller) -> Iterator[Transaction]:
    """A transaction at this instant in the caller's name, by the config in force.

    When it has committed, the event streams are woken.
    """
    with parts.ledger.write(at=parts.clock.now(), actor=caller.actor) as transaction:
        parts.desk.follow(transaction)
        yield transaction
    parts.wake.ring()


@contextmanager
def acting_on_order(parts: Parts, caller: Caller, order_id: str) -> Iterator[tuple[Transaction, WorkOrder]]:
    """`acting`, with the order as it stands in that transaction. Raises NotFound, also for one out of reach."""
    with acting(parts, caller) as transaction:
        yield transaction, order_in_reach(caller, transaction, order_id)
