"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()  # instants too: epoch microseconds


def upgrade() -> None:
    """Make them."""
    _chains()
    _alarms()
    _work_orders()
    _registry()
    _quarantine()
    _accounts()
    op.create_table("heartbeats", _key("site"), _number("at"), _text("detail"))
    op.create_table("marks", _key("name"), _text("value"))


def downgrade() -> None:
    """Drop them, with all they hold."""
    for table in (
        *("marks", "heartbeats", "sessions", "tokens", "people", "counters", "quarantine", "memories", "devices"),
        *("sites", "order_clocks", "work_orders", "alarms", "series", "events", "chain_heads"),
    ):
        op.drop_table(table)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _index(name: str, table: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    some = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some)


def _chains() -> None:
    op.create_table("chain_heads", _key("site"), _number("number"), _text("seal"), _text("head_seal"))
    op.create_table(
        "events",
        _key("site"),
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        _text("type"),
        _number("at"),
        _text("alarm", nullable=True),
        _text("work_order", nullable=True),
        _text("device", nullable=True),
        _text("body"),
        _text("seal"),
    )
    _index("events_of_alarm", "events", ["alarm", "number"], where="alarm IS NOT NULL")
    _index("events_of_order", "events", ["work_order", "number"], where="work_order IS NOT NULL")
    op.create_table("series", _key("site"), _key("series"), _number("number"))


def _alarms() -> None:
    op.create_table(
        "alarms",
        _key("id"),
        _text("site"),
        _text("subject_type"),
        _text("subject_id"),
        _text("rule"),
        _flag("open"),
        _text("state"),
        _text("severity"),
        _text("device", nullable=True),
        _number("raised_at"),
        _text("body"),
    )
    is_open = sa.column("open").is_(True)
    op.create_index(
        "alarms_one_open",
        "alarms",
        ["site", "subject_type", "subject_id", "rule"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("alarms_open_newest", "alarms", ["raised_at", "id"], sqlite_where=is_open, postgresql_where=is_open)
    _index("alarms_newest", "alarms", ["raised_at", "id"])
    _index("alarms_of_device", "alarms", ["device", "raised_at", "id"])


def _work_orders() -> None:
    op.create_table(
        "work_orders",
        _key("id"),
        _text("site"),
        _text("number"),
        _flag("ended"),
        _text("state"),
        _text("severity"),
        _text("template"),
        _text("device", nullable=True),
        _text("assignee", nullable=True),
        _number("opened_at"),
        _number("wait_until", nullable=True),
        _text("body"),
    )
    running = sa.column("ended").is_(False)
    _index("work_orders_by_number", "work_orders", ["number", "site"], unique=True)
    op.create_index(
        "work_orders_open_newest", "work_orders", ["opened_at", "id"], sqlite_where=running, postgresql_where=running
    )
    _index("work_orders_newest", "work_orders", ["opened_at", "id"])
    _index("work_orders_of_device", "work_orders", ["device", "opened_at", "id"])
    _index("work_orders_waiting", "work_orders", ["wait_until"], where="wait_until IS NOT NULL")
    op.create_table(
        "order_clocks",
        sa.Column("order_id", sa.Text, sa.ForeignKey("work_orders.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        _text("name"),
        _number("started_at"),
        _number("warn_at"),
        _number("due_at"),
        _number("warned_at", nullable=True),
        _number("met_at", nullable=True),
        _number("breached_at", nullable=True),
        _number("held_since", nullable=True),
        _number("next_at", nullable=True),
    )
    _index("order_clocks_due", "order_clocks", ["next_at"], where="next_at IS NOT NULL")


def _registry() -> None:
    op.create_table("sites", _key("id"), _text("body"))
    op.create_table(
        "devices",
        _key("site"),
        _key("id"),
        _text("kind"),
        _text("building", nullable=True),
        _flag("discovered"),
        _text("body"),
    )
    op.create_table(
        "memories",
        _key("site"),
        _key("device"),
        sa.Column("memory", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table("counters", _key("name"), _number("value"))


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", _NUMBER.with_variant(sa.Integer, "sqlite"), primary_key=True),
        _text("digest"),
        _text("topic"),
        _text("reason"),
        _text("metric"),
        _text("detail"),
        sa.Column("head", sa.LargeBinary, nullable=False),
        _number("size"),
        _number("count"),
        _number("first_at"),
        _number("last_at"),
        sqlite_autoincrement=True,
    )
    _index("quarantine_same", "quarantine", ["digest", "topic", "reason", "metric"], unique=True)
    _index("quarantine_newest", "quarantine", ["last_at", "id"])


def _accounts() -> None:
    op.create_table("people", _key("name"), _text("body"))
    op.create_table("tokens", _key("digest"), _text("name"), _text("body"))
    op.create_table("sessions", _key("digest"), _text("person"), _number("expires_at"), _text("body"))
    _index("ix_sessions_person", "sessions", ["person"])
    _index("ix_sessions_expires_at", "sessions", ["expires_at"])
