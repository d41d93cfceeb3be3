"""Escalation: when an alarm's next step is due, and notices to people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Alarms that were open before climb no policy: it is copied when an alarm opens."""
    op.add_column("alarms", sa.Column("step_at", sa.BigInteger))
    _index("alarms_climbing", "alarms", ["step_at"], where="step_at IS NOT NULL")
    op.create_table(
        "notices",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("alarm", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("free_at", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    _index("notices_in_lane", "notices", ["lane", "number"], where="free_at IS NOT NULL")
    _index("notices_free", "notices", ["free_at"], where="free_at IS NOT NULL")
    _index("notices_of_alarm", "notices", ["alarm", "number"], where="alarm IS NOT NULL")
    _index("notices_newest", "notices", ["made_at", "key"])


def downgrade() -> None:
    """What was not sent is lost with the table."""
    op.drop_table("notices")
    op.drop_index("alarms_climbing", "alarms")
    op.drop_column("alarms", "step_at")


def _index(name: str, table: str, columns: list[str], *, where: str | None = None) -> None:
    some = None if where is None else sa.text(where)
    op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)
