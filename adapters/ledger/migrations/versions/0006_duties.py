"""Cycles of duties; what a work order is about where that is no device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody owes a duty yet; orders that are there are about their devices, as far as they can be joined."""
    op.create_table(
        "duty_cycles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("duty", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
    )
    due = sa.text("next_at IS NOT NULL")
    op.create_index("duty_cycles_due", "duty_cycles", ["next_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("duty_cycles_of_unit", "duty_cycles", ["site", "unit"])
    op.add_column("work_orders", sa.Column("subject", sa.Text))
    about = sa.text("subject IS NOT NULL")
    op.create_index(
        "work_orders_of_subject",
        "work_orders",
        ["subject", "opened_at", "id"],
        sqlite_where=about,
        postgresql_where=about,
    )


def downgrade() -> None:
    """What was owed, and when it was done last, is lost with the table; the chain still tells it."""
    op.drop_index("work_orders_of_subject", "work_orders")
    op.drop_column("work_orders", "subject")
    op.drop_table("duty_cycles")
