"""The sessions by which our roles hear devices.

Promises: a lone ingest subscribes to everything; of several, each message goes to one, by a shared subscription.
Ordinal 0 keeps the session of the lone one, so that going from one to several and back strands nothing: it takes the
new subscription before it gives up the old one. Leaves to others: accounts and names (`watchkeeper.broker_accounts`),
running a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.broker.credentials import READINGS
from watchkeeper.broker_accounts import address_for, ingest_part, ingest_share, service_of
from watchkeeper.clocks import open_clock
from watchkeeper.settings import BrokerChoice, Role, Settings

if TYPE_CHECKING:
    from adapters.broker.session import MqttSession

_RECEIVE_MAXIMUM = 10_000
"""Several times a batch; beyond it the broker keeps what comes."""


def alerting_session(settings: Settings) -> MqttSession:
    """The session of whoever alerts, not connected yet."""
    return _session(settings, Role.ALERTING, filters=(READINGS,))


def ingest_session(settings: Settings) -> MqttSession:
    """The session of this ingest, not connected yet."""
    if settings.broker is BrokerChoice.EMBEDDED:  # never had others
        return _session(settings, Role.INGEST, filters=(READINGS,))
    filters, leave = (READINGS,), (ingest_share(settings),)
    if settings.ingest_replicas > 1:
        filters, leave = leave, filters
    part = ingest_part(settings.ingest_ordinal)
    return _session(settings, Role.INGEST, filters=filters, leave=leave, part=part)


def leaving_session(settings: Settings, ordinal: int) -> MqttSession:
    """The session of an ingest that is taken out: it hears only what the broker already keeps for it."""
    return _session(settings, Role.INGEST, leave=(ingest_share(settings), READINGS), part=ingest_part(ordinal))


def _session(
    settings: Settings,
    role: Role,
    *,
    filters: tuple[str, ...] = (),
    leave: tuple[str, ...] = (),
    part: str = "",
) -> MqttSession:
    from adapters.broker.embedded import MOST_UNACKNOWLEDGED
    from adapters.broker.session import MqttSession

    embedded = settings.broker is BrokerChoice.EMBEDDED
    address, client_id = address_for(settings, service_of(role), part=part)
    return MqttSession(
        address,
        client_id=client_id,
        filters=filters,
        receive_maximum=MOST_UNACKNOWLEDGED if embedded else _RECEIVE_MAXIMUM,
        leave=leave,
        clock=open_clock(settings),
    )
