"""Routes, rounds and visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()  # instants too: epoch microseconds


def upgrade() -> None:
    """Make them."""
    op.create_table("routes", _key("site"), _key("id"), _text("body"))
    op.create_table(
        "rounds",
        _key("id"),
        _text("site"),
        _text("route"),
        _text("state"),
        sa.Column("starts_at", _NUMBER, nullable=False),
        sa.Column("next_at", _NUMBER),
        _text("body"),
    )
    op.create_index("rounds_newest", "rounds", ["starts_at", "id"])
    op.create_index("rounds_of_route", "rounds", ["site", "route", "starts_at"])
    due = sa.text("next_at IS NOT NULL")
    op.create_index("rounds_due", "rounds", ["next_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "visits",
        sa.Column("round_id", sa.Text, sa.ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        _text("checkpoint"),
        _text("guard"),
        _text("device"),
        sa.Column("at", _NUMBER, nullable=False),
        sa.Column("received_at", _NUMBER, nullable=False),
    )
    op.create_index("visits_of_guard", "visits", ["guard", "at"])


def downgrade() -> None:
    """Drop them, with all they hold."""
    for table in ("visits", "rounds", "routes"):
        op.drop_table(table)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
