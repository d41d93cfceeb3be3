"""By which channel a notice goes, as a column of its own: lists are filtered and counted by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TAKE_FROM_BODY = {
    "sqlite": "UPDATE notices SET channel = json_extract(body, '$.channel')",
    "postgresql": "UPDATE notices SET channel = CAST(body AS json) ->> 'channel'",
}


def upgrade() -> None:
    """What notices of before say of their channel stands in their bodies."""
    op.add_column("notices", sa.Column("channel", sa.Text, nullable=False, server_default=""))
    op.execute(_TAKE_FROM_BODY[op.get_context().dialect.name])
    op.create_index("notices_by_channel", "notices", ["site", "channel", "state"])


def downgrade() -> None:
    """Their bodies say it still."""
    op.drop_index("notices_by_channel", "notices")
    op.drop_column("notices", "channel")
