"""The ledger's tables.

Promises: each row is the whole domain value as JSON (`body`) beside the few columns that filters, indexes and
constraints need, so that a field added to a value later needs no migration. Leaves to others: how the tables came
to be (`migrations`), what goes in and out (one file a noun).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    TypeDecorator,
    and_,
    bindparam,
    text,
)

from domain.instants import to_us

REVISION = "0010"
"""The migration that made these tables. Kept here so that a start need not load Alembic to compare it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant as epoch microseconds: exact and sortable in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The instant as the database keeps it."""
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The instant as the domain has it."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


metadata = MetaData()

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("seal", Text, nullable=False),
    Column("head_seal", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("type", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("alarm", Text),
    Column("work_order", Text),
    Column("device", Text),
    Column("body", Text, nullable=False),
    Column("seal", Text, nullable=False),
)
_alarm, _work_order = events.c.alarm.is_not(None), events.c.work_order.is_not(None)
Index("events_of_alarm", events.c.alarm, events.c.number, sqlite_where=_alarm, postgresql_where=_alarm)
Index("events_of_order", events.c.work_order, events.c.number, sqlite_where=_work_order, postgresql_where=_work_order)
_raises = text("type IN ('alarm.raised', 'alarm.reactivated')")
Index("events_raises", events.c.at, events.c.alarm, sqlite_where=_raises, postgresql_where=_raises)

series = Table(
    "series",
    metadata,
    Column("site", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("device", Text),
    Column("raised_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("step_at", Instant),
    Column("standing", Text, nullable=False),
)
_open = alarms.c.open.is_(True)
Index(
    "alarms_one_open",
    alarms.c.site,
    alarms.c.subject_type,
    alarms.c.subject_id,
    alarms.c.rule,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("alarms_open_newest", alarms.c.raised_at, alarms.c.id, sqlite_where=_open, postgresql_where=_open)
Index("alarms_newest", alarms.c.raised_at, alarms.c.id)
_aside = and_(_open, alarms.c.standing != text("'announced'"))
Index("alarms_aside", alarms.c.raised_at, alarms.c.id, sqlite_where=_aside, postgresql_where=_aside)
_climbing = alarms.c.step_at.is_not(None)
Index("alarms_climbing", alarms.c.step_at, sqlite_where=_climbing, postgresql_where=_climbing)
Index("alarms_of_device", alarms.c.device, alarms.c.raised_at, alarms.c.id)

work_orders = Table(
    "work_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("device", Text),
    Column("assignee", Text),
    Column("opened_at", Instant, nullable=False),
    Column("wait_until", Instant),
    Column("body", Text, nullable=False),
    Column("subject", Text),
)
_running, _waiting = work_orders.c.ended.is_(False), work_orders.c.wait_until.is_not(None)
Index("work_orders_by_number", work_orders.c.number, work_orders.c.site, unique=True)
Index(
    "work_orders_open_newest",
    work_orders.c.opened_at,
    work_orders.c.id,
    sqlite_where=_running,
    postgresql_where=_running,
)
Index("work_orders_newest", work_orders.c.opened_at, work_orders.c.id)
Index("work_orders_of_device", work_orders.c.device, work_orders.c.opened_at, work_orders.c.id)
Index("work_orders_waiting", work_orders.c.wait_until, sqlite_where=_waiting, postgresql_where=_waiting)
_about = work_orders.c.subject.is_not(None)
Index(
    "work_orders_of_subject",
    work_orders.c.subject,
    work_orders.c.opened_at,
    work_orders.c.id,
    sqlite_where=_about,
    postgresql_where=_about,
)

order_clocks = Table(
    "order_clocks",
    metadata,
    Column("order_id", Text, ForeignKey("work_orders.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("warn_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("warned_at", Instant),
    Column("met_at", Instant),
    Column("breached_at", Instant),
    Column("held_since", Instant),
    Column("next_at", Instant),
)
_ticking = order_clocks.c.next_at.is_not(None)
Index("order_clocks_due", order_clocks.c.next_at, sqlite_where=_ticking, postgresql_where=_ticking)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("work_orders.id", ondelete="CASCADE"), nullable=False),
    Column("site", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)
Index("attachments_of_order", attachments.c.order_id, attachments.c.added_at)

notices = Table(
    "notices",
    metadata,
    Column("key", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("alarm", Text),
    Column("state", Text, nullable=False),
    Column("free_at", Instant),
    Column("made_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Column("channel", Text, nullable=False),
)
_unsent, _of_alarm = notices.c.free_at.is_not(None), notices.c.alarm.is_not(None)
Index("notices_in_lane", notices.c.lane, notices.c.number, sqlite_where=_unsent, postgresql_where=_unsent)
Index("notices_free", notices.c.free_at, sqlite_where=_unsent, postgresql_where=_unsent)
Index("notices_of_alarm", notices.c.alarm, notices.c.number, sqlite_where=_of_alarm, postgresql_where=_of_alarm)
Index("notices_newest", notices.c.made_at, notices.c.key)
Index("notices_by_channel", notices.c.site, notices.c.channel, notices.c.state)

sites = Table(
    "sites",
    metadata,
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("site", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("building", Text),
    Column("discovered", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

routes = Table(
    "routes",
    metadata,
    Column("site", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("next_at", Instant),
    Column("body", Text, nullable=False),
)
Index("rounds_newest", rounds.c.starts_at, rounds.c.id)
Index("rounds_of_route", rounds.c.site, rounds.c.route, rounds.c.starts_at)
_walked = rounds.c.next_at.is_not(None)
Index("rounds_due", rounds.c.next_at, sqlite_where=_walked, postgresql_where=_walked)

visits = Table(
    "visits",
    metadata,
    Column("round_id", Text, ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("checkpoint", Text, nullable=False),
    Column("guard", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
)
Index("visits_of_guard", visits.c.guard, visits.c.at)

duty_cycles = Table(
    "duty_cycles",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("duty", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_at", Instant),
    Column("body", Text, nullable=False),
)
_owed = duty_cycles.c.next_at.is_not(None)
Index("duty_cycles_due", duty_cycles.c.next_at, sqlite_where=_owed, postgresql_where=_owed)
Index("duty_cycles_of_unit", duty_cycles.c.site, duty_cycles.c.unit)

floods = Table(
    "floods",
    metadata,
    Column("site", Text, primary_key=True),
    Column("next_at", Instant),
    Column("body", Text, nullable=False),
)
_flooded = floods.c.next_at.is_not(None)
Index("floods_due", floods.c.next_at, sqlite_where=_flooded, postgresql_where=_flooded)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("body", Text, nullable=False),
)
Index("overrides_of_site", overrides.c.site)

measures = Table(
    "measures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("running", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)
_running = measures.c.running.is_(True)
Index("measures_running", measures.c.site, measures.c.id, sqlite_where=_running, postgresql_where=_running)

memories = Table(
    "memories",
    metadata,
    Column("site", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("memory", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("digest", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
Index("quarantine_same", quarantine.c.digest, quarantine.c.topic, quarantine.c.reason, quarantine.c.metric, unique=True)
Index("quarantine_newest", quarantine.c.last_at, quarantine.c.id)

counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("person", Text, nullable=False, index=True),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("body", Text, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("site", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("detail", Text, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("epoch", BigInteger, nullable=False),
    Column("place", Text),
    Column("renewals", BigInteger, nullable=False),
    Column("standby", Text),
    Column("standby_looks", BigInteger, nullable=False),
)


def upsert(table: Table, *, fixed: Sequence[str] = ()) -> TextClause:
    """Insert a row, or replace the one with the same primary key if its `fixed` columns are the same too."""
    key = [column.name for column in table.columns if column.primary_key]
    news = ", ".join(f"{column.name} = excluded.{column.name}" for column in table.columns if column.name not in key)
    same = " AND ".join(f"{table.name}.{name} = excluded.{name}" for name in fixed)
    return insert_or(table, f"({', '.join(key)}) DO UPDATE SET {news}" + (f" WHERE {same}" if same else ""))


def insert_or(table: Table, on_conflict: str) -> TextClause:
    """Insert a row of all columns but a generated `id`, or do what `on_conflict` says.

    The words are the same in SQLite and PostgreSQL, for which SQLAlchemy offers two constructs of its own.
    """
    columns: list[Column[Any]] = [column for column in table.columns if column is not table.autoincrement_column]
    names = ", ".join(column.name for column in columns)
    places = ", ".join(f":{column.name}" for column in columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places}) ON CONFLICT {on_conflict}"  # noqa: S608 (our own names)
    return text(statement).bindparams(*(bindparam(column.name, type_=column.type) for column in columns))
