"""How alarms stand, and the measures by which people change that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Alarms of before were all announced."""
    op.add_column("alarms", sa.Column("standing", sa.Text, nullable=False, server_default="announced"))
    aside = sa.and_(sa.column("open").is_(True), sa.column("standing") != sa.literal_column("'announced'"))
    op.create_index("alarms_aside", "alarms", ["raised_at", "id"], sqlite_where=aside, postgresql_where=aside)
    op.create_table(
        "measures",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("running", sa.Boolean, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    running = sa.column("running").is_(True)
    op.create_index("measures_running", "measures", ["site", "id"], sqlite_where=running, postgresql_where=running)


def downgrade() -> None:
    """Hidden alarms stand like all others then, and measures are lost: their events stay."""
    op.drop_table("measures")
    op.drop_index("alarms_aside", "alarms")
    op.drop_column("alarms", "standing")
