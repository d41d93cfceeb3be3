"""Files of work orders; their content is outside the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No order has one yet."""
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("order_id", sa.Text, sa.ForeignKey("work_orders.id", ondelete="CASCADE"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("attachments_of_order", "attachments", ["order_id", "added_at"])


def downgrade() -> None:
    """The files stay where they are; which order they belong to is in its events alone then."""
    op.drop_table("attachments")
