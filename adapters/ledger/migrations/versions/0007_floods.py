"""Floods of alarms; how often things were raised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is flooded yet."""
    op.create_table(
        "floods",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
    )
    due = sa.text("next_at IS NOT NULL")
    op.create_index("floods_due", "floods", ["next_at"], sqlite_where=due, postgresql_where=due)
    raises = sa.text("type IN ('alarm.raised', 'alarm.reactivated')")
    op.create_index("events_raises", "events", ["at", "alarm"], sqlite_where=raises, postgresql_where=raises)


def downgrade() -> None:
    """A flood under way is forgotten; the chain still tells of it."""
    op.drop_index("events_raises", "events")
    op.drop_table("floods")
