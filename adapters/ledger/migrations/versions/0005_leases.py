"""Leases: which of several processes alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody holds one yet."""
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Text),
        sa.Column("renewals", sa.BigInteger, nullable=False),
        sa.Column("standby", sa.Text),
        sa.Column("standby_looks", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Without them only one process may alert."""
    op.drop_table("leases")
