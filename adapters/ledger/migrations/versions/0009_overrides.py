"""Overrides of limits and severities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is overridden yet."""
    op.create_table(
        "overrides",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("overrides_of_site", "overrides", ["site"])


def downgrade() -> None:
    """Kinds and the registry alone say what counts then."""
    op.drop_table("overrides")
